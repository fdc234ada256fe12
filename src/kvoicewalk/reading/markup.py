"""Marks inside a text: pauses, and Kokoro's own pronunciations.

A pronunciation is `[word](/phonemes/)`; `[word](+1)` and `[word](-1)` raise and lower the stress of
a word, `[1984](#a#)` is a hint at how a number is read. Source: hexgrad/misaki misaki/en.py,
`G2P.preprocess`. A pause is `[pause:1.5]`, in seconds; several spellings of it are about.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PRONUNCIATION = re.compile(r"\[([^\[\]\n]{1,200})\]\(([^()\n]{0,200})\)")
MAX_PAUSE_S = 60.0
PLAIN_PAUSE_S = 0.5  # where a mark names no time

_PAUSE = re.compile(
    r"(?<!\w)\[{1,2} {0,2}pause(?: {0,2}[:= ] {0,2}(?P<time>\d{1,6}(?:\.\d{1,6})?) {0,2}"
    r"(?P<unit>m?s)?)? {0,2}\]{1,2}(?!\()"
    # @1.5 after the end of a sentence: thewh1teagle/kokoro-onnx#96
    r"|(?:(?<=[.!?…] )|^)@(?P<at>\d{1,3}(?:\.\d{1,3})?)(?=\s|$)",
    re.IGNORECASE,
)
_PHONEMES = re.compile(r"/([^/]{1,200})/+")
_STRESS = re.compile(r"[+-]?(?:\d{1,2}|0\.5)")
_FLAGS = re.compile(r"#([^#]{1,20})#")
# espeak's and dictionaries' ways to write what are single signs in Kokoro's alphabet.
# Source: hexgrad/misaki EN_PHONES.md and misaki/espeak.py.
_KOKORO_SIGNS = (
    ("aɪ", "I"), ("aʊ", "W"), ("eɪ", "A"), ("oʊ", "O"), ("əʊ", "Q"), ("ɔɪ", "Y"), ("tʃ", "ʧ"),
    ("dʒ", "ʤ"), ("r", "ɹ"), ("g", "ɡ"), ("'", "ˈ"),
)  # fmt: skip
_TIES_AND_STOPS = str.maketrans("", "", "\u0361\u035c.[]()/")


@dataclass(frozen=True)
class Pronounced:
    """A word whose sound is given.

    Attributes:
        text: as it is written.
        phonemes: in Kokoro's alphabet; "" where the front end is to find them.
        stress: -2 to 2, of the whole word; None leaves it as it is.
    """

    text: str
    phonemes: str = ""
    stress: float | None = None


def is_pronunciation(value: str) -> bool:
    """Tells whether what stands in the round brackets is for Kokoro; else it is a link's address.

    `/docs/` is an address: phonemes have at least one sign beyond ASCII, such as ˈ.
    """
    phonemes = _PHONEMES.fullmatch(value)
    if phonemes is not None:
        return not value.isascii()
    return _STRESS.fullmatch(value) is not None or _FLAGS.fullmatch(value) is not None


def split_pronounced(text: str) -> list[str | Pronounced]:
    """Returns a text cut into plain parts and words whose sound is given, in order.

    Of other links only the words are kept.
    """
    parts: list[str | Pronounced] = []
    end = 0
    for found in PRONUNCIATION.finditer(text):
        parts.append(text[end : found.start()])
        parts.append(_pronounced(found[1], found[2]))
        end = found.end()
    parts.append(text[end:])
    return _joined(parts)


def pronounced(word: str, ipa: str) -> str:
    """Returns a word marked with phonemes of the International Phonetic Alphabet."""
    phonemes = ipa.translate(_TIES_AND_STOPS).strip()
    for written, sign in _KOKORO_SIGNS:
        phonemes = phonemes.replace(written, sign)
    word = " ".join(re.sub(r"[\[\]\n]", " ", word).split())[:200]
    if not word or not phonemes:
        return word
    if phonemes.isascii():  # one stress mark tells them from an address
        phonemes = f"ˈ{phonemes}"
    return f"[{word}](/{phonemes[:190]}/)"


def pause_mark(seconds: float) -> str:
    """Returns the mark of a pause."""
    if seconds < 0.001:
        return ""
    return f"[pause:{min(seconds, MAX_PAUSE_S):.3f}".rstrip("0").rstrip(".") + "]"


def split_pauses(text: str) -> Iterator[str | float]:
    """Yields a text and the seconds of its pauses, in order."""
    end = 0
    for found in _PAUSE.finditer(text):
        yield text[end : found.start()]
        time = found["time"] or found["at"]
        scale = 0.001 if (found["unit"] or "").lower() == "ms" else 1.0
        yield min(float(time) * scale, MAX_PAUSE_S) if time else PLAIN_PAUSE_S
        end = found.end()
    yield text[end:]


def only_pronunciations(text: str) -> str:
    """Returns a text whose only square brackets are those of pronunciations.

    Kokoro has no sign for others: they become round ones. Of other links the words are kept.
    """
    kept, end = [], 0
    for found in PRONUNCIATION.finditer(text):
        kept += [_rounded(text[end : found.start()])]
        kept += [found[0] if is_pronunciation(found[2]) else found[1]]
        end = found.end()
    return "".join([*kept, _rounded(text[end:])])


def _rounded(text: str) -> str:
    return text.replace("[", "(").replace("]", ")")


def _pronounced(word: str, value: str) -> str | Pronounced:
    phonemes = _PHONEMES.fullmatch(value)
    if phonemes is not None and is_pronunciation(value):
        return Pronounced(word, phonemes=phonemes[1].strip())
    if _STRESS.fullmatch(value):
        return Pronounced(word, stress=min(max(float(value), -2.0), 2.0))
    return word


def _joined(parts: list[str | Pronounced]) -> list[str | Pronounced]:
    joined: list[str | Pronounced] = []
    for part in parts:
        before = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(before, str):
            joined[-1] = before + part
        elif part != "":
            joined.append(part)
    return joined
