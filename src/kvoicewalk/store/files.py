"""Text and JSON files that are whole or absent, never half written."""

import json
import os
from pathlib import Path

import numpy as np

from kvoicewalk.atomic import written_whole
from kvoicewalk.errors import Message, Setting, StoreError

CHOOSE_ANOTHER = Message("; choose another with ", Setting("out_dir"), ".")


def to_json(data: object, *, indent: int | None = None) -> str:
    """Turns plain data into JSON text that every parser accepts.

    numpy scalars and arrays become numbers and lists, paths become text. The text
    is ASCII, so that a file name which is no valid Unicode can be written, too.

    Args:
        data: dictionaries, lists, texts, finite numbers, booleans, None.
        indent: spaces per level; None for one line.

    Raises:
        StoreError: a number is NaN or infinite, or the data contain themselves.
        TypeError: a value of some other type: a mistake of the caller.
    """
    try:
        return json.dumps(data, allow_nan=False, default=_plain, indent=indent)
    except (ValueError, RecursionError) as error:
        raise StoreError(
            f"these data cannot be written as JSON ({error}); expected finite numbers"
        ) from error


def from_json(text: str) -> dict[str, object]:
    """Reads a JSON object written by `to_json`.

    Raises:
        StoreError: the text is no JSON, or its outermost value is no object.
    """
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, TypeError) as error:
        raise StoreError(f"not JSON ({error})") from error
    if not isinstance(data, dict):
        raise StoreError(f"a JSON {type(data).__name__} where an object was expected")
    return data


def write_text_atomic(path: Path, text: str) -> None:
    """Writes a UTF-8 file so that `path` holds the old content or all of the new.

    Raises:
        StoreError: the file cannot be written; `path` is as it was.
    """
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise StoreError(f"{path} cannot be written: the text is no valid Unicode") from error
    try:
        with written_whole(path) as file:
            file.write(content)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({reason_of(error)}); "
            "check the folder's permissions and free space"
        ) from error


def write_json_atomic(path: Path, data: object) -> None:
    """Writes data as an indented JSON file; see `to_json` and `write_text_atomic`.

    Raises:
        StoreError: the data are no JSON or the file cannot be written.
    """
    write_text_atomic(path, to_json(data, indent=2) + "\n")


def reason_of(error: OSError) -> str:
    """Returns the operating system's words for an error, without number and path."""
    return error.strerror or str(error) or type(error).__name__


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no finite number")


def require_writable(out_dir: Path) -> None:
    """Checks, before anything slow, that runs can be kept in a folder; makes nothing.

    Raises:
        StoreError: it is no folder, or may not be written into or made.
    """
    nearest = out_dir.absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise StoreError(f"{nearest} is no folder", CHOOSE_ANOTHER)
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise StoreError(f"{nearest} cannot be written into", CHOOSE_ANOTHER)
