"""Pronunciations given in a text, where the front end is espeak."""

import pytest

from kvoicewalk.marked_phonemes import with_stress
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.texts import texts_of


@pytest.fixture(scope="module")
def phonemizer(mini_model):
    return Phonemizer(mini_model.vocab, "espeak")


def spoken(phonemizer, text, lang="a"):
    return " | ".join(phonemizer.phonemize_marked(text, lang).chunks)


def test_given_phonemes_are_spoken_and_the_sentence_around_them_is_whole(phonemizer):
    found = spoken(phonemizer, "[Misaki](/misˈɑki/) is a front end for [Kokoro](/kˈOkəɹO/) models.")
    assert found == "misˈɑki ɪz ɐ fɹˈʌnt ˈɛnd fɔːɹ kˈOkəɹO mˈɑːdəlz."
    assert spoken(phonemizer, "This is [Misaki](/misˈɑki/)'s.") == "ðɪs ɪz misˈɑkiz."
    # "the" is another one before a vowel
    assert spoken(phonemizer, "the [apple](/ˈæpᵊl/), the [pear](/pˈɛɹ/)") == "ðɪ ˈæpᵊl, ðə pˈɛɹ"


@pytest.mark.parametrize(
    ("text", "lang", "phonemes"),
    [
        ("Je dis [bonjour](/bɔ̃ʒˈuʁ/) à vous.", "f", "ʒə dˈi bɔ̃ʒˈuʁ a vˈu."),
        ("El [niño](/nˈiɲo/) come.", "e", "el nˈiɲo kˈome."),
        ("[a](/ˈA/)", "a", "ˈA"),
        ("[Zazuzazu](/ˈA/) Zazuzazu", "a", "ˈA zˌæzjuːzˈɑːzuː"),
        ("the [docs](/docs/) here", "a", "ðə dˈɑːks hˈɪɹ"),
        ("[was](+1) [best](-1)", "a", "wˌʌz bˌɛst"),
    ],
)
def test_other_languages_and_marks(phonemizer, text, lang, phonemes):
    assert spoken(phonemizer, text, lang) == phonemes


def test_nothing_to_speak_gives_no_chunk(phonemizer):
    assert phonemizer.phonemize_marked("...").chunks == ()


@pytest.mark.parametrize("lang", list("abefhip"))
def test_texts_without_marks_are_spoken_as_ever(phonemizer, lang):
    texts = texts_of(lang)
    for text in (texts.target, texts.probe, texts.screening):
        found = phonemizer.phonemize_marked(text, lang)
        assert found.chunks == phonemizer.phonemize(text, lang).chunks


def test_stress():
    assert with_stress("bˈɛst", -2) == "bɛst"
    assert with_stress("bˈɛstˌO", -1) == "bˌɛstO"
    assert with_stress("wʌz", 0.5) == "wˌʌz"
    assert with_stress("wʌz", 2) == "wˈʌz"
    assert with_stress("wˌʌz", 1) == "wˈʌz"
    assert with_stress("bˈɛst", 2) == "bˈɛst"
    assert with_stress("st", 2) == "st"
