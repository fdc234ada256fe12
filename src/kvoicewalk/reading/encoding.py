"""Bytes → text: UTF-8, UTF-16 and UTF-32, else the likeliest of the older encodings."""

import codecs
import re
from collections.abc import Iterator, Sequence

from kvoicewalk.errors import ConfigError, Message, Setting
from kvoicewalk.reading.pieces import Notify

# UTF-32's mark begins with UTF-16's, so it is looked for first.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
# By the language that is to be spoken, likeliest first; "" for all others.
OLDER = {
    "j": ("cp932", "euc_jp"),
    "z": ("gb18030", "big5"),
    "": ("cp1252", "cp1250", "cp1251", "koi8_r", "mac_roman", "cp850"),
}
SAMPLE_BYTES = 65_536
GOOD_TO_BAD = 10  # characters, in a damaged UTF-8 text

DOCUMENTS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "an EPUB, Word or other packed document"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0", "an old Word document"),
    (b"\x1f\x8b", "a packed file"),
)


def decode_text(
    data: bytes, place: str, notify: Notify, *, encoding: str | None = None, lang: str | None = None
) -> str:
    """Returns the text that bytes hold.

    Args:
        data: of a file, or of standard input.
        place: where they come from, for messages.
        notify: told where the encoding is guessed, or characters are damaged.
        encoding: by any of Python's names; None finds out.
        lang: language letter of the text, where it is known; a guess starts from it.

    Raises:
        ConfigError: they are no text, or not in the encoding that is named.
    """
    for mark, document in DOCUMENTS:
        if data.startswith(mark):
            raise ConfigError(
                f"{place} is {document}, not a text; save its words as plain text first "
                "(calibre's ebook-convert book.epub book.txt does that)."
            )
    text = _in(data, place, encoding) if encoding else _find_out(data, place, notify, lang)
    if "\0" in text:
        raise ConfigError(f"{place} holds bytes that are no text; give a text file.")
    return text


def _in(data: bytes, place: str, encoding: str) -> str:
    named = Setting("encoding", encoding)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeError as error:
        raise ConfigError(named, f": {place} holds bytes that it has no letters for.") from error
    except LookupError as error:
        raise ConfigError(named, ": no such encoding; utf-8, cp1252 and shift_jis are.") from error


def _find_out(data: bytes, place: str, notify: Notify, lang: str | None) -> str:
    for mark, name in MARKS:
        if data.startswith(mark):
            try:
                return data.decode(name)
            except UnicodeError as error:
                raise ConfigError(f"{place} is damaged {name}; save it anew as UTF-8.") from error
    try:
        text = data.decode("utf-8")
        if "\0" not in text:
            return text
        n_bad = text.count("\0")
        if not list(_utf_16(data)) and len(text) >= GOOD_TO_BAD * n_bad:
            notify(_left_out(place, n_bad))
            return text.replace("\0", "")
    except UnicodeError:
        text = _mended(data, place, notify)
        if text:
            return text
    for name in (*_utf_16(data), *_older(data, lang)):
        try:
            text = data.decode(name)
        except UnicodeError:
            continue
        notify(
            Message(
                f"{place} is not UTF-8; read as {name}. If its letters come out wrong, name "
                "another with ",
                Setting("encoding"),
                ", or save it as UTF-8.",
            )
        )
        return text
    raise ConfigError(
        f"{place} is not UTF-8 text, nor any other that is known; save it as UTF-8, or name its "
        "encoding with ",
        Setting("encoding"),
        ".",
    )


def _mended(data: bytes, place: str, notify: Notify) -> str:
    """Returns a UTF-8 text without its few damaged characters; "" where it is another encoding."""
    text = data.decode("utf-8", "replace")
    n_bad = text.count("\ufffd")
    n_good = sum(1 for sign in text if sign > "\x7f") - n_bad
    if "\0" in text or n_good < GOOD_TO_BAD * n_bad:
        return ""
    notify(_left_out(place, n_bad))
    return text.replace("\ufffd", "")


def _left_out(place: str, n_bad: int) -> str:
    what = "1 damaged character" if n_bad == 1 else f"{n_bad} damaged characters"
    return f"{place} holds {what}; left out."


def _utf_16(data: bytes) -> Iterator[str]:
    """Yields how a text without a mark is stored, if about every other byte is 0."""
    head = data[:SAMPLE_BYTES]
    if len(data) % 2 or not head:
        return
    share_even, share_odd = (head[at::2].count(0) / (len(head) / 2) for at in (0, 1))
    if max(share_even, share_odd) >= 0.3 and min(share_even, share_odd) <= 0.05:
        yield "utf-16-be" if share_even > share_odd else "utf-16-le"


def _older(data: bytes, lang: str | None) -> Iterator[str]:
    """Yields encodings that a text may be in, likeliest first."""
    from charset_normalizer import from_bytes

    own = OLDER.get(lang or "", OLDER[""])
    others = tuple(name for names in OLDER.values() for name in names if name not in own)
    for candidates in (own, others):
        found = from_bytes(_telling(data), cp_isolation=list(candidates), enable_fallback=False)
        least = min((one.chaos for one in found), default=None)
        likely = {name for one in found if one.chaos == least for name in one.could_be_from_charset}
        # One that decodes to the same letters as another is not listed on its own.
        yield from _ordered(candidates, likely)


def _ordered(candidates: Sequence[str], likely: set[str]) -> list[str]:
    return [name for name in candidates if name in likely]


def _telling(data: bytes) -> bytes:
    """Returns the lines that tell encodings apart: those with bytes beyond ASCII."""
    if len(data) <= SAMPLE_BYTES:
        return data
    kept = bytearray()
    for line in re.finditer(rb"[^\r\n]*[\x80-\xff][^\r\n]*", data):
        if len(kept) + len(line[0]) > SAMPLE_BYTES:
            break
        kept += line[0] + b"\n"
    return bytes(kept) or data[:SAMPLE_BYTES]
