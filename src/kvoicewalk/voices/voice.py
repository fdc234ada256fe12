"""The class Voice, and what its numbers are."""

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from kvoicewalk.errors import VoiceError
from kvoicewalk.languages import LETTERS

N_ROWS = 510
STYLE_DIM = 256
TIMBRE = slice(0, 128)
PROSODY = slice(128, 256)

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Voice:
    """A whole style pack.

    Two voices are equal when their numbers are; name and notes do not count.

    Attributes:
        name: shown to people; `af_heart`: a = American English, f = female.
        rows: float32 (510, 1, 256), read-only.
        notes: what a reader should know of the file that it came from; () for nothing.
    """

    name: str
    rows: Rows = field(repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        rows = self.rows
        if rows.shape != (N_ROWS, 1, STYLE_DIM) or rows.dtype != np.float32:
            raise VoiceError(
                f"voice {self.name} is {rows.dtype} {rows.shape}; expected float32 "
                f"{(N_ROWS, 1, STYLE_DIM)}."
            )
        if not np.isfinite(rows).all():
            raise VoiceError(f"voice {self.name} holds NaN or infinity; it is damaged.")
        own = np.array(rows, dtype=np.float32, order="C")
        own.flags.writeable = False
        object.__setattr__(self, "rows", own)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the numbers as little-endian bytes, in hex."""
        return hashlib.sha256(self.rows.astype("<f4").tobytes()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Voice) and np.array_equal(self.rows, other.rows)

    def __hash__(self) -> int:
        return hash(self.hash)


def voice_lang(name: str) -> str | None:
    """Returns the language letter of a name like `af_heart`, None for other names."""
    match = re.match(rf"([{LETTERS}])[fm]_", name)
    return match.group(1) if match else None
