"""Paragraphs, headings and scene breaks: found in plain text, and the pauses around them."""

import re

from kvoicewalk.reading.pieces import Block

# Of the pause between two paragraphs.
ITEM_SHARE, HEADING_SHARE, SCENE_SHARE = 0.75, 2.0, 3.0
# Between two sentences; Kokoro-82M leaves 0.42 to 0.5 s there where it speaks both at once.
SENTENCE_S = 0.45
MAX_HEADING_CHARACTERS = 60

_EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_SCENE = re.compile(r"[^\w\s\"'“”‘’«»().,!?…\[\]:;]")
_NUMBER = r"(?:\d{1,4}|[IVXLC]{1,8})"
_CHAPTER = re.compile(
    # English, Spanish, French, Italian, Portuguese
    r"(?:chapter|part|book|volume|act|scene|canto|prologue|epilogue|preface|introduction|appendix"
    r"|cap[ií]tulo|parte|libro|acto|pr[oó]logo|ep[ií]logo|chapitre|partie|livre|acte|prologue"
    r"|capitolo|atto|scena|livro|ato|pref[aá]cio)\b"
    # Hindi, Japanese, Chinese
    r"|अध्याय|भाग|第[一二三四五六七八九十百0-9]{1,5}[章部話回节節卷]",
    re.IGNORECASE,
)


def split_paragraphs(text: str) -> list[Block]:
    """Returns the blocks of a plain text: what empty lines part."""
    parts = (part.strip() for part in _EMPTY_LINES.split(text))
    return [named(part) for part in parts if part]


def named(text: str) -> Block:
    """Returns a paragraph as what it is: a scene break, a heading, or a paragraph."""
    if is_scene_break(text):
        return Block("", "scene")
    return Block(text, "heading" if is_heading(text) else "paragraph")


def is_scene_break(text: str) -> bool:
    """Tells whether a paragraph is a row of signs: `* * *`, `~`, `———`."""
    signs = text.replace("_", "*")
    return _SCENE.search(signs) is not None and re.search(r"\w", signs) is None


def is_heading(text: str) -> bool:
    """Tells whether a paragraph of plain text is a heading: CHAPTER I, Part Two, IV, 12."""
    line = text.strip()
    if "\n" in line or len(line) > MAX_HEADING_CHARACTERS or line[-1:] in ',;:!?…”"':
        return False
    is_numbered = re.fullmatch(rf"{_NUMBER}[.:]?", line) is not None
    if is_numbered or (line.isupper() and line[-1:] != "." and len(line) > 1):
        return True
    return _CHAPTER.match(line) is not None and line[-1:] != "."


def share_between(before: Block, after: Block) -> float:
    """Returns how long the pause between two blocks is, in pauses between paragraphs."""
    kinds = (before.kind, after.kind)
    if "scene" in kinds:
        return SCENE_SHARE
    if "heading" in kinds:
        return HEADING_SHARE
    return ITEM_SHARE if kinds == ("item", "item") else 1.0
