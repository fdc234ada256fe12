"""Standard output and error in any code page: what cannot be encoded is shown by plain signs."""

import codecs
import sys
from typing import IO, TextIO

HANDLER = "kvw-plain"
# Signs of tables and sentences; anything else (a letter of a name) is escaped, so that it stays
# exact.
PLAIN = {
    "→": "->", "←": "<-", "±": "+/-", "·": ".", "…": "...", "−": "-", "–": "-", "—": "-", "×": "x",
    "≥": ">=", "≤": "<=", "≈": "~", "‘": "'", "’": "'", "“": '"', "”": '"', "•": "*", "√": "sqrt",
    "\xa0": " ", "\u202f": " ", "\u2009": " ",
}  # fmt: skip


def prepare_streams() -> None:
    """Makes what the process prints safe to print, whatever its terminal or file can encode."""
    for stream in (sys.stdout, sys.stderr):
        make_printable(stream)


def make_printable(stream: "TextIO | None") -> None:
    """Gives a text stream the error handler; a stream of another kind stays as it is."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors=HANDLER)


def is_unicode(stream: "IO[str]") -> bool:
    """Tells whether a stream can take any text as it is."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return codecs.lookup(encoding).name.startswith("utf-8")


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    shown = "".join(
        PLAIN.get(sign) or sign.encode("ascii", "backslashreplace").decode("ascii")
        for sign in error.object[error.start : error.end]
    )
    return shown, error.end


codecs.register_error(HANDLER, _plain)
