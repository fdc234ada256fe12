"""The table of languages, and that nothing else has its own."""

from typing import get_args

import pytest

from kvoicewalk.cli.options import Lang
from kvoicewalk.config import SynthConfig
from kvoicewalk.languages import LANGUAGES, is_same, letter_of
from kvoicewalk.voices import voice_lang


def test_the_command_line_takes_the_tables_letters():
    assert set(get_args(Lang)) == set(LANGUAGES)


@pytest.mark.parametrize("letter", LANGUAGES)
def test_configs_and_names_of_voices_take_them_too(letter):
    assert SynthConfig(lang=letter).lang == letter
    assert voice_lang(f"{letter}f_somebody") == letter
    language = LANGUAGES[letter]
    assert bool(language.espeak) != bool(language.misaki_extra)


def test_other_letters_are_none():
    assert voice_lang("xf_somebody") is None
    with pytest.raises(ValueError, match="lang"):
        SynthConfig(lang="x")


@pytest.mark.parametrize(
    ("name", "letter"),
    [("e", "e"), ("es", "e"), ("Spanish", "e"), ("en", "a"), ("english", "a"), ("british", "b"),
     (" PT ", "p"), ("chinese", "z"), ("ja", "j"), ("de", None), ("", None), ("xx", None)],
)  # fmt: skip
def test_a_language_is_known_by_letter_code_and_name(name, letter):
    assert letter_of(name) == letter


def test_accents_are_one_language():
    assert is_same("a", "b")
    assert not is_same("a", "e")
