"""What a format is, and what of the arrays in a file is a voice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices.voice import N_ROWS, STYLE_DIM, Rows, Voice

MIB = 2**20
MAX_FILE_BYTES = 64 * MIB
MAX_ROWS = 65_536
OLD_ROWS = 511  # of the voices of Kokoro v0.19
FLOAT_NAMES = ("float16", "bfloat16", "float32", "float64")
N_NUMBERS = N_ROWS * STYLE_DIM


@dataclass(frozen=True)
class Stored:
    """An array as a file has it, not yet looked at.

    Attributes:
        kind: of its numbers, such as `bfloat16`.
        shape: of all of it.
        first: returns its first n rows, float32 (n, 256), where it has the shape of a voice.
        note: what is unusual about how it is kept; "" for nothing.
    """

    kind: str
    shape: tuple[int, ...]
    first: Callable[[int], Rows]
    note: str = ""

    @classmethod
    def of(cls, array: npt.NDArray[Any]) -> "Stored":
        """Wraps an array of numpy."""

        def first(n: int) -> Rows:
            with np.errstate(over="ignore"):  # too large becomes infinite, which is refused
                return array.reshape(-1, STYLE_DIM)[:n].astype(np.float32)

        return cls(str(array.dtype), array.shape, first)


@dataclass(frozen=True)
class Format:
    """A form that voices are kept in.

    Attributes:
        name: as `kvw voices convert --to` takes it.
        endings: of its files; the first one is written.
        holds_many: True where one file may hold several voices.
        is_it: tells by a file's content whether it is of this form.
        read: returns the arrays in a file by their names; "" where the file names none.
        write: returns the file of one voice, or of several where it `holds_many`.
        readers: who reads it, for people.
        max_bytes: a larger file is refused unread.
    """

    name: str
    endings: tuple[str, ...]
    holds_many: bool
    is_it: Callable[[bytes], bool]
    read: Callable[[bytes, str], Mapping[str, Stored]]
    write: Callable[[Sequence[Voice]], bytes]
    readers: str
    max_bytes: int = MAX_FILE_BYTES


def is_voice(stored: Stored) -> bool:
    """Tells whether an array can only be a voice: (n, 256) with n from 510, and axes of length 1.

    (510, 1, 256) is Kokoro's own; (510, 256) and (1, 510, 256) can mean nothing else.
    """
    shape = stored.shape
    long = [length for length in shape if length != 1]
    return (
        stored.kind in FLOAT_NAMES
        and 2 <= len(shape) <= 4
        and len(long) == 2
        and shape[-1] == STYLE_DIM
        and N_ROWS <= long[0] <= MAX_ROWS
    )


def to_voice(stored: Stored, name: str, where: str) -> Voice:
    """Returns a voice, with notes of what was made to fit.

    Args:
        stored: as the file has it.
        name: of the voice.
        where: the file, for messages.

    Raises:
        VoiceError: it has another shape or kind of numbers, or holds NaN or infinity.
    """
    if not is_voice(stored):
        raise VoiceError(
            f"{where} is {stored.kind} {stored.shape}, expected float32 (510, 1, 256)."
        )
    values = stored.first(N_ROWS)
    if not np.isfinite(values).all():
        raise VoiceError(f"{where} holds NaN or infinity; fetch or export the voice again.")
    rows = np.ascontiguousarray(values, dtype=np.float32).reshape(N_ROWS, 1, STYLE_DIM)
    return Voice(name, rows, tuple(_notes(stored, name)))


def _notes(stored: Stored, name: str) -> list[str]:
    n_rows = next(length for length in stored.shape if length != 1)
    notes = [f"{name} {stored.note}."] if stored.note else []
    if n_rows == OLD_ROWS:
        notes.append(
            f"{name} has 511 rows, as the voices of Kokoro v0.19; on Kokoro-82M v1.0 it sounds "
            "like somebody else."
        )
    elif n_rows > N_ROWS:
        notes.append(f"{name} has {n_rows} rows; the first 510 are used.")
    if stored.shape[0] == 1 or len(stored.shape) > 3:
        notes.append(f"{name} has the shape {stored.shape}; it was read as (510, 1, 256).")
    if stored.kind in ("float16", "bfloat16"):
        digits = 3 if stored.kind == "float16" else 2
        notes.append(f"{name} is kept as {stored.kind}: about {digits} digits of each number.")
    return notes
