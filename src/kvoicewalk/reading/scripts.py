"""Letters of other scripts: found, left out, and told with the language that speaks them."""

import unicodedata

import regex

from kvoicewalk.errors import Atom, Message, Setting
from kvoicewalk.languages import LANGUAGES
from kvoicewalk.reading.markup import PRONUNCIATION
from kvoicewalk.reading.pieces import quoted

# Each language is written in Latin letters, too.
OWN = {
    "j": r"\p{Han}\p{Hiragana}\p{Katakana}ー",
    "z": r"\p{Han}\p{Bopomofo}",
    "h": r"\p{Devanagari}",
}
_ALWAYS = r"\p{Latin}\p{Common}\p{Inherited}"
_GREEK_LETTER = regex.compile(r"\p{Greek}")  # alone it is a sign: α, π, Ω
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")

# What people call a script, and the letters of the languages that are written in it.
_NAMES = (
    (regex.compile(r"\p{Han}"), "Chinese", ("z", "j")),
    (_KANA, "Japanese", ("j",)),
    (regex.compile(r"\p{Devanagari}"), "Hindi", ("h",)),
    (regex.compile(r"\p{Hangul}"), "Korean", ()),
)

Foreign = dict[str, list[str]]
"""Script → what was found of it."""


def drop_foreign(text: str, lang: str) -> tuple[str, Foreign]:
    """Returns a text without the letters that its language is not written in, and these.

    Args:
        text: on any number of lines; marked pronunciations are not looked at.
        lang: language letter.
    """
    if text.isascii():
        return text, {}
    own = OWN.get(lang, "")
    pattern = regex.compile(
        rf"[[\p{{L}}\p{{M}}ー]--[{_ALWAYS}--ー]{f'--[{own}]' if own else ''}]+", regex.VERSION1
    )
    is_japanese = _KANA.search(text) is not None
    found: Foreign = {}

    def drop(run: "regex.Match[str]") -> str:
        if len(run[0]) == 1 and _GREEK_LETTER.match(run[0]):
            return str(run[0])
        script = _name(run[0][0])
        script = "Japanese" if script == "Chinese" and is_japanese else script
        found.setdefault(script, []).append(run[0])
        return ""

    parts = regex.split(f"({PRONUNCIATION.pattern})", text)
    # Each pronunciation comes with its own two groups.
    plain = [pattern.sub(drop, part) for part in parts[::4]]
    kept = "".join(a + b for a, b in zip(plain, [*parts[1::4], ""], strict=True))
    return kept, found


def tell_foreign(found: Foreign, lang: str) -> list[Message]:
    """Returns a sentence for each script that was found: what it is, and who speaks it."""
    name = LANGUAGES[lang].name
    return [
        Message(f"{quoted(samples)} left out: {script}, not {name}", *_way(script))
        for script, samples in found.items()
    ]


def why_nothing(found: Foreign) -> tuple[Atom, ...]:
    """Returns why nothing of a text can be spoken, where other scripts are the reason."""
    script = next(iter(found))
    return (f": it is {script}", *_way(script))


def _way(script: str) -> tuple[Atom, ...]:
    langs = next((langs for _, name, langs in _NAMES if name == script), ())
    if not langs:
        return ("; no language of Kokoro reads it.",)
    return ("; speak it with ", Setting("lang", *langs), ".")


def _name(letter: str) -> str:
    for pattern, name, _ in _NAMES:
        if pattern.match(letter) or (letter == "ー" and name == "Japanese"):
            return name
    return unicodedata.name(letter, "another script").partition(" ")[0].capitalize()
