"""What `walk` and `interpolate` show while they go: the same views as for a ranking."""

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from kvoicewalk.evaluate import Evaluation
from kvoicewalk.report.live import LINES_EVERY_S, Clock, format_seconds
from kvoicewalk.search.base import Outcome

N_SHOWN = 6
OUTCOME_STYLES = {"accepted": "green", "rejected": "dim", "gated": "dim"}


class ShownStep(Protocol):
    """What a view needs of a step; `SearchStep` and `SweepStep` have it."""

    @property
    def number(self) -> int:
        """From 1."""

    @property
    def evaluation(self) -> Evaluation:
        """Of the candidate."""

    @property
    def outcome(self) -> Outcome:
        """What became of it."""

    @property
    def best_score(self) -> float:
        """So far, 0 to 100."""


@dataclass(frozen=True)
class Budget:
    """How far a search may go.

    Attributes:
        n_steps: in all; None where only the time counts.
        seconds: in all; None where only the steps count.
    """

    n_steps: int | None = None
    seconds: float | None = None

    def seconds_left(self, number: int, used_s: float, pace: float | None) -> float | None:
        """Returns what is left at a pace of steps a second; None while nothing is known."""
        found = []
        if self.seconds is not None:
            found.append(self.seconds - used_s)
        if self.n_steps is not None and pace:
            found.append((self.n_steps - number) / pace)
        return min(found) if found else None


class SearchView(Protocol):
    """Shows a search as it goes; a context manager."""

    def __enter__(self) -> "SearchView":
        """Begins to show."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leaves the screen clean."""

    def start(self, number: int, evaluation: Evaluation, used_s: float) -> None:
        """Shows where the search begins, or goes on after step `number`."""

    def update(self, step: ShownStep) -> None:
        """Shows one more step."""


def make_search_view(
    console: Console,
    title: str,
    budget: Callable[[], Budget],
    is_quiet: bool,
    clock: Clock = time.monotonic,
) -> SearchView:
    """Returns the view that fits the console: none, live, or lines."""
    if is_quiet:
        return QuietSearchView()
    view = LiveSearchView if console.is_terminal else LinesSearchView
    return view(console, title, budget, clock)


class QuietSearchView:
    """Shows nothing."""

    def __enter__(self) -> "QuietSearchView":
        return self

    def __exit__(self, *exc_info: object) -> None:
        return None

    def start(self, number: int, evaluation: Evaluation, used_s: float) -> None:
        """See `SearchView.start`."""

    def update(self, step: ShownStep) -> None:
        """See `SearchView.update`."""


class LinesSearchView(QuietSearchView):
    """Prints a plain line at each improvement, and at least every ten seconds."""

    def __init__(
        self, console: Console, title: str, budget: Callable[[], Budget], clock: Clock
    ) -> None:
        self._console, self._title = console, title
        self._pace, self._clock = _Pace(budget, clock), clock
        self._last_s = clock()

    def start(self, number: int, evaluation: Evaluation, used_s: float) -> None:
        """See `SearchView.start`."""
        self._pace.start(number, used_s)
        where = "start" if number == 0 else f"on from step {number}"
        self._print(f"{where}: {_line(evaluation)}")

    def update(self, step: ShownStep) -> None:
        """See `SearchView.update`."""
        self._pace.update(step)
        now_s = self._clock()
        if step.outcome == "accepted":
            self._print(f"{self._pace.place()}: {_line(step.evaluation)} (best so far)")
        elif now_s - self._last_s >= LINES_EVERY_S:
            self._print(f"{self._pace.place()}: best so far {step.best_score:.2f}")
        else:
            return
        self._last_s = now_s

    def _print(self, line: str) -> None:
        self._console.print(f"{self._title} {line}", highlight=False, markup=False, soft_wrap=True)


class LiveSearchView(QuietSearchView):
    """Redraws the last improvements and the last step, with counts, pace and time left."""

    def __init__(
        self, console: Console, title: str, budget: Callable[[], Budget], clock: Clock
    ) -> None:
        self._title, self._pace = title, _Pace(budget, clock)
        self._shown: deque[tuple[str, Evaluation]] = deque(maxlen=N_SHOWN)
        self._last: tuple[str, Evaluation, Outcome] | None = None
        self._live = Live(console=console, transient=True, refresh_per_second=4)

    def __enter__(self) -> "LiveSearchView":
        self._live.start()
        self._live.update(Text("preparing the texts …"))
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._live.stop()

    def start(self, number: int, evaluation: Evaluation, used_s: float) -> None:
        """See `SearchView.start`."""
        self._pace.start(number, used_s)
        self._shown.append(("start" if number == 0 else f"≤ {number}", evaluation))
        self._draw()

    def update(self, step: ShownStep) -> None:
        """See `SearchView.update`."""
        self._pace.update(step)
        if step.outcome == "accepted":
            self._shown.append((str(step.number), step.evaluation))
        self._last = (str(step.number), step.evaluation, step.outcome)
        self._draw()

    def _draw(self) -> None:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("step", justify="right", style="dim")
        table.add_column("voice", no_wrap=True)
        for column in ("score", "likeness", "stability", "features"):
            table.add_column(column, justify="right")
        for index, (place, evaluation) in enumerate(reversed(self._shown)):
            style = "bold green" if index == 0 else ""
            table.add_row(place, *parts_cells(evaluation), style=style)
        if self._last is not None:
            place, evaluation, outcome = self._last
            table.add_section()
            table.add_row(place, *parts_cells(evaluation), outcome, style=OUTCOME_STYLES[outcome])
        line = f"{self._title} {self._pace.place()} · {self._pace.counts()}"
        self._live.update(Group(table, Text(line, style="dim")))


class _Pace:
    """Counts outcomes, and steps a second in this part of the search."""

    def __init__(self, budget: Callable[[], Budget], clock: Clock) -> None:
        self._budget, self._clock = budget, clock
        self._outcomes: Counter[Outcome] = Counter()
        self._number = self._first = 0
        self._used_s, self._started_s = 0.0, clock()

    def start(self, number: int, used_s: float) -> None:
        self._number = self._first = number
        self._used_s, self._started_s = used_s, self._clock()

    def update(self, step: ShownStep) -> None:
        self._number = step.number
        self._outcomes[step.outcome] += 1

    def place(self) -> str:
        n_steps = self._budget().n_steps
        return f"{self._number}/{n_steps}" if n_steps else f"{self._number}"

    def counts(self) -> str:
        spent_s = self._clock() - self._started_s
        n_done = self._number - self._first
        pace = n_done / spent_s if n_done and spent_s > 0 else None
        parts = [f"{self._outcomes[one]} {one}" for one in ("accepted", "rejected", "gated")]
        if pace:
            parts.append(f"{pace:.1f} steps/s")
        left_s = self._budget().seconds_left(self._number, self._used_s + spent_s, pace)
        if left_s is not None:
            parts.append(f"{format_seconds(left_s)} left")
        return " · ".join(parts)


def parts_cells(evaluation: Evaluation) -> list[str]:
    """Returns name, score and its three parts for a table.

    `·` stands for what was not heard; ~ marks a likeness at a glance, which compares with no other.
    """
    score = evaluation.score
    if score is None:
        likeness = f"{'~' if evaluation.is_glance else ''}{evaluation.target_similarity:.3f}"
        return [escape(evaluation.voice_name), "·", likeness, "·", "·"]
    return [
        escape(evaluation.voice_name),
        f"{score.score:.2f}",
        f"{score.target_similarity:.3f}",
        f"{score.self_similarity:.3f}",
        f"{score.feature_similarity:.3f}",
    ]


def search_table(rows: list[tuple[str, Evaluation]]) -> Table:
    """Returns the table at the end: what each row is, score and parts, higher is better."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("voice", no_wrap=True)
    for column in ("score", "likeness", "stability", "features"):
        table.add_column(column, justify="right")
    for index, (what, evaluation) in enumerate(rows):
        style = "bold green" if index == len(rows) - 1 else ""
        table.add_row(what, *parts_cells(evaluation), style=style)
    return table


def _line(evaluation: Evaluation) -> str:
    _, *cells = parts_cells(evaluation)
    names = ("score", "likeness", "stability", "features")
    return f"{evaluation.voice_name}: " + ", ".join(
        f"{name} {cell}" for name, cell in zip(names, cells, strict=True)
    )
