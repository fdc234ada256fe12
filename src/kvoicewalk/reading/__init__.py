"""A text as people write it → pieces to speak one after the other, and pauses between them.

Each step is a module: `encoding` (bytes), `tidy` (signs that nobody hears), `ssml` and `markdown`
(structure), `paragraphs` (pauses), `scripts` (other letters), `markup` (pauses and pronunciations
within a sentence), `sentences`. What a search or a score speaks is not read in this way: there,
not one phoneme may change.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kvoicewalk.errors import SynthError
from kvoicewalk.languages import LANGUAGES
from kvoicewalk.reading.markdown import read_markdown
from kvoicewalk.reading.markup import only_pronunciations, split_pauses
from kvoicewalk.reading.paragraphs import SENTENCE_S, share_between, split_paragraphs
from kvoicewalk.reading.pieces import Block, Notify, Pause, Piece, Speech, tell_nobody
from kvoicewalk.reading.scripts import Foreign, drop_foreign, tell_foreign, why_nothing
from kvoicewalk.reading.sentences import split_sentences
from kvoicewalk.reading.ssml import is_ssml, read_ssml
from kvoicewalk.reading.tidy import drop_emoji, tidy

_LONE_STOPS = re.compile(r"(?<=\S\.)(?: \.)+(?= |$)")
_SPACED_STOPS = re.compile(r"(?<= )\.(?: \.)+(?= |$)")

__all__ = ["Pause", "Piece", "Reading", "Speech", "read"]


@dataclass(frozen=True)
class Reading:
    """A text in pieces.

    Attributes:
        pieces: in order; the first and the last are speech, but for pauses that the text asks for.
        n_characters: of all that is spoken.
    """

    pieces: tuple[Piece, ...]
    n_characters: int


def read(
    text: str,
    lang: str,
    *,
    pause_s: float,
    is_plain: bool = False,
    note: Notify = tell_nobody,
    warn: Notify = tell_nobody,
) -> Reading:
    """Returns a text as it is spoken.

    Args:
        text: plain, markdown or SSML; of any length.
        lang: language letter.
        pause_s: between two paragraphs; three quarters of it between list items, twice around a
            heading, three times at a scene break, but never less than between two sentences.
        is_plain: True takes all signs as they stand; paragraphs are all that is looked for.
        note: told of what is left out on purpose.
        warn: told of words that are left out.

    Raises:
        SynthError: it holds nothing that can be spoken.
    """
    told: set[str] = set()

    def note_once(message: str) -> None:
        if message not in told:
            told.add(message)
            note(message)

    if not text.strip():
        raise SynthError("the text is empty; give at least one word.")
    text, n_emoji = drop_emoji(tidy(text))
    if is_plain:
        blocks = split_paragraphs(text)
    else:
        blocks = read_ssml(text, note_once) if is_ssml(text) else read_markdown(text, note_once)
    foreign: Foreign = {}
    blocks = [_own_letters(block, lang, foreign) for block in blocks]
    pieces = tuple(_pieces(blocks, lang, pause_s, is_plain))
    if not any(isinstance(piece, Speech) for piece in pieces):
        raise _nothing(text, lang, foreign, n_emoji)
    if n_emoji:
        note(f"{n_emoji} emoji left out.")
    for message in tell_foreign(foreign, lang):
        warn(message)
    return Reading(pieces, sum(len(one.text) for one in pieces if isinstance(one, Speech)))


def _own_letters(block: Block, lang: str, foreign: Foreign) -> Block:
    text, found = drop_foreign(block.text, lang)
    for script, samples in found.items():
        foreign.setdefault(script, []).extend(samples)
    return Block(text, block.kind)


def _pieces(blocks: list[Block], lang: str, pause_s: float, is_plain: bool) -> Iterator[Piece]:
    """Yields speech, and a pause between two of it.

    Pauses that the text asks for add up. Between blocks the longer pause counts, theirs or the one
    asked for; within a block what is asked for.
    """
    before: Block | None = None
    asked_s = between_s = 0.0
    has_spoken = False
    for block in blocks:
        if before is not None:
            between_s = max(between_s, SENTENCE_S, share_between(before, block) * pause_s)
        before = block
        for part in [block.text] if is_plain else split_pauses(block.text):
            if isinstance(part, float):
                asked_s += part
                continue
            for sentence in _spoken(part, lang, is_plain):
                usual_s = (between_s or (0.0 if asked_s else SENTENCE_S)) if has_spoken else 0.0
                if max(asked_s, usual_s):
                    yield Pause(max(asked_s, usual_s))
                asked_s, between_s, has_spoken = 0.0, 0.0, True
                yield Speech(sentence)
    if asked_s:
        yield Pause(asked_s)


def _spoken(text: str, lang: str, is_plain: bool) -> list[str]:
    line = " ".join((text if is_plain else only_pronunciations(text)).split())
    line = _SPACED_STOPS.sub("…", _LONE_STOPS.sub("", line))
    return [one for one in split_sentences(line, lang) if any(map(str.isalnum, one))]


def _nothing(text: str, lang: str, foreign: Foreign, n_emoji: int) -> SynthError:
    shown = " ".join(text.split())
    shown = shown if len(shown) <= 40 else f"{shown[:39]}…"
    found = f"nothing to speak in {shown!r}"
    if foreign:
        return SynthError(f"{found} in {LANGUAGES[lang].name}", *why_nothing(foreign))
    if n_emoji:
        return SynthError("nothing to speak but emoji; give at least one word.")
    return SynthError(f"{found}; give at least one word.")
