"""What a run shows while it goes: a live table on a terminal, plain lines elsewhere, or nothing.

Console and clock are arguments, so that tests need neither a terminal nor time.
"""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from kvoicewalk.search.base import RankStep, standings

Clock = Callable[[], float]

N_LIVE_ROWS = 12
LINES_EVERY_S = 10.0
STAGE_TITLES = {
    "screen": "screening every voice",
    "compare": "comparing the likest",
    "score": "scoring the best",
}


class RankView(Protocol):
    """Shows a ranking as it comes; a context manager."""

    def __enter__(self) -> "RankView":
        """Begins to show."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leaves the screen clean."""

    def update(self, step: RankStep) -> None:
        """Shows one more voice."""


def make_rank_view(console: Console, is_quiet: bool, clock: Clock = time.monotonic) -> RankView:
    """Returns the view that fits the console: none, live, or lines."""
    if is_quiet:
        return QuietRankView()
    if console.is_terminal:
        return LiveRankView(console, clock)
    return LinesRankView(console, clock)


class QuietRankView:
    """Shows nothing."""

    def __enter__(self) -> "QuietRankView":
        return self

    def __exit__(self, *exc_info: object) -> None:
        return None

    def update(self, step: RankStep) -> None:
        """See `RankView.update`."""


class LinesRankView(QuietRankView):
    """Prints a plain line at each new best, and at least every ten seconds."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console, self._clock = console, clock
        self._best: float | None = None
        self._last_s = clock()
        self._stage = ""

    def update(self, step: RankStep) -> None:
        """See `RankView.update`."""
        now_s = self._clock()
        value = step.score.score if step.score else _likeness(step)
        is_new_stage = step.stage != self._stage
        is_best = is_new_stage or self._best is None or value > self._best
        if is_best:
            self._best = value
        if is_best or step.n_done == step.n_total or now_s - self._last_s >= LINES_EVERY_S:
            self._last_s, self._stage = now_s, step.stage
            mark = " (best so far)" if is_best else ""
            shown = f"score {value:.2f}" if step.score else f"likeness {value:.3f}"
            line = f"{STAGE_TITLES[step.stage]} {step.n_done}/{step.n_total}: "
            self._console.print(
                f"{line}{step.voice_name} {shown}{mark}", highlight=False, markup=False
            )


class LiveRankView:
    """Redraws the standings, with pace and time left."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._clock = clock
        self._steps: list[RankStep] = []
        self._stage_started_s = clock()
        self._live = Live(console=console, transient=True, refresh_per_second=4)

    def __enter__(self) -> "LiveRankView":
        self._live.start()
        self._live.update(Text("preparing the texts …"))
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._live.stop()

    def update(self, step: RankStep) -> None:
        """See `RankView.update`."""
        if not self._steps or self._steps[-1].stage != step.stage:
            self._stage_started_s = self._clock()
        self._steps.append(step)
        ranked = standings(self._steps)
        table = standings_table(ranked[:N_LIVE_ROWS], n_total=len(ranked))
        self._live.update(Group(table, self._progress(step)))

    def _progress(self, step: RankStep) -> Text:
        # The first voice of a stage also encodes the text; the pace is of those after it.
        elapsed_s = self._clock() - self._stage_started_s
        pace = (step.n_done - 1) / elapsed_s if step.n_done > 1 and elapsed_s > 0 else None
        line = f"{STAGE_TITLES[step.stage]}: {step.n_done}/{step.n_total}"
        if pace:
            left_s = (step.n_total - step.n_done) / pace
            line += f" · {pace:.1f} voices/s · {format_seconds(left_s)} left in this stage"
        return Text(line, style="dim")


def standings_table(ranked: Sequence[RankStep], n_total: int | None = None) -> Table:
    """Returns the table of a ranking, best first; parts in [0, 1], higher is better."""
    has_screening = any(step.screening_similarity is not None for step in ranked)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right", style="dim")
    table.add_column("voice", no_wrap=True)
    for column in ("score", "likeness", "stability", "features"):
        table.add_column(column, justify="right")
    if has_screening:
        table.add_column("screening", justify="right", style="dim")
    for place, step in enumerate(ranked, 1):
        style = "bold green" if place == 1 and step.score else ""
        cells = [str(place), escape(step.voice_name), *_parts(step)]
        if has_screening:
            cells.append(_number(step.screening_similarity, 3))
        table.add_row(*cells, style=style)
    if n_total is not None and n_total > len(ranked):
        table.caption = f"… and {n_total - len(ranked)} more"
        table.caption_justify = "left"
    return table


def format_seconds(seconds: float) -> str:
    """Returns a duration for people: `8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _parts(step: RankStep) -> list[str]:
    score = step.score
    if score is None:
        return ["·", _number(step.target_similarity, 3), "·", "·"]
    return [
        _number(score.score, 2),
        _number(score.target_similarity, 3),
        _number(score.self_similarity, 3),
        _number(score.feature_similarity, 3),
    ]


def _likeness(step: RankStep) -> float:
    if step.target_similarity is not None:
        return step.target_similarity
    return step.screening_similarity or 0.0


def _number(value: float | None, n_digits: int) -> str:
    return "·" if value is None else f"{value:.{n_digits}f}"
