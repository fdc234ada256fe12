"""What use cases return."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kvoicewalk.search.base import RankStep


@dataclass(frozen=True)
class Ranked:
    """A ranking.

    Attributes:
        data: as it is kept and printed.
        folder: of its run.
        standings: the voices, best first.
    """

    data: dict[str, Any] = field(repr=False)
    folder: Path
    standings: "tuple[RankStep, ...]" = field(repr=False)


@dataclass(frozen=True)
class Narrated:
    """A text in a sound file.

    Attributes:
        data: as it is kept and printed.
    """

    data: dict[str, Any]


@dataclass(frozen=True)
class Searched:
    """A search.

    Attributes:
        data: as it is kept and printed.
        folder: of its run.
    """

    data: dict[str, Any] = field(repr=False)
    folder: Path
