r"""Makes stdout and stderr hold any text, whatever their encoding: a code page, ASCII, UTF-8.

What an encoding lacks is written as a plain sign that is near to it, else as an escape like
`\xe9`, so that no result is lost to a sign. Bytes of a file name that are no text are written as
the bytes they were.
"""

import codecs
import sys
from collections.abc import Mapping

HANDLER = "kvw-plain"
PLAIN: Mapping[str, str] = {
    "→": "->", "←": "<-", "±": "+/-", "·": ".", "•": "*", "…": "...", "−": "-", "–": "-", "—": "-",
    "×": "x", "²": "2", "√": "sqrt", "≤": "<=", "≥": ">=", "≈": "~", "✓": "ok", "✗": "x",
    "‘": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "\u00a0": " ", "━": "-", "╸": "-",
    "╺": "-",
}  # fmt: skip


def prepare_streams() -> None:
    """Lets stdout and stderr take any text from now on."""
    codecs.register_error(HANDLER, write_plainly)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=HANDLER)


def write_plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replaces the first sign that an encoding lacks; a handler of `codecs`.

    Returns:
        What is written instead, and where encoding goes on.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    sign = error.object[error.start]
    goes_on = error.start + 1
    if "\udc80" <= sign <= "\udcff" and _is_ascii_based(error.encoding):
        return bytes([ord(sign) - 0xDC00]), goes_on
    if "\u2800" <= sign <= "\u28ff":  # a spinner of braille dots
        return "*", goes_on
    return PLAIN.get(sign) or sign.encode("ascii", "backslashreplace").decode("ascii"), goes_on


def is_unicode(encoding: str | None) -> bool:
    """Tells whether a stream's encoding is UTF-8; a stream of text without any is as good."""
    return encoding is None or encoding.lower().replace("_", "-") in ("utf-8", "utf8")


def _is_ascii_based(encoding: str) -> bool:
    return "a".encode(encoding) == b"a"
