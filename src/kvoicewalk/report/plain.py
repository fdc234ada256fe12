"""Reads values that may be damaged: what makes no sense is None or empty, never an error.

A page is made of a database, sidecars and file names that anybody may have written.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

MAX_TEXT_CHARS = 300
MAX_NUMBER = 1e9
# Controls, lone surrogates, and the signs that turn the direction of the text around them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)


def text(value: object, n_chars: int = MAX_TEXT_CHARS) -> str:
    """Returns a value as text that can be shown, at most so long; "" for None."""
    if value is None:
        return ""
    shown = _UNSEEN.sub("\ufffd", str(value))
    return shown if len(shown) <= n_chars else shown[: n_chars - 1] + "…"


def number(data: Mapping[str, Any], key: str) -> float | None:
    """Returns a finite number of a mapping, None where there is none."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) <= MAX_NUMBER and math.isfinite(value) else None


def mapping(value: object) -> dict[str, Any]:
    """Returns a mapping with texts as keys, {} for anything else."""
    if not isinstance(value, dict):
        return {}
    return {key: one for key, one in value.items() if isinstance(key, str)}


def mappings(value: object, n_max: int = 1000) -> list[dict[str, Any]]:
    """Returns the mappings in a list, at most so many, [] for anything else."""
    if not isinstance(value, list):
        return []
    return [mapping(one) for one in value[:n_max] if isinstance(one, dict)]
