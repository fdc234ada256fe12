"""Data as JSON for programs: strict, floats unrounded, one object a line."""

import json
from typing import Any


def dump(data: Any, is_unicode: bool = True) -> str:
    """Returns one line of strict JSON (no NaN).

    Args:
        data: plain.
        is_unicode: whether it goes where any sign can be written; else, and where a file's name is
            no valid Unicode, the line is ASCII and is read back to the same text.
    """
    line = json.dumps(data, ensure_ascii=not is_unicode, allow_nan=False)
    has_broken_names = any("\ud800" <= sign <= "\udfff" for sign in line)
    return json.dumps(data, allow_nan=False) if has_broken_names else line
