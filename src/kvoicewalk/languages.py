"""The languages that Kokoro speaks, once.

A language's letter is the first of its stock voices' names. Source: hexgrad/kokoro
kokoro/pipeline.py.
"""

from dataclasses import dataclass

DEFAULT_LANG = "a"


@dataclass(frozen=True)
class Language:
    """One language.

    Attributes:
        name: for people.
        texts: its code, which Whisper has, too; the file of its texts in `texts/`.
        espeak: espeak-ng's name of it; "" where another front end is needed.
        misaki_extra: the extra of misaki that has that front end; "" where espeak serves.
    """

    name: str
    texts: str
    espeak: str = ""
    misaki_extra: str = ""


LANGUAGES = {
    "a": Language("American English", "en", espeak="en-us"),
    "b": Language("British English", "en", espeak="en-gb"),
    "e": Language("Spanish", "es", espeak="es"),
    "f": Language("French", "fr", espeak="fr-fr"),
    "h": Language("Hindi", "hi", espeak="hi"),
    "i": Language("Italian", "it", espeak="it"),
    "j": Language("Japanese", "ja", misaki_extra="ja"),
    "p": Language("Brazilian Portuguese", "pt", espeak="pt-br"),
    "z": Language("Mandarin Chinese", "zh", misaki_extra="zh"),
}
LETTERS = "".join(LANGUAGES)
ENGLISH = "ab"


def is_same(one: str, other: str) -> bool:
    """Tells whether two letters are one language, whatever the accent."""
    return LANGUAGES[one].texts == LANGUAGES[other].texts


def letter_of(name: str) -> str | None:
    """Returns the letter of a language by its letter, code or English name; None for others.

    English is American: `e` is Spanish, `en` and `english` are `a`.
    """
    wanted = name.strip().lower()
    if wanted in LANGUAGES:
        return wanted
    for letter, one in LANGUAGES.items():
        if wanted in (one.texts, *one.name.lower().split(), one.name.lower()):
            return letter
    return None
