"""What `walk` and `interpolate` show: the last improvements while they go on, and the best."""

from collections import Counter, deque
from collections.abc import Sequence

from rich.table import Column, Table

from kvoicewalk.evaluate import Evaluation
from kvoicewalk.report.live import Frame, View
from kvoicewalk.report.parts_table import PARTS, add_voice, parts_cells, parts_table
from kvoicewalk.scoring.speaker.likeness import likeness
from kvoicewalk.search.base import SearchStep
from kvoicewalk.search.sweep import SweepStep
from kvoicewalk.store.results import PartsRow, StepRow, parts_of, step_row

N_SHOWN = 6
OUTCOME_STYLES = {"accepted": "green", "rejected": "dim", "gated": "dim"}


class SearchProgress:
    """Shows a search as it goes on."""

    def __init__(
        self, view: View, title: str, n_steps: int | None = None, seconds: float | None = None
    ) -> None:
        """Shows nothing yet.

        Args:
            view: shows.
            title: of the search.
            n_steps: at most; None where only time counts, or where each step tells.
            seconds: at most; None where only steps count.
        """
        self._view, self._title, self._n_steps, self._seconds = view, title, n_steps, seconds
        self._used_s = 0.0
        self._improvements: deque[tuple[str, StepRow]] = deque(maxlen=N_SHOWN)
        self._last: StepRow | None = None
        self._outcomes: Counter[str] = Counter()

    def start(self, number: int, evaluation: Evaluation, used_s: float) -> None:
        """Shows where the search begins, or goes on after step `number`."""
        self._used_s = used_s
        row = step_row(number, evaluation, "accepted")
        self._improvements.append((f"≤ {number}" if number else "start", row))
        where = f"on from step {number}" if number else "start"
        self._show(number, f"{where}: {_in_words(row)}", is_news=True)

    def update(self, step: SearchStep | SweepStep) -> None:
        """Shows one more step."""
        if isinstance(step, SweepStep):
            self._n_steps = step.n_total
        self._last = row = step_row(step.number, step.evaluation, step.outcome)
        self._outcomes[step.outcome] += 1
        # The best of an island need not be the best of all.
        score = step.evaluation.score
        is_best = step.outcome == "accepted" and (
            score is not None and score.score >= step.best_score
        )
        if is_best:
            self._improvements.append((str(step.number), row))
        place = f"{step.number}/{self._n_steps}" if self._n_steps else f"{step.number}"
        words = (
            f"{_in_words(row)} (best so far)" if is_best else f"best so far {step.best_score:.2f}"
        )
        self._show(step.number, f"{place}: {words}", is_news=is_best)

    def _show(self, number: int, line: str, *, is_news: bool) -> None:
        self._view.show(
            Frame(
                title=self._title,
                unit="steps",
                n_done=number,
                n_total=self._n_steps,
                line=f"{self._title} {line}",
                is_news=is_news,
                table=self._table,
                used_s=self._used_s,
                seconds=self._seconds,
            )
        )

    def _table(self) -> Table:
        first = Column("step", justify="right", style="dim", no_wrap=True)
        table = parts_table(first, Column("", no_wrap=True), is_live=True)
        for index, (place, row) in enumerate(reversed(self._improvements)):
            add_voice(table, place, row.name, row, style="" if index else "bold green")
        if self._last is not None:
            row = self._last
            style = OUTCOME_STYLES[row.outcome]
            add_voice(table, str(row.step), row.name, row, row.outcome, style=style)
        counts = [f"{self._outcomes[one]} {one}" for one in OUTCOME_STYLES]
        best = self._improvements[-1][1] if self._improvements else None
        if best is not None and len(best.similarities) > 1:
            counts.append(f"best: {by_encoder(best)}")
        table.caption, table.caption_justify = " · ".join(counts), "left"
        return table


def search_table(rows: Sequence[tuple[str, Evaluation]]) -> Table:
    """Returns the table at the end: what each row is, score and parts, higher is better."""
    table = parts_table(Column("", no_wrap=True))
    for index, (what, evaluation) in enumerate(rows):
        row = PartsRow(**parts_of(evaluation))
        style = "bold green" if index == len(rows) - 1 else ""
        add_voice(table, what, evaluation.voice_name, row, style=style)
    return table


def _in_words(row: StepRow) -> str:
    parts = zip(PARTS, parts_cells(row), strict=True)
    words = f"{row.name}: " + ", ".join(f"{part} {cell}" for part, cell in parts)
    return f"{words} ({by_encoder(row)})" if len(row.similarities) > 1 else words


def by_encoder(row: PartsRow) -> str:
    """Returns the likeness by each encoder, in percent."""
    found = ((name, likeness({name: value})) for name, value in row.similarities.items())
    return ", ".join(f"{name} {value:.0%}" for name, value in found)
