"""Leaves folders out of what a page shows: it is passed on, and they tell whose computer it was.

Of a path, only its last part stays, and of a home folder only `~`.
"""

import os
import re
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 30  # of data that anybody may have written

# Texts that are spoken: words may stand beside a slash there.
TEXT_KEYS = frozenset({"text", "words", "probe_text", "screening_text"})

# A folder's name, blanks inside it and all. It does not end like words before another path.
_FOLDER = r"""[^/\\\n"<>|:]*[^/\\\n"<>|:\s,;=(~][/\\]+"""
# /, C:\ or \\server with a folder below it, ~/ or ~user/; not inside a word, a relative path or an
# address (https://…).
_FOLDERS = re.compile(
    r"(?<![\w./\\])(?!(?<=:)//)"
    rf"(?:(?:/+|[A-Za-z]:[/\\]+|\\{{2,}})(?:{_FOLDER})+|~[\w.-]*[/\\]+(?:{_FOLDER})*)(?=[^\s/\\])"
)
_RELATIVE_FOLDERS = re.compile(r"[^/\\,]*[/\\]+")


def names_only(text: str) -> str:
    """Returns a text with each absolute path in it cut to its last part."""
    if "/" not in text and "\\" not in text:
        return text
    home = os.path.expanduser("~")  # noqa: PTH111  (Path.home raises where there is none)
    if len(home) > 1:  # "/", and "~" where it is not known, tell nothing
        text = text.replace(home, "~")
    return _FOLDERS.sub("", text)


def data_names(data: Any) -> Any:
    """Returns plain data with each absolute path in its texts cut to its last part."""
    return _each_text(data, lambda text, _: names_only(text))


def config_names(config: Any) -> Any:
    """Returns a config with each path in it cut to its last part, relative ones, too."""
    return _each_text(config, _config_text)


def _config_text(text: str, key: str) -> str:
    shown = names_only(text)
    return shown if key in TEXT_KEYS else _RELATIVE_FOLDERS.sub("", shown)


def _each_text(data: Any, cut: Callable[[str, str], str], key: str = "", depth: int = 0) -> Any:
    """Returns data with `cut(text, key)` in place of each text; None for what lies too deep."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(data, dict):
        return {one: _each_text(value, cut, one, depth + 1) for one, value in data.items()}
    if isinstance(data, list):
        return [_each_text(value, cut, key, depth + 1) for value in data]
    return cut(data, key) if isinstance(data, str) else data
