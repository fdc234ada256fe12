"""Names of voices: which can be one, which is meant, and what to say where there is none such."""

import difflib
import re
from collections.abc import Sequence

from kvoicewalk.errors import Setting, VoiceError

NAME_BYTES_MAX = 200  # leaves room for an ending and a number below the usual 255 of a file's name
_NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\ud800-\udfff]')
_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def is_file_name(name: str) -> bool:
    """Tells whether a voice's name can be a file's name on every system, and leads nowhere else."""
    return (
        bool(name.strip(" ."))
        and not name.startswith((".", " "))
        and not name.endswith((".", " "))
        and _NOT_IN_FILE_NAMES.search(name) is None
        and _WINDOWS_DEVICES.fullmatch(name) is None
        and len(name.encode("utf-8")) <= NAME_BYTES_MAX
    )


def meant_name(name: str, known: Sequence[str]) -> str:
    """Returns the known name that is meant, whatever the case of its letters; else `name` itself.

    Kokoro's own names have small letters, so one that is not known here, but may be on the hub, is
    written so where it has the form of those.
    """
    if name in known:
        return name
    folded = [one for one in known if one.casefold() == name.casefold()]
    if len(folded) == 1:
        return folded[0]
    return name.lower() if re.fullmatch(r"(?i)[a-z][fm]_[a-z0-9]+", name) else name


def unknown_voice(name: str, known: Sequence[str], where: str) -> VoiceError:
    """Returns the error for a name that is not there, with the nearest names that are."""
    close = difflib.get_close_matches(name.lower(), known, n=3)
    missing = f"no voice {name!r} in {where}. "
    if close:
        return VoiceError(f"{missing}Did you mean {', '.join(close)}?")
    return VoiceError(missing, "See 'kvw voices list'; ", Setting("model"), " says whose.")
