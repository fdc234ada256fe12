"""Mixes of voices, and the ways in which people write them.

    a:0.7,b:0.3      ours, and kokoro-tts'; also a:70%,b:30% and a decimal comma: a:0,7,b:0,3
    a,b              hexgrad/kokoro: equal parts
    a+b  a-b         Kokoro-FastAPI, speaches: equal parts, b taken away
    a(2)+b(1)        Kokoro-FastAPI
    a*0.6+b*0.4      abogen; also 0.6*a+0.4*b

Weights are relative, whatever they sum to.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices.voice import N_ROWS, STYLE_DIM, Voice

_NUMBER = r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
_WEIGHT = rf"({_NUMBER})\s*(%?)"
_AFTER = re.compile(rf"(.*?)\s*(?::\s*{_WEIGHT}|\(\s*{_WEIGHT}\s*\)|\*\s*{_WEIGHT})\s*", re.DOTALL)
_BEFORE = re.compile(rf"{_WEIGHT}\s*\*\s*(.*)", re.DOTALL)
_DIGITS = re.compile(r"\d+%?")
_WHOLE_AT_END = re.compile(r"[:*]\s*[-+]?\d+$")
_EXPONENT_AT_END = re.compile(r"(?:^|[:*(])\s*[-+]?[\d.,]+[eE]$")
_OF_KOKORO = re.compile(r"[a-z][fm]_[a-z0-9]+", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One voice of a mix as it was written.

    Attributes:
        name: of the voice, or its file.
        weight: relative; negative takes it away.
        has_weight: False where none was written.
    """

    name: str
    weight: float
    has_weight: bool


def mean_voice(voices: Sequence[Voice], name: str) -> Voice:
    """Returns the mean of voices.

    Raises:
        VoiceError: there are none.
    """
    return mix_voices([(voice, 1.0) for voice in voices], name)


def mix_voices(parts: Sequence[tuple[Voice, float]], name: str) -> Voice:
    """Returns the weighted mean of voices; weights are scaled to sum to 1, and may be negative.

    Raises:
        VoiceError: no voices, or weights that are not finite or do not sum to more than 0.
    """
    total = math.fsum(weight for _, weight in parts)
    if not parts or not math.isfinite(total) or total <= 0:
        raise VoiceError("a mix needs at least one voice, and weights that sum to more than 0.")
    mixed = np.zeros((N_ROWS, 1, STYLE_DIM), dtype=np.float64)
    for voice, weight in parts:
        mixed += voice.rows.astype(np.float64) * (weight / total)
    notes = tuple(dict.fromkeys(note for voice, _ in parts for note in voice.notes))
    return Voice(name, mixed.astype(np.float32), notes)


def parse_mix(recipe: str) -> tuple[tuple[str, float], ...]:
    """Reads a mix in any of the ways above; a weight left out is 1.

    Raises:
        VoiceError: an empty name or a weight that is no number.
    """
    return tuple((part.name, part.weight) for part in split_mix(recipe))


def split_mix(recipe: str, is_there: Callable[[str], bool] = lambda _: False) -> tuple[Part, ...]:
    """Takes a mix apart.

    Args:
        recipe: as it was given.
        is_there: tells of a piece whether it is the name of a file, which is not taken apart.

    Raises:
        VoiceError: an empty name or a weight that is no number.
    """
    pieces = [
        signed
        for piece in _joined_decimals(recipe.split(","))
        for signed in _signed_pieces(piece, is_there)
    ]
    return tuple(_part(sign, piece, is_there) for sign, piece in pieces)


def _joined_decimals(pieces: Sequence[str]) -> Iterator[str]:
    """Puts decimal commas together again: `a:0` and `7` were `a:0,7`."""
    waiting: str | None = None
    for piece in pieces:
        is_rest = _DIGITS.fullmatch(piece) is not None
        if waiting is not None and is_rest and _WHOLE_AT_END.search(waiting):
            yield f"{waiting},{piece}"
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = piece
    if waiting is not None:
        yield waiting


def _signed_pieces(text: str, is_there: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
    """Yields what stands between plus and minus, with its sign."""
    match = _AFTER.fullmatch(text)
    if is_there(text.strip()) or (match is not None and is_there(match.group(1).strip())):
        yield 1, text
        return
    sign, start = 1, 0
    if text.lstrip().startswith("-"):
        start = text.index("-") + 1
        sign = -1
    for place in range(start, len(text)):
        if text[place] in "+-" and _divides(text, start, place):
            yield sign, text[start:place]
            sign, start = (1 if text[place] == "+" else -1), place + 1
    yield sign, text[start:]


def _divides(text: str, start: int, place: int) -> bool:
    """Tells whether a plus or minus stands between two voices, not in a number or a name."""
    left, right = text[start:place], text[place + 1 :]
    if (
        not left.strip()
        or left.rstrip().endswith((":", "*", "("))
        or left.count("(") > left.count(")")
    ):
        return False  # the sign of a weight
    if _EXPONENT_AT_END.search(left):
        return False
    if text[place] == "+":
        return True
    has_spaces = left[-1:].isspace() and right[:1].isspace()
    has_ended = _AFTER.fullmatch(left) is not None
    next_name = re.split(r"[-+:(*\s]", right.lstrip(), maxsplit=1)[0]
    are_names = _OF_KOKORO.fullmatch(left.strip()) and _OF_KOKORO.fullmatch(next_name)
    is_weighted = _BEFORE.match(right.lstrip())
    return has_spaces or has_ended or bool(are_names or is_weighted)


def _part(sign: int, piece: str, is_there: Callable[[str], bool]) -> Part:
    text = piece.strip()
    if is_there(text):
        return Part(text, float(sign), has_weight=False)
    after, before = _AFTER.fullmatch(text), _BEFORE.fullmatch(text)
    name, number, percent = text, None, ""
    if after is not None:
        name = after.group(1).strip()
        number, percent = next(
            (after.group(i), after.group(i + 1)) for i in (2, 4, 6) if after.group(i) is not None
        )
    elif before is not None:
        number, percent, name = before.group(1), before.group(2), before.group(3).strip()
    weight = sign * (float(number.replace(",", ".")) if number is not None else 1.0)
    weight /= 100 if percent else 1
    if (
        not name
        or name[0] in "+*("
        or name[-1] in "+*"
        or (number is None and ":" in name and not _is_path(name))
        or not math.isfinite(weight)
    ):
        raise VoiceError(
            f"{text!r} is no part of a mix; write name:weight, for example "
            "af_heart:0.7,af_bella:0.3."
        )
    return Part(name, weight, has_weight=number is not None)


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name
