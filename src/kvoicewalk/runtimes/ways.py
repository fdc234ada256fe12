"""The ways to get a voice into a runtime: a file of its own, or an entry of a file of many."""

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from kvoicewalk.errors import Setting, VoiceError
from kvoicewalk.runtimes.base import Order, Placed
from kvoicewalk.voices import UNREADABLE, Voice, format_named, load_voice, load_voices
from kvoicewalk.voices.formats.npz import MAX_BYTES, arrays_in, to_bytes

OF_CHINESE = ("zf_0", "zm_0")  # Kokoro v1.1-zh calls its voices zf_001 and so on


def own_file(form: str) -> Callable[[Order], Placed]:
    """Returns the way of runtimes that read a folder with a file for each voice.

    Args:
        form: name of the file's form.
    """
    wanted = format_named(form)

    def put(order: Order) -> Placed:
        path = order.place / f"{order.voice.name}{wanted.endings[0]}"
        if not order.place.is_dir():
            raise VoiceError(f"{order.place} is no folder; name the one with the voices.")
        refuse_present(order, str(path), path.exists())
        content = wanted.write([order.voice])
        return Placed({path: writing(content)}, path, lambda: load_voice(path))

    return put


def named_entry(is_closed: bool = False) -> Callable[[Order], Placed]:
    """Returns the way of runtimes that read one npz of all voices.

    Args:
        is_closed: True where only the names that are there can be chosen.
    """

    def put(order: Order) -> Placed:
        path, name = order.place, order.voice.name
        arrays = _arrays(path)
        if is_closed and name not in arrays:
            raise closed(name, arrays, str(path))
        refuse_present(order, f"{name} in {path}", name in arrays)
        shape = next((one.shape for one in arrays.values()), order.voice.rows.shape)
        rows = order.voice.rows
        arrays[name] = rows.reshape(shape) if np.prod(shape) == rows.size else rows
        return Placed(
            {path: writing(to_bytes(arrays))},
            path,
            lambda: _entry(path, name),
            notes=notes_on(arrays),
        )

    return put


def writing(content: bytes) -> Callable[[BinaryIO], None]:
    """Returns what writes these bytes."""

    def write(file: BinaryIO) -> None:
        file.write(content)

    return write


def refuse_present(order: Order, what: str, is_there: bool) -> None:
    """Checks that a voice may take its place.

    Raises:
        VoiceError: one of its name is there, and was not to be replaced.
    """
    if is_there and not order.replaces:
        raise VoiceError(
            f"{what} is there already; choose another ",
            Setting("name"),
            ", or replace it (a copy is kept): ",
            Setting("replaces", True),
            ".",
        )


def closed(name: str, known: Collection[str], where: str) -> VoiceError:
    """Returns the error for a name that a runtime with a fixed list of names does not show."""
    some = sorted(known)[:3]
    return VoiceError(
        f"only the names that are in {where} can be chosen there, and {name} is none of them; "
        "put the voice in the place of one of them (a copy is kept): ",
        Setting("name", some[0] if some else "af_sky"),
        " and ",
        Setting("replaces", True),
        ".",
    )


def notes_on(names: Collection[str]) -> tuple[str, ...]:
    """Returns what the names of the other voices tell about the model there."""
    if any(name.startswith(OF_CHINESE) for name in names):
        return (
            "the voices there are those of Kokoro v1.1-zh, another model; a voice made with "
            "Kokoro-82M v1.0 sounds like somebody else on it.",
        )
    return ()


def _arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    if not path.is_file():
        raise VoiceError(f"{path} is not there; name the npz with all voices.")
    if path.stat().st_size > MAX_BYTES:
        raise VoiceError(f"{path} is too large for a file of voices.")
    try:
        return arrays_in(path.read_bytes(), str(path))
    except UNREADABLE as error:
        raise VoiceError(f"{path} is no npz of voices; name the one that is loaded.") from error


def _entry(path: Path, name: str) -> Voice:
    return replace(load_voices(path)[name], name=name)
