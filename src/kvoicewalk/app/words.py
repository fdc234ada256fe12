"""The words of a recording → the text that a search speaks."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kvoicewalk.app.events import Events
from kvoicewalk.languages import DEFAULT_LANG, LANGUAGES, is_same
from kvoicewalk.text_language import guess_lang

if TYPE_CHECKING:
    from kvoicewalk.audio import Recording, Utterance
    from kvoicewalk.config import RunConfig
    from kvoicewalk.phonemes import Phonemizer

# Of speech, stress marks and spaces counted. 49 people spoke 10.3 to 22.0, median 16.4; whoever is
# outside of this says something else than these words. Source: benchmarks/words_fit.py.
PHONEMES_PER_S = (9.0, 24.0)
USUAL_PHONEMES_PER_S = 16.4
# Beyond it, words are not even turned into phonemes: 24 phonemes a second take fewer letters.
MAX_CHARACTERS_PER_S = 40.0
# At a usual pace, pauses counted. Of Japanese and Chinese: the texts of `texts/` at 16.4 phonemes.
SPOKEN_CHARACTERS_PER_S = 14.0
DENSE_CHARACTERS_PER_S = 5.0
DENSE = "jz"
SENTENCE_END = r"[.!?…][\"'”’)]*(?=\s)|[。！？।][」』”]*"


def settle_text(
    config: "RunConfig",
    recordings: "Sequence[Recording]",
    clips: "Sequence[Utterance]",
    phonemizer: "Phonemizer",
    events: Events,
) -> "tuple[RunConfig, list[Utterance]]":
    """Decides what the search speaks: the recording's words where they fit, else a text of its own.

    Words that do not fit the speech, or are in another language than the run, are told and
    forgotten, so that they never set the pace. Of words longer than what is used of the recording,
    the first sentences are spoken.

    Args:
        config: with words.
        recordings: whole.
        clips: what is used of them.
        phonemizer: of the model.
        events: hear of it.
    """
    from kvoicewalk.audio import speech_duration_s

    words, lang = config.target.words or "", config.synth.lang or DEFAULT_LANG
    own = guess_lang(words)
    if own is not None and not is_same(own, lang):
        events.note(
            f"the words are {LANGUAGES[own].name}, the voice is to speak {LANGUAGES[lang].name}: "
            "they are left alone, and so is the pace."
        )
        return _with_words(config, None, config.texts.target), _without_words(clips)
    each_s = [speech_duration_s(one.utterance) for one in recordings]
    # With several clips nobody knows whether the words are the first one's or all of them.
    lengths_s = {each_s[0], sum(each_s)}

    too_many = len(words) > MAX_CHARACTERS_PER_S * max(lengths_s)
    n_said = len(words) if too_many else phonemizer.phonemize(words, lang).n_phonemes
    if too_many or not any(fits(n_said, one) for one in lengths_s):
        takes, holds = _length(n_said / USUAL_PHONEMES_PER_S), _length(sum(each_s))
        events.warning(
            f"the words would take about {takes}, the recording holds {holds} of speech: they are "
            "not its words. The pace is left alone, and the search speaks its own sentence."
        )
        return _with_words(config, None, config.texts.target), _without_words(clips)
    text = words
    if not clips[0].text or len(clips) > 1:
        pace = DENSE_CHARACTERS_PER_S if lang in DENSE else SPOKEN_CHARACTERS_PER_S
        text = first_sentences(words, clips[0].duration_s * pace)
    return _with_words(config, words, text), list(clips)


def _with_words(config: "RunConfig", words: str | None, text: str) -> "RunConfig":
    target = config.target.model_copy(update={"words": words, "text": text, "is_text_open": False})
    return config.model_copy(update={"target": target})


def _without_words(clips: "Sequence[Utterance]") -> "list[Utterance]":
    return [replace(clip, text="") for clip in clips]


def fits(n_phonemes: int, speech_s: float) -> bool:
    """Tells whether so many phonemes can be what is said in so much speech."""
    low, high = PHONEMES_PER_S
    return low * speech_s <= n_phonemes <= high * speech_s


def first_sentences(text: str, n_characters: float) -> str:
    """Returns the first whole sentences up to a length; the first words where none is so short."""
    limit = max(int(n_characters), 1)
    if len(text) <= limit:
        return text
    head = text[:limit]
    ends = [found.end() for found in re.finditer(SENTENCE_END, head)]
    if ends:
        return head[: ends[-1]].strip()
    return head.rpartition(" ")[0].strip() or head.strip()


def _length(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"
