"""Voice files in and out: by content, whole, and without running anything that is in them."""

import os
import pickle
import struct
import tokenize
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from kvoicewalk.atomic import written_whole
from kvoicewalk.errors import VoiceError
from kvoicewalk.voices.foreign import no_voice
from kvoicewalk.voices.formats import MAX_BYTES, format_for, format_named, sniffed
from kvoicewalk.voices.formats.base import MIB, Format, Stored, to_voice
from kvoicewalk.voices.names import is_file_name, unknown_voice
from kvoicewalk.voices.voice import Voice

# All that torch.load(weights_only=True), numpy and json raise on damaged or hostile bytes.
UNREADABLE = (
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,  # numpy reads a header as Python's text of a dictionary
    TypeError,
    UnicodeError,
    ValueError,
    tokenize.TokenError,
)
# Names of an array that say nothing of the voice: then it is called as its file.
NAMELESS = frozenset(("", "voice", "data", "arr_0", "tensor", "style", "embedding", "rows", "pack"))


def load_voice(path: Path) -> Voice:
    """Loads a voice from a file of any form in `FORMATS`, told by its content.

    (n, 1, 256), (n, 256) and (1, n, 256) with n ≥ 510 are taken; the first 510 rows count. Half and
    double precision are converted. The voice's `notes` say so. Nothing in the file is executed.

    Args:
        path: of a file with one voice; or FILE/NAME for one voice of a file with several.

    Raises:
        VoiceError: not there, too large, unreadable, not a voice, or several voices.
    """
    if not os.path.exists(path) and os.path.isfile(path.parent):  # noqa: PTH110, PTH113
        # (Path.exists raises for names too long)
        voices = load_voices(path.parent)
        if path.name not in voices:
            raise unknown_voice(path.name, tuple(voices), str(path.parent))
        return voices[path.name]
    voices = load_voices(path)
    if len(voices) > 1:
        some = ", ".join([*list(voices)[:3], *("…" for _ in range(len(voices) > 3))])
        raise VoiceError(
            f"{path} holds {len(voices)} voices ({some}); name one: {path / next(iter(voices))}"
        )
    return next(iter(voices.values()))


def load_voices(path: Path) -> dict[str, Voice]:
    """Loads all voices of a file, by their names.

    Raises:
        VoiceError: see `load_voice`, and a name that cannot be one.
    """
    data, form = _read(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the file is decides, not a package's advice
            found = form.read(data, str(path))
        return _to_voices(path, found)
    except UNREADABLE as error:
        raise no_voice(str(path), data) from error


def form_of(path: Path) -> Format:
    """Returns the form of a file, by its content.

    Raises:
        VoiceError: it is of none, or cannot be read.
    """
    return _read(path)[1]


def save_voice(voice: Voice, path: Path, form: str | None = None) -> None:
    """Writes a voice's file, whole or not at all; the numbers come back bit for bit.

    Args:
        voice: to write.
        path: of the file; its ending tells the form.
        form: name of a form in `FORMATS`, whatever the ending.

    Raises:
        VoiceError: no such form, or the place cannot be written.
    """
    save_voices([voice], path, form)


def save_voices(voices: Iterable[Voice], path: Path, form: str | None = None) -> None:
    """Writes one file of one or more voices; see `save_voice`.

    Raises:
        VoiceError: the form holds but one voice, two voices have one name, or see `save_voice`.
    """
    voices = list(voices)
    wanted = format_named(form) if form is not None else format_for(path, len(voices))
    if len(voices) != 1 and not wanted.holds_many:
        raise VoiceError(
            f"{path}: a file of the form {wanted.name} holds one voice, not {len(voices)}."
        )
    names = [voice.name for voice in voices]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise VoiceError(f"{path}: two voices are called {double}; one file cannot hold both.")
    content = wanted.write(voices)
    try:
        with written_whole(path) as file:
            file.write(content)
    except OSError as error:
        raise VoiceError(f"{path} cannot be written: {error.strerror}.") from error


def _to_voices(path: Path, found: Mapping[str, Stored]) -> dict[str, Voice]:
    if not found:
        raise VoiceError(f"{path} holds no voice.")
    if len(found) == 1:
        ((key, stored),) = found.items()
        name = path.stem if key.lower() in NAMELESS else _checked(key, path)
        return {name: to_voice(stored, name, str(path))}
    return {
        name: to_voice(stored, _checked(name, path), f"{path}: {name}")
        for name, stored in found.items()
    }


def _checked(name: str, path: Path) -> str:
    # Names end up in file names, tables and terminals.
    if not is_file_name(name):
        raise VoiceError(f"{path} holds a voice called {name[:80]!a}, which cannot be a name.")
    return name


def _read(path: Path) -> tuple[bytes, Format]:
    data = _read_bytes(path)
    form = sniffed(data)
    if form is None:
        raise no_voice(str(path), data)
    if len(data) > form.max_bytes:
        raise _too_large(path, len(data))
    return data, form


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise VoiceError(f"{path} is a folder; name a voice file.")
        if path.exists() and not path.is_file():
            raise VoiceError(f"{path} is no regular file; name a voice file.")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _too_large(path, size)
        if size == 0:
            raise VoiceError(f"{path} is empty; fetch or export the voice again.")
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise VoiceError(f"{str(path)!a} cannot be read: {reason}.") from error


def _too_large(path: Path, size: int) -> VoiceError:
    return VoiceError(
        f"{path} has {size / MIB:.0f} MiB; a voice has about half a MiB. Name a voice."
    )
