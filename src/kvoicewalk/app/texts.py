"""Text files and standard input → text."""

from pathlib import Path
from typing import BinaryIO

from kvoicewalk.errors import ConfigError
from kvoicewalk.reading.encoding import decode_text
from kvoicewalk.reading.pieces import Notify

MAX_BYTES = 100_000_000  # some hundred books; more is no text, or does not end


def read_text_file(
    path: Path,
    notify: Notify,
    *,
    encoding: str | None = None,
    lang: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> str:
    """Returns the text in a file.

    Args:
        path: of the file.
        notify: told where its encoding is guessed.
        encoding: by any of Python's names; None finds out.
        lang: language letter of the text, where it is known.
        max_bytes: refused above.

    Raises:
        ConfigError: it cannot be read, or is no text.
    """
    try:
        with path.expanduser().open("rb") as stream:
            return read_text_stream(
                stream, str(path), notify, encoding=encoding, lang=lang, max_bytes=max_bytes
            )
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}. Give a text file.") from error


def read_text_stream(
    stream: BinaryIO,
    place: str,
    notify: Notify,
    *,
    encoding: str | None = None,
    lang: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> str:
    """Returns the text that a stream holds; see `read_text_file`.

    Args:
        stream: of bytes.
        place: where it comes from, for messages.
        notify: told where its encoding is guessed.
        encoding: by any of Python's names; None finds out.
        lang: language letter of the text, where it is known.
        max_bytes: refused above.
    """
    data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        at_most = f"{max_bytes // 1_000_000} MB"
        raise ConfigError(f"{place} is too large for a text; at most {at_most} are read.")
    return decode_text(data, place, notify, encoding=encoding, lang=lang)
