"""Interpolation: the voices on, and a little beyond, the lines between pairs of stock voices.

The full grid tries every pair at every α. Coarse to fine hears each pair at its middle, goes on
with the likest pairs only, and closes in on each one's best α by halving the distance between
tries, all of them side by side. Voices at α = ±1 are the stock voices themselves and are not spoken
again.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kvoicewalk.config import InterpolateConfig
from kvoicewalk.evaluate import Evaluation, silent
from kvoicewalk.mutate import blend
from kvoicewalk.requests import Executor, Reply, Request
from kvoicewalk.search.base import Outcome
from kvoicewalk.voices import Voice

N_DIGITS = 2  # of α in names, and on the grid
Pair = tuple[Voice, Voice]


@dataclass(frozen=True)
class SweepStep:
    """One blend heard.

    Attributes:
        number: from 1.
        parts: a and b.
        alpha: 1 is a, −1 is b.
        evaluation: of the blend.
        best_score: of all blends heard so far, 0 to 100.
        outcome: accepted where this one is the best so far.
        n_total: blends that will be heard, as far as is known now.
    """

    number: int
    parts: tuple[Voice, Voice] = field(repr=False)
    alpha: float
    evaluation: Evaluation
    best_score: float
    outcome: Outcome
    n_total: int

    @property
    def pair(self) -> tuple[str, str]:
        """Names of a and b."""
        return self.parts[0].name, self.parts[1].name

    @property
    def voice(self) -> Voice:
        """The blend, made anew: half a MiB a step would not fit with thousands of steps."""
        return blend_voices(*self.parts, self.alpha)

    @property
    def score(self) -> float:
        """0 to 100; 0 where the blend gives no speech."""
        return self.evaluation.score.score if self.evaluation.score else 0.0


def grid(config: InterpolateConfig) -> tuple[float, ...]:
    """Returns every α of the full grid, from −1.5 to 1.5."""
    n_steps = round(2 * config.max_alpha / config.step)
    return tuple(round(-config.max_alpha + k * config.step, N_DIGITS) for k in range(n_steps + 1))


def blend_voices(a: Voice, b: Voice, alpha: float) -> Voice:
    """Returns a blend under a name that says how it was made: `a:0.75,b:0.25`, or just `a`."""
    if alpha in (1.0, -1.0):
        return a if alpha > 0 else b
    near = round((1 + alpha) / 2, N_DIGITS + 1)
    return Voice(f"{a.name}:{near:g},{b.name}:{1 - near:g}", blend(a.rows, b.rows, alpha))


def interpolate(
    voices: Sequence[Voice],
    executor: Executor,
    config: InterpolateConfig,
    best_score: float = 0.0,
) -> Iterator[SweepStep]:
    """Yields each blend as it is heard.

    Args:
        voices: all of them are paired.
        executor: hears.
        config: grid, and how much of it is tried.
        best_score: of the best voice known before, 0 to 100.

    A blend that gives no speech, or none that is finite, is gated.
    """
    pairs = list(itertools.combinations(voices, 2))
    heard = _Heard(executor, best_score)
    if config.is_exhaustive:
        points = [(pair, alpha) for pair in pairs for alpha in grid(config)]
        yield from heard.steps(points, len(points))
        return
    n_fine_pairs = min(config.n_fine_pairs, len(pairs))
    n_total = len(pairs) + n_fine_pairs * 2 * _n_halvings(config)
    middles = list[tuple[float, Pair]]()
    for step in heard.steps([(pair, 0.0) for pair in pairs], n_total):
        middles.append((step.score, step.parts))
        yield step
    middles.sort(key=lambda entry: -entry[0])
    yield from _close_in(middles[:n_fine_pairs], heard, config, n_total)


def _close_in(
    middles: Sequence[tuple[float, Pair]],
    heard: "_Heard",
    config: InterpolateConfig,
    n_total: int,
) -> Iterator[SweepStep]:
    """Tries both sides of each pair's best α so far, halving the distance down to the grid's."""
    known = [{0.0: score} for score, _ in middles]
    distance = 1.0
    while distance >= config.step / 2:
        tried = [
            (k, alpha)
            for k, scores in enumerate(known)
            for alpha in _sides(_best(scores), distance, config)
            if alpha not in scores
        ]
        points = [(middles[k][1], alpha) for k, alpha in tried]
        for (k, alpha), step in zip(tried, heard.steps(points, n_total), strict=True):
            known[k][alpha] = step.score
            yield step
        distance /= 2


def _best(scores: Mapping[float, float]) -> float:
    return max(scores, key=lambda alpha: (scores[alpha], -abs(alpha)))


def _sides(alpha: float, distance: float, config: InterpolateConfig) -> Iterator[float]:
    for side in (alpha - distance, alpha + distance):
        on_grid = round(round(side / config.step) * config.step, N_DIGITS)
        if abs(on_grid) <= config.max_alpha:
            yield on_grid


def _n_halvings(config: InterpolateConfig) -> int:
    distance, n_halvings = 1.0, 0
    while distance >= config.step / 2:
        distance, n_halvings = distance / 2, n_halvings + 1
    return n_halvings


def best_per_voice(steps: Sequence[SweepStep]) -> tuple[SweepStep, ...]:
    """Returns, best first, each voice's best blend, every blend once.

    Where one blend is the best of both its voices, the next pairs' bests fill the gap.
    """
    names = dict.fromkeys(name for step in steps for name in step.pair)
    ranked = sorted(steps, key=lambda step: (-step.score, step.number))
    firsts = [next(step for step in ranked if name in step.pair) for name in names]
    by_pair = {step.pair: step for step in reversed(ranked)}
    # Pure voices stand in several pairs, so what counts as the same is the voice, told by its name.
    unique = {step.evaluation.voice_name: step for step in (*by_pair.values(), *firsts)}
    chosen = {step.evaluation.voice_name for step in firsts}
    fill = sorted(
        unique.values(),
        key=lambda s: (s.evaluation.voice_name not in chosen, -s.score, s.number),
    )
    return tuple(sorted(fill[: len(names)], key=lambda step: (-step.score, step.number)))


@dataclass
class _Heard:
    """Counts what is heard; the evaluators' memory keeps pure voices from being spoken again."""

    executor: Executor
    best_score: float
    n_heard: int = 0

    def steps(self, points: Sequence[tuple[Pair, float]], n_total: int) -> Iterator[SweepStep]:
        """Yields a step for each pair and α."""
        replies = self.executor.run(
            Request("score", blend_voices(*pair, alpha)) for pair, alpha in points
        )
        for (pair, alpha), reply in zip(points, replies, strict=True):
            yield self._step(pair, alpha, reply, n_total)

    def _step(self, pair: Pair, alpha: float, reply: Reply, n_total: int) -> SweepStep:
        self.n_heard += 1
        outcome: Outcome = "rejected"
        if isinstance(reply, Evaluation):
            evaluation = reply
        else:
            evaluation, outcome = silent(blend_voices(*pair, alpha)), "gated"
        if evaluation.score is not None and evaluation.score.score > self.best_score:
            self.best_score, outcome = evaluation.score.score, "accepted"
        return SweepStep(
            number=self.n_heard,
            parts=pair,
            alpha=alpha,
            evaluation=evaluation,
            best_score=self.best_score,
            outcome=outcome,
            n_total=n_total,
        )
