"""A paragraph → pieces to speak: sentences, short ones together, long ones cut at a clause.

A piece bounds what is phonemized, spoken and kept in memory at once.
"""

import bisect
import math
import re
import sys
from collections.abc import Iterator

from kvoicewalk.english.short_forms import BEFORE_FIGURES, PLAIN, STARTERS, TITLES
from kvoicewalk.reading.markup import PRONUNCIATION

# Voices are at their best at 50 to 150 phonemes, and rush above 400. A letter is about a phoneme,
# a Chinese or Japanese one about three. Source: hexgrad/Kokoro-82M README.md, of 27 January 2025.
AIM_CHARACTERS = 250
LONGEST_CHARACTERS = 400
DENSE = "jz"
DENSE_SHARE = 1 / 3

_OTHER_TITLES = frozenset(
    ["Sr", "Sra", "Srta", "Dr", "Dra", "Ud", "Uds", "M", "MM", "Mme", "Mlle", "Me", "St", "Ste",
     "Sig", "Sigg", "Dott", "Prof", "Avv", "Ing", "Exmo", "Exma", "D", "Mrs", "Ms"]
)  # fmt: skip
_SHORT = frozenset(
    (*TITLES, *PLAIN, *BEFORE_FIGURES, *map(str.capitalize, BEFORE_FIGURES), *_OTHER_TITLES)
)
_END = re.compile(r"(?:[.!?…]{1,20}|[。！？।॥])[)\]\"'”’»」』）]{0,5}(?:\s|(?<=[。！？」』）]))")
_LAST_WORD = re.compile(r"(?:^|[\s(\"“‘'«])((?:\w{1,20}\.){0,8}\w{0,20})$")
_CLAUSES = (re.compile(r"[;:—–]\s?|[；：]"), re.compile(r"[,，、]\s?"), re.compile(r"\s"))


def split_sentences(text: str, lang: str) -> list[str]:
    """Returns a paragraph in pieces that are spoken one after the other.

    Args:
        text: on one line, with pronunciations marked; they are never cut.
        lang: language letter.
    """
    scale = DENSE_SHARE if lang in DENSE else 1.0
    longest = round(LONGEST_CHARACTERS * scale)
    parts = [part for one in _sentences(text) for part in _bounded(one, longest)]
    return _grouped(parts, round(AIM_CHARACTERS * scale))


def _sentences(text: str) -> Iterator[str]:
    start = 0
    marked = _marked(text)
    for found in _END.finditer(text):
        if _is_inside(marked, found.start()) or not _ends(text, found):
            continue
        sentence = text[start : found.end()].strip()
        if sentence:
            yield sentence
        start = found.end()
    if text[start:].strip():
        yield text[start:].strip()


def _ends(text: str, end: "re.Match[str]") -> bool:
    """Tells whether a sentence ends at a full stop: not after "Mr.", an initial or "e.g."."""
    if end[0][0] != "." or end[0].startswith(".."):
        return True
    following = text[end.end() : end.end() + 40].lstrip("\"'“‘«([¿¡—- ")
    if following[:1].islower():
        return False
    before = _LAST_WORD.search(text[max(0, end.start() - 60) : end.start()])
    word = before[1] if before else ""
    is_short = word in _SHORT or len(word) == 1 or "." in word
    next_word = re.match(r"\w{0,20}", following)
    return not is_short or (next_word is not None and next_word[0] in STARTERS)


def _marked(text: str) -> list[tuple[int, int]]:
    return [found.span() for found in PRONUNCIATION.finditer(text)]


def _is_inside(spans: list[tuple[int, int]], at: int) -> bool:
    """Tells whether a place lies in one of the spans, which are in order."""
    before = bisect.bisect_right(spans, (at, sys.maxsize)) - 1
    return before >= 0 and spans[before][0] <= at < spans[before][1]


def _bounded(sentence: str, longest: int) -> Iterator[str]:
    """Yields a sentence in parts of at most `longest` characters, cut at the best places."""
    while len(sentence) > longest:
        cut = _cut(sentence, longest)
        yield sentence[:cut].strip()
        sentence = sentence[cut:].strip()
    if sentence:
        yield sentence


def _cut(sentence: str, longest: int) -> int:
    window = sentence[: longest + 250]  # a mark that begins before the cut ends in it
    spans = _marked(window)
    for pattern in _CLAUSES:
        ends = (found.end() for found in pattern.finditer(window, longest // 3, longest))
        good = [end for end in ends if not _is_inside(spans, end - 1)]
        if good:
            return good[-1]
    around = next((span for span in spans if span[0] < longest < span[1]), None)
    if around is None:
        return longest
    return around[0] or around[1]


def _grouped(parts: list[str], aim: int) -> list[str]:
    """Joins neighbours to pieces that are about equally long, as near to `aim` as they can be."""
    total = sum(map(len, parts))
    share = total / max(1, math.ceil(total / aim))
    grouped: dict[int, list[str]] = {}
    end = 0
    for part in parts:
        end += len(part)
        grouped.setdefault(int((end - len(part) / 2) / share), []).append(part)
    return [" ".join(together) for together in grouped.values()]
