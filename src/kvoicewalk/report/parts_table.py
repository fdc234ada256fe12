"""The table that rankings and searches share: a voice, its score and the parts of it."""

from rich.console import OverflowMethod
from rich.table import Column, Table
from rich.text import Text

from kvoicewalk.store.results import PartsRow, StepRow

PARTS = ("score", "likeness", "stability", "features")


def parts_table(first: Column, *last: Column, is_live: bool = False) -> Table:
    """Returns an empty table of what each row is, the voice, score and parts, and what follows.

    Columns stand close and a name gives way to the numbers, so that 60 columns are enough. A long
    name is folded; in a table that is redrawn, whose rows would jump, it is cut.
    """
    overflow: OverflowMethod = "ellipsis" if is_live else "fold"
    voice = Column("voice", overflow=overflow)
    parts = [Column(part, justify="right", no_wrap=True) for part in PARTS]
    return Table(
        *(first, voice, *parts, *last),
        box=None,
        pad_edge=False,
        collapse_padding=True,
        header_style="bold",
    )


def add_voice(
    table: Table, what: str, name: str, row: PartsRow, *last: str, style: str = ""
) -> None:
    """Adds a voice to a `parts_table`."""
    table.add_row(what, Text(name), *parts_cells(row), *last, style=style)


def parts_cells(row: PartsRow) -> list[str]:
    """Returns score and parts for a table.

    `·` stands for what was not heard. Likeness is in percent; by classic scoring it is the
    encoder's own cosine, as the original shows it. ~ marks one at a glance, which compares with no
    other.
    """
    similarity = number(row.target_similarity, 3)
    mark = "~" if isinstance(row, StepRow) and row.heard == "glance" else ""
    return [
        number(row.score, 2),
        mark + (percent(row.likeness) if row.likeness is not None else similarity),
        number(row.self_similarity, 3),
        number(row.feature_similarity, 3),
    ]


def percent(value: float) -> str:
    """Returns a likeness for a table: 0 % is a stranger, 100 % the same person."""
    return f"{value:.1%}"


def number(value: float | None, n_digits: int) -> str:
    """Returns a number for a table; `·` for None."""
    return "·" if value is None else f"{value:.{n_digits}f}"
