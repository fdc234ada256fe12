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
        texts: the file of its texts in `texts/`, without `.json`.
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
