"""Text → phonemes in Kokoro's alphabet, by language, in chunks that the network can speak.

English goes through misaki's own front end where spaCy's `en_core_web_sm` is installed, else, like
most other languages, through misaki's espeak front end, whose library comes with the package.
"""

import functools
import tempfile
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kvoicewalk.errors import SynthError

MAX_CHUNK_PHONEMES = 510  # Kokoro-82M: 512 positions less one pad at either end
MAX_TEXT_CHARACTERS = 100_000
DEFAULT_LANG = "a"
SPACY_MODEL = "en_core_web_sm"

# The letter is the first of a stock voice's name. Source: hexgrad/kokoro kokoro/pipeline.py.
ESPEAK_LANGUAGES: Mapping[str, str] = {
    "a": "en-us",
    "b": "en-gb",
    "e": "es",
    "f": "fr-fr",
    "h": "hi",
    "i": "it",
    "p": "pt-br",
}
MISAKI_EXTRAS: Mapping[str, str] = {"j": "ja", "z": "zh"}
LANGS = "".join(sorted((*ESPEAK_LANGUAGES, *MISAKI_EXTRAS)))

# Where a long text may be cut, best place first.
BREAKS = (".!?…", ":;", ",—", " ")
CLOSERS = ')”"'

GraphemesToPhonemes = Callable[[str], str]


def tell_nobody(_message: str) -> None:
    """Stands where nobody wants to be told."""


@dataclass(frozen=True)
class PhonemeText:
    """A text as the network will speak it.

    Attributes:
        text: what was asked for.
        lang: language letter.
        chunks: phoneme strings of 1 to 510 characters each, in order.
        unknown: characters that the model's vocabulary lacks, sorted; they are not spoken.
    """

    text: str
    lang: str
    chunks: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def n_phonemes(self) -> int:
        """Phonemes in all chunks."""
        return sum(len(chunk) for chunk in self.chunks)


@dataclass
class Phonemizer:
    """Turns texts into phonemes; remembers each text.

    Attributes:
        vocab: phoneme character → token id of the model that will speak.
        english: front end for English; `misaki` falls back to espeak where it is not installed.
        notify: told once of each thing a user should know (an alphabet gap, a plainer front end).
    """

    vocab: Mapping[str, int]
    english: str = "misaki"
    notify: Callable[[str], None] = tell_nobody
    _front_ends: dict[str, GraphemesToPhonemes] = field(default_factory=dict, repr=False)
    _texts: dict[tuple[str, str], PhonemeText] = field(default_factory=dict, repr=False)

    def phonemize(self, text: str, lang: str = DEFAULT_LANG) -> PhonemeText:
        """Returns a text's phonemes.

        Raises:
            SynthError: the language's front end is not installed, or nothing can be spoken.
        """
        key = (text, lang)
        if key not in self._texts:
            self._texts[key] = self._phonemize(text, lang)
        return self._texts[key]

    @functools.cached_property
    def uses_misaki(self) -> bool:
        """True where English goes through misaki's own front end."""
        return self.english == "misaki" and has_misaki_english()

    def _phonemize(self, text: str, lang: str) -> PhonemeText:
        plain = clean_text(text)
        phonemes = self._front_end(lang)(plain).strip()
        unknown = tuple(sorted(set(phonemes) - set(self.vocab)))
        if not any(c in self.vocab and c.isalpha() for c in phonemes):
            raise SynthError(f"nothing to speak in {_shorten(text)!r}; give at least one word.")
        if unknown:
            signs = " ".join(f"{c!r} (U+{ord(c):04X})" for c in unknown)
            self.notify(f"The model has no sound for {signs} in {_shorten(text)!r}; left out.")
        return PhonemeText(text, lang, split_phonemes(phonemes), unknown)

    def _front_end(self, lang: str) -> GraphemesToPhonemes:
        if lang not in self._front_ends:
            try:
                self._front_ends[lang] = self._make_front_end(lang)
            except OSError as error:
                raise _blocked(error) from error
        return self._front_ends[lang]

    def _make_front_end(self, lang: str) -> GraphemesToPhonemes:
        if lang in MISAKI_EXTRAS:
            return _misaki_extra(lang)
        if lang not in ESPEAK_LANGUAGES:
            raise SynthError(f"--lang {lang}: no such language. Use one of: {' '.join(LANGS)}.")
        if lang in "ab":
            if self.uses_misaki:
                return _misaki_english(is_british=lang == "b")
            if self.english == "misaki":
                self.notify(
                    f"English phonemes come from espeak: spaCy's {SPACY_MODEL} is not installed "
                    f"(python -m spacy download {SPACY_MODEL}; see docs/phonemes.md)."
                )
        return _espeak(ESPEAK_LANGUAGES[lang])


def _blocked(error: OSError) -> SynthError:
    """Returns what to tell of a library that does not load: espeak's runs from a copy of itself."""
    folder = tempfile.gettempdir()
    reason = str(error.strerror or error).rstrip(".")
    return SynthError(
        f"espeak's library cannot be loaded by way of the temporary folder {folder} ({reason}); "
        "set TMPDIR to a folder that has free space and lets programs run."
    )


def has_misaki_english() -> bool:
    """Tells whether misaki's own English front end can load without a download."""
    import spacy.util

    return bool(spacy.util.is_package(SPACY_MODEL))


def clean_text(text: str) -> str:
    """Returns the text on one line, without control characters or lone surrogates.

    Raises:
        SynthError: empty or longer than 100,000 characters.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise SynthError(
            f"the text has {len(text):,} characters; at most {MAX_TEXT_CHARACTERS:,} are spoken "
            "at once. Split it."
        )
    spoken = (" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text)
    plain = " ".join("".join(spoken).split())
    if not plain:
        raise SynthError("the text is empty; give at least one word.")
    return plain


def split_phonemes(phonemes: str, limit: int = MAX_CHUNK_PHONEMES) -> tuple[str, ...]:
    """Cuts a phoneme string into chunks of at most `limit` characters.

    Cuts after the last sentence end that fits, else after a colon, a comma, a space; only a word
    longer than the limit is cut inside. No character is lost but the spaces at the cuts.
    """
    chunks = []
    rest = phonemes.strip()
    while len(rest) > limit:
        cut = _last_break(rest, limit)
        chunks.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    if rest:
        chunks.append(rest)
    return tuple(chunks)


def _last_break(phonemes: str, limit: int) -> int:
    no_start = CLOSERS + "".join(BREAKS[:3])  # a chunk must not begin with what ends a clause
    for signs in BREAKS:
        for cut in range(limit, 1, -1):
            before, last = phonemes[cut - 2], phonemes[cut - 1]
            is_end = last in signs or (last in CLOSERS and before in signs)
            if is_end and phonemes[cut] not in no_start:
                return cut
    return limit


def _espeak(language: str) -> GraphemesToPhonemes:
    from misaki.espeak import EspeakG2P

    front_end = EspeakG2P(language=language)
    return lambda text: str(front_end(text)[0])


def _misaki_english(is_british: bool) -> GraphemesToPhonemes:
    from misaki.en import G2P
    from misaki.espeak import EspeakFallback

    front_end = G2P(british=is_british, fallback=EspeakFallback(british=is_british), unk="")
    return lambda text: str(front_end(text)[0])


def _misaki_extra(lang: str) -> GraphemesToPhonemes:
    name = MISAKI_EXTRAS[lang]
    front_end: Any
    try:
        if lang == "j":
            from misaki.ja import JAG2P

            front_end = JAG2P()
        else:
            from misaki.zh import ZHG2P

            front_end = ZHG2P()
    except (ImportError, OSError) as error:
        raise SynthError(
            f"--lang {lang} needs misaki's {name} extra, which is not installed: "
            f"pip install 'misaki[{name}]'."
        ) from error
    return lambda text: str(front_end(text)[0])


def _shorten(text: str, width: int = 40) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
