"""Pictures of a run as shapes in a box; `templates/macros.html` draws them as SVG.

All sizes are in units of the picture, whose origin is at its upper left.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from kvoicewalk.report import plain
from kvoicewalk.report.page_facts import HeldOutFacts, Parts, RunFacts, StepFacts

WIDTH, HEIGHT = 520, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 14, 34
MAX_DOTS = 500
CAPTION_WIDTH, CAPTION_HEIGHT = 110, 16
LOW_SHARE = 0.25  # of the curve's own height that rejected steps may lie below it
N_TICKS = 6

Point = TypeVar("Point")


@dataclass(frozen=True)
class Tick:
    """A number on an axis: where, and what it says."""

    place: float
    label: str


@dataclass(frozen=True)
class Line:
    """A path; `kind` decides its colour."""

    path: str
    kind: str


@dataclass(frozen=True)
class Dot:
    """A point; `kind` decides its colour, `label` is its tooltip, `shade` in [0, 1] its weight."""

    x: float
    y: float
    kind: str
    label: str = ""
    shade: float | None = None
    caption: str = ""


@dataclass(frozen=True)
class Chart:
    """A picture in words and shapes.

    Attributes:
        title: what it shows, for those who cannot see it, too.
        x_label: of the axis, "" for none; so is `y_label`.
        legend: (kind, words) of what is drawn.
    """

    title: str
    x_label: str = ""
    y_label: str = ""
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()
    lines: tuple[Line, ...] = ()
    dots: tuple[Dot, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    note: str = ""
    width: int = WIDTH
    height: int = HEIGHT
    frame: tuple[int, int, int, int] = field(default=(LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM))


@dataclass(frozen=True)
class _Scale:
    """Maps values to places along one axis."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def best_so_far(
    steps: Sequence[StepFacts], start: Parts | None, floor: Parts | None = None
) -> Chart | None:
    """Returns the best score over the steps; None where nothing was scored.

    Args:
        steps: in order.
        start: what the search began with, where known.
        floor: the best stock voice; a line of its own where it is not the start.
    """
    scored = [step for step in steps if step.parts.score is not None]
    first = start.score if start is not None else None
    curve = _curve(scored, first)
    if not steps or not curve:
        return None
    top, low = max(y for _, y in curve), min(y for _, y in curve)
    pad = max(top - low, 0.5)
    last = max(step.number for step in steps)
    x = _Scale(0, max(last, 1), LEFT, WIDTH - RIGHT)
    low_shown = low - LOW_SHARE * pad
    y = _Scale(low_shown, top + 0.08 * pad, HEIGHT - BOTTOM, TOP)
    tried = [
        step
        for step in scored
        if step.outcome != "accepted" and (step.parts.score or 0) > low_shown
    ]
    dots = [_step_dot(step, x, y, "tried") for step in _thinned(tried)]
    taken = [step for step in scored if step.outcome == "accepted"]
    dots += [_step_dot(step, x, y, "best") for step in _thinned(taken)]
    drawn = [*_thinned(curve[:-1]), curve[-1]]
    path = f"M{x(drawn[0][0])} {y(drawn[0][1])}" + "".join(
        f"H{x(number)}V{y(value)}" for number, value in drawn[1:]
    )
    lines = [Line(f"{path}H{x(last)}", "best")]
    legend = [("best", "best so far"), ("tried", "tried, not kept")]
    if floor is not None and floor.score is not None and floor.score > low_shown:
        place = y(floor.score)
        lines.insert(0, Line(f"M{LEFT} {place}H{WIDTH - RIGHT}", "floor"))
        legend.append(("floor", "best stock voice"))
    return Chart(
        title=f"Best score so far over {last} steps: from {curve[0][1]:.1f} to {top:.1f}",
        x_label="step",
        y_label="score",
        x_ticks=_ticks(x, 0, last, is_whole=True),
        y_ticks=_ticks(y, low_shown, top + 0.08 * pad),
        lines=tuple(lines),
        dots=tuple(dots),
        legend=tuple(legend),
    )


def likeness_by_length(found: Sequence[tuple[str, HeldOutFacts]]) -> Chart | None:
    """Returns the held-out likeness by text length; None where it is not known by length.

    Args:
        found: (words, judgement) of each voice; floor and ceiling are the first one's.
    """
    found = [(words, one) for words, one in found if len(one.by_length) > 1]
    if not found:
        return None
    first = found[0][1]
    lengths = [one.n_phonemes for one in first.by_length]
    floors = [one.floor for one in first.by_length if one.floor is not None]
    values = [one.value for _, held in found for one in held.by_length]
    marks = [value for value in (first.floor, first.ceiling) if value is not None]
    low, high = min(values + floors + marks), max(values + floors + marks)
    pad = max(high - low, 0.02)
    x = _Scale(0, len(lengths) - 1, LEFT + 26, WIDTH - RIGHT - 26)
    y = _Scale(low - 0.1 * pad, high + 0.1 * pad, HEIGHT - BOTTOM, TOP)
    lines, dots, legend = [], [], []
    if first.ceiling is not None:
        lines.append(Line(f"M{LEFT} {y(first.ceiling)}H{WIDTH - RIGHT}", "target"))
        legend.append(("target", "the recording itself"))
    kinds = ["best"] if len(found) == 1 else [f"run{i}" for i in range(len(found))]
    for (words, held), kind in zip(found, kinds, strict=True):
        points = [(x(i), y(one.value)) for i, one in enumerate(held.by_length[: len(lengths)])]
        lines.append(Line(_polyline(points), kind))
        dots += [
            Dot(px, py, kind, f"{words}, {one.n_phonemes} phonemes: {one.value:.3f}")
            for (px, py), one in zip(points, held.by_length, strict=False)
        ]
        legend.append((kind, words))
    if len(floors) == len(lengths):
        points = [(x(i), y(value)) for i, value in enumerate(floors)]
        lines.append(Line(_polyline(points), "floor"))
        dots += [
            Dot(px, py, "floor", f"best stock voice, {n} phonemes: {value:.3f}")
            for (px, py), n, value in zip(points, lengths, floors, strict=True)
        ]
    elif first.floor is not None:
        lines.append(Line(f"M{LEFT} {y(first.floor)}H{WIDTH - RIGHT}", "floor"))
    if first.floor is not None:
        legend.append(("floor", "best stock voice"))
    return Chart(
        title="Likeness on new texts, from short to long",
        x_label="phonemes a text",
        y_label="likeness",
        x_ticks=tuple(Tick(x(i), str(n)) for i, n in enumerate(lengths)),
        y_ticks=_ticks(y, y.low, y.high),
        lines=tuple(lines),
        dots=tuple(dots),
        legend=tuple(legend),
    )


def voice_plane(facts: RunFacts) -> Chart | None:
    """Returns where the voice lies among the stock voices; None where the run kept no map."""
    kept = plain.mapping(facts.material.get("map"))
    stock = [(name, x, y) for name, x, y in map(_place, plain.mappings(kept.get("stock"))) if name]
    others = [one for one in map(_place, plain.mappings(kept.get("others"), 60)) if one[0]]
    if len(stock) < 3:
        return None
    known = {one.name: one.target_similarity for one in facts.voices}
    found = [value for value in known.values() if value is not None]
    low, high = min(found, default=0.0), max(found, default=1.0)
    xs, ys = zip(*((x, y) for _, x, y in (*stock, *others)), strict=True)
    box = (16, 16, WIDTH - 16, HEIGHT - 16)
    # One scale for both axes, so that distances are true.
    unit = max((max(xs) - min(xs)) / (box[2] - box[0]), (max(ys) - min(ys)) / (box[3] - box[1]))
    unit = 1.12 * (unit or 1.0)
    mid_x, mid_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return round(WIDTH / 2 + (x - mid_x) / unit, 1), round(HEIGHT / 2 - (y - mid_y) / unit, 1)

    floor_name = facts.floor.name if facts.floor else ""
    best_name = facts.best.name if facts.best else ""
    dots = []
    for name, x, y in sorted(stock, key=lambda one: one[0] in (floor_name, best_name)):
        value = known.get(name)
        shade = (value - low) / (high - low) if value is not None and high > low else 0.0
        label = f"{name}: likeness {value:.3f}" if value is not None else name
        kind = "best" if name == best_name else "floor" if name == floor_name else "stock"
        caption = name if kind != "stock" else ""
        dots.append(Dot(*at(x, y), kind, label, round(0.25 + 0.75 * shade, 2), caption))
    lines = []
    if others:
        points = [at(x, y) for _, x, y in others]
        lines.append(Line(_polyline(points), "best"))
        dots += [Dot(*at(x, y), "step", name) for name, x, y in others[:-1]]
        name, x, y = others[-1]
        new = Dot(*at(x, y), "best", name, None, "the new voice")
        dots = [*(_without_caption_under(new, dot) for dot in dots), new]
    listed = kept.get("shares")
    shares = [
        one
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, float) and 0 <= one <= 1
    ]
    note = f"The plane carries {sum(shares):.0%} of the stock voices' variance." if shares else ""
    legend = [("stock", "stock voices" + (", stronger: more like the recording" if found else ""))]
    if floor_name and floor_name != best_name:
        legend.append(("floor", "best stock voice"))
    legend.append(("best", "the new voice, and its way" if others else "the best voice"))
    return Chart(
        title=f"Where the voice lies among {len(stock)} stock voices",
        lines=tuple(lines),
        dots=tuple(dots),
        legend=tuple(legend),
        note=note,
        frame=box,
    )


def _without_caption_under(new: Dot, dot: Dot) -> Dot:
    """Takes a caption away that would lie under the new voice's; the legend names its colour."""
    is_under = abs(dot.y - new.y) < CAPTION_HEIGHT and abs(dot.x - new.x) < CAPTION_WIDTH
    return replace(dot, caption="") if is_under else dot


def _curve(scored: Sequence[StepFacts], first: float | None) -> list[tuple[int, float]]:
    curve = [] if first is None else [(0, first)]
    for step in scored:
        value = step.parts.score or 0.0
        if step.outcome == "accepted" and (not curve or value > curve[-1][1]):
            curve.append((step.number, value))
    return curve


def _step_dot(step: StepFacts, x: _Scale, y: _Scale, kind: str) -> Dot:
    value = step.parts.score or 0.0
    return Dot(x(step.number), y(value), kind, f"step {step.number}: {value:.2f}")


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    every = math.ceil(len(points) / MAX_DOTS) or 1
    return points[::every]


def _place(entry: dict[str, Any]) -> tuple[str, float, float]:
    x, y = plain.number(entry, "x"), plain.number(entry, "y")
    is_whole = x is not None and y is not None
    return (plain.text(entry.get("name")), x or 0.0, y or 0.0) if is_whole else ("", 0.0, 0.0)


def _polyline(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def _ticks(scale: _Scale, low: float, high: float, is_whole: bool = False) -> tuple[Tick, ...]:
    """Returns a few round numbers between low and high."""
    span = high - low
    raw = span / N_TICKS if span > 0 else 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    if is_whole:
        step = max(1.0, step)
    n_digits = max(0, -math.floor(math.log10(step)))
    first = math.ceil(low / step - 1e-9)
    n_ticks = min(math.floor(high / step + 1e-9) - first + 1, 3 * N_TICKS)
    return tuple(
        Tick(scale((first + i) * step), f"{(first + i) * step:.{n_digits}f}")
        for i in range(n_ticks)
    )
