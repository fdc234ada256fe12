"""What people see while a command works: a table over a bar, plain lines, or nothing.

Rankings and searches say what there is to show (`rank_view.py`, `search_view.py`), a `Frame` after
each step; a view shows it as its console allows. Console and clock are arguments, so that tests
need neither a terminal nor time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.progress_bar import ProgressBar
from rich.table import Column
from rich.text import Text

Clock = Callable[[], float]

LINES_EVERY_S = 10.0
BAR_WIDTH = 30
PACE_OVER_S = 600.0  # a step takes tens of seconds on a slow computer; rich looks back 30 s


@dataclass(frozen=True)
class Frame:
    """What there is to show after a step.

    Attributes:
        title: of the work that the bar stands for; another title begins another bar.
        unit: what is counted, in the plural.
        n_done: steps so far.
        n_total: at most; None where only the time counts.
        line: the step in plain words.
        is_news: True where the line is printed at once, whatever came before it.
        table: makes what stands over the bar; called only where it is drawn.
        used_s: seconds that were spent before the first frame of this title.
        seconds: at most; None where only the steps count.
    """

    title: str
    unit: str
    n_done: int
    n_total: int | None
    line: str
    is_news: bool
    table: Callable[[], RenderableType]
    used_s: float = 0.0
    seconds: float | None = None


def make_view(console: Console, is_quiet: bool, clock: Clock = time.monotonic) -> "View":
    """Returns the view that fits the console: none, live, or lines."""
    if is_quiet:
        return View()
    return LiveView(console, clock) if console.is_interactive else LinesView(console, clock)


class View:
    """Shows nothing; a context manager, which leaves the screen clean."""

    def __enter__(self) -> "View":
        return self

    def __exit__(self, *exc_info: object) -> None:
        return None

    def show(self, frame: Frame) -> None:
        """Shows what there is now."""


class LinesView(View):
    """Prints a plain line for all that is news, and at least every ten seconds."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console, self._clock = console, clock
        self._last_s = clock()

    def show(self, frame: Frame) -> None:
        """See `View.show`."""
        now_s = self._clock()
        if frame.is_news or now_s - self._last_s >= LINES_EVERY_S:
            self._last_s = now_s
            self._console.print(frame.line, highlight=False, markup=False, soft_wrap=True)


class LiveView(View):
    """Redraws a table, and under it a bar with count, time left and pace."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", style="dim", markup=False),
            _BudgetBar(bar_width=None, table_column=Column(max_width=BAR_WIDTH)),
            _Figures(table_column=Column(no_wrap=True)),
            console=console,
            get_time=clock,
            speed_estimate_period=PACE_OVER_S,
        )
        words = Text("preparing the texts …")
        self._live = Live(words, console=console, transient=True, refresh_per_second=4)
        self._title = ""

    def __enter__(self) -> "LiveView":
        self._live.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._live.stop()

    def show(self, frame: Frame) -> None:
        """See `View.show`."""
        progress = self._progress
        if frame.title != self._title:
            self._title = frame.title
            for old in progress.task_ids:
                progress.remove_task(old)
            progress.add_task(frame.title, total=frame.n_total, frame=frame)
        # rich takes the pace from one update to the last: what comes with the first, a stage's
        # slow first voice or the steps before a search went on, has no part in it.
        progress.update(progress.task_ids[0], completed=frame.n_done, total=frame.n_total)
        # The terminal echoes Ctrl-C behind the bar; at the edge, it would begin a line that stays.
        bar = Constrain(progress, self._live.console.width - len("^C") - 1)
        self._live.update(Group(frame.table(), bar))


class _BudgetBar(BarColumn):
    """How much of the budget is used: of steps or of time, whichever ends first; else it pulses."""

    def render(self, task: Task) -> ProgressBar:
        bar, seconds = super().render(task), _first(task).seconds
        if seconds is not None:
            share = task.completed / task.total if task.total else 0.0
            bar.total, bar.completed = 1.0, min(1.0, max(share, _used_s(task) / seconds))
        return bar


class _Figures(ProgressColumn):
    """Count, time left and pace, as far as they are known."""

    def render(self, task: Task) -> Text:
        parts = [f"{task.completed}/{task.total}" if task.total else f"{task.completed}"]
        left, seconds = [task.time_remaining], _first(task).seconds
        if seconds is not None:
            left.append(seconds - _used_s(task))
        known = [left_s for left_s in left if left_s is not None]
        if known:
            parts.append(f"{format_seconds(min(known))} left")
        if task.speed:
            digits = 1 if task.speed >= 1 else 2
            parts.append(f"{task.speed:.{digits}f} {_first(task).unit}/s")
        return Text(" · ".join(parts), style="dim")


def _first(task: Task) -> Frame:
    frame: Frame = task.fields["frame"]
    return frame


def _used_s(task: Task) -> float:
    return _first(task).used_s + (task.elapsed or 0.0)


def format_seconds(seconds: float) -> str:
    """Returns a duration for people: `8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
