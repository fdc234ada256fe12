"""The forms that voices are kept in: a module each, and the one table of them.

A new one is a file here with a `Format`, and a line in `FORMATS`.
"""

from pathlib import Path

from kvoicewalk.errors import Setting, VoiceError
from kvoicewalk.voices.formats import (
    json_text,
    npy,
    npz,
    raw,
    safetensors,
    sherpa,
    torch_pt,
    voic,
)
from kvoicewalk.voices.formats.base import Format

# In the order in which a file's content is asked: signs at its beginning first, then sizes (the
# first bytes of a raw file may look like anything), then JSON, which begins with one letter.
FORMATS: tuple[Format, ...] = (
    torch_pt.FORMAT,
    npz.FORMAT,
    npy.FORMAT,
    safetensors.FORMAT,
    voic.FORMAT,
    raw.FORMAT,
    sherpa.FORMAT,
    json_text.ROWS,
    json_text.BY_NAME,
)
FORMAT_NAMES = tuple(one.name for one in FORMATS)
ENDINGS = tuple(dict.fromkeys(ending for one in FORMATS for ending in one.endings))
MAX_BYTES = max(one.max_bytes for one in FORMATS)


def sniffed(data: bytes) -> Format | None:
    """Returns the form of a file by its content, None where it is none of them."""
    return next((one for one in FORMATS if one.is_it(data)), None)


def format_named(name: str) -> Format:
    """Returns a form by its name, whatever the case of its letters.

    Raises:
        VoiceError: there is none of this name.
    """
    for one in FORMATS:
        if one.name == name.lower():
            return one
    raise VoiceError(Setting("format", name), f": expected one of {', '.join(FORMAT_NAMES)}.")


def format_for(path: Path, n_voices: int = 1) -> Format:
    """Returns the form that a file is written in, by its ending.

    `.bin` is raw for one voice; for several it may be kokoro-onnx's or sherpa-onnx's.

    Raises:
        VoiceError: no form has this ending, or several that hold so many voices.
    """
    ending = path.suffix.lower()
    fitting = [one for one in FORMATS if ending in one.endings]
    if not fitting:
        raise VoiceError(
            f"{path}: no voice file ends so; {', '.join(ENDINGS)} do. ",
            Setting("format"),
            " names the form whatever the ending.",
        )
    if n_voices == 1:
        # The form whose own ending it is, and that is for one voice where there are both.
        own = [one for one in fitting if one.endings[0] == ending] or fitting
        return min(own, key=lambda one: (one.holds_many and ending == ".bin", one.name))
    many = [one for one in fitting if one.holds_many]
    if len(many) == 1:
        return many[0]
    if many:
        names = [one.name for one in many]
        raise VoiceError(
            f"{path} may be of several forms; name one: ", Setting("format", *names), "."
        )
    raise VoiceError(f"{path}: a file that ends so holds one voice, not {n_voices}; name a folder.")
