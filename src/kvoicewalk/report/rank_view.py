"""What a ranking shows: the standings while it goes on, and at its end."""

import math
from collections.abc import Sequence

from rich.table import Column, Table

from kvoicewalk.report.live import Frame, View
from kvoicewalk.report.parts_table import add_voice, number, parts_table, percent
from kvoicewalk.search.base import RankStep, standings
from kvoicewalk.store.results import RankRow, rank_row

N_LIVE_ROWS = 12
STAGE_TITLES = {
    "screen": "screening every voice",
    "compare": "comparing the likest",
    "score": "scoring the best",
}


class RankProgress:
    """Shows a ranking as it comes."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._steps: list[RankStep] = []
        self._best = -math.inf

    def update(self, step: RankStep) -> None:
        """Shows one more voice."""
        if self._steps and self._steps[-1].stage != step.stage:
            self._best = -math.inf
        self._steps.append(step)
        value = step.score.score if step.score else _likeness(step)
        is_best = value > self._best
        self._best = max(self._best, value)
        title = STAGE_TITLES[step.stage]
        shown = f"score {value:.2f}" if step.score else f"likeness {_shown(step)}"
        mark = " (best so far)" if is_best else ""
        self._view.show(
            Frame(
                title=title,
                unit="voices",
                n_done=step.n_done,
                n_total=step.n_total,
                line=f"{title} {step.n_done}/{step.n_total}: {step.voice_name} {shown}{mark}",
                is_news=is_best or step.n_done == step.n_total,
                table=self._table,
            )
        )

    def _table(self) -> Table:
        ranked = standings(self._steps)
        rows = [rank_row(step) for step in ranked[:N_LIVE_ROWS]]
        return standings_table(rows, len(ranked), is_live=True)


def standings_table(
    rows: Sequence[RankRow], n_total: int | None = None, *, is_live: bool = False
) -> Table:
    """Returns the table of a ranking, best first; parts in [0, 1], higher is better."""
    has_screening = any(row.screening_similarity is not None for row in rows)
    screening = Column("screening", justify="right", style="dim", no_wrap=True)
    table = parts_table(
        Column("#", justify="right", style="dim", no_wrap=True),
        *([screening] if has_screening else []),
        is_live=is_live,
    )
    for place, row in enumerate(rows, 1):
        style = "bold green" if place == 1 and row.score else ""
        last = [number(row.screening_similarity, 3)] if has_screening else []
        add_voice(table, str(place), row.name, row, *last, style=style)
    if n_total is not None and n_total > len(rows):
        table.caption = f"… and {n_total - len(rows)} more"
        table.caption_justify = "left"
    return table


def _shown(step: RankStep) -> str:
    return number(_likeness(step), 3) if step.likeness is None else percent(step.likeness)


def _likeness(step: RankStep) -> float:
    if step.target_similarity is not None:
        return step.target_similarity
    return step.screening_similarity or 0.0
