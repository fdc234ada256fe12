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
        espeak: espeak-ng's name of it; "" where another front end is needed.
        misaki_extra: the extra of misaki that has that front end; "" where espeak serves.
    """

    name: str
    espeak: str = ""
    misaki_extra: str = ""


LANGUAGES = {
    "a": Language("American English", espeak="en-us"),
    "b": Language("British English", espeak="en-gb"),
    "e": Language("Spanish", espeak="es"),
    "f": Language("French", espeak="fr-fr"),
    "h": Language("Hindi", espeak="hi"),
    "i": Language("Italian", espeak="it"),
    "j": Language("Japanese", misaki_extra="ja"),
    "p": Language("Brazilian Portuguese", espeak="pt-br"),
    "z": Language("Mandarin Chinese", misaki_extra="zh"),
}
LETTERS = "".join(LANGUAGES)
ENGLISH = "ab"
