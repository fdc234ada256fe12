"""Text → phonemes: alphabet, languages, chunks."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvoicewalk.errors import SynthError
from kvoicewalk.phonemes import Phonemizer, clean_text, split_phonemes

CONFIG = Path(__file__).parents[1] / "data" / "kokoro-82m-config.json"
VOCAB = json.loads(CONFIG.read_text())["vocab"]


@pytest.fixture
def notes():
    return []


@pytest.fixture
def phonemizer(notes):
    return Phonemizer(VOCAB, notify=notes.append)


def test_english_in_kokoros_alphabet(phonemizer):
    found = phonemizer.phonemize("Hello, world!", "a")
    assert found.chunks == ("həlˈO, wˈɜːld!",)
    assert found.unknown == ()
    assert found.n_phonemes == len("həlˈO, wˈɜːld!")


def test_british_differs_from_american(phonemizer):
    words = "The bath water."
    assert phonemizer.phonemize(words, "a").chunks != phonemizer.phonemize(words, "b").chunks


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("e", "Hola, niño."),
        ("f", "Bonjour, ça va bien."),
        ("h", "नमस्ते दुनिया"),
        ("i", "Ciao, gli gnocchi."),
        ("p", "Olá, coração."),
    ],
)
def test_other_languages_speak(phonemizer, lang, text):
    found = phonemizer.phonemize(text, lang)
    assert found.n_phonemes >= 8
    assert found.unknown == ()


def test_a_missing_sound_is_reported_not_dropped_silently(phonemizer, notes):
    found = phonemizer.phonemize("¿Qué tal?", "e")
    assert found.unknown == ("¿",)
    assert any("U+00BF" in note for note in notes)


@pytest.mark.parametrize("lang", ["j", "z"])
def test_languages_that_need_an_extra_say_so(phonemizer, lang):
    with pytest.raises(SynthError, match=r"pip install 'misaki\[(ja|zh)\]'"):
        phonemizer.phonemize("hello", lang)


def test_unknown_language(phonemizer):
    with pytest.raises(SynthError, match="no such language"):
        phonemizer.phonemize("hello", "q")


@pytest.mark.parametrize("text", ["", "  \n\t ", "...", "\x00\x01"])
def test_nothing_to_speak(phonemizer, text):
    with pytest.raises(SynthError, match="word"):
        phonemizer.phonemize(text)


def test_a_text_too_long_is_refused():
    with pytest.raises(SynthError, match="Split it"):
        clean_text("a" * 100_001)


def test_same_text_is_phonemized_once(phonemizer):
    assert phonemizer.phonemize("Hello.") is phonemizer.phonemize("Hello.")


def test_a_plainer_front_end_is_said_once(phonemizer, notes):
    phonemizer.phonemize("One.")
    phonemizer.phonemize("Two.")
    assert sum("espeak" in note for note in notes) == 1


def test_long_text_is_cut_at_sentence_ends(phonemizer):
    text = "The quick brown fox jumps over the lazy dog near the river bank. " * 20
    chunks = phonemizer.phonemize(text).chunks
    assert len(chunks) > 1
    assert all(len(chunk) <= 510 and chunk.endswith(".") for chunk in chunks)


def test_cut_keeps_a_closing_quote_with_its_sentence():
    chunks = split_phonemes("aaa bbb.” ccc ddd.", limit=10)
    assert chunks == ("aaa bbb.”", "ccc ddd.")


def test_cut_prefers_comma_to_space():
    assert split_phonemes("aaa, bbb ccc", limit=9) == ("aaa,", "bbb ccc")


@given(st.text(alphabet="ab .,!?:;—…”)", min_size=1, max_size=300), st.integers(5, 60))
def test_cutting_loses_nothing_but_spaces(phonemes, limit):
    chunks = split_phonemes(phonemes, limit)
    assert "".join(chunks).replace(" ", "") == phonemes.replace(" ", "")
    assert all(0 < len(chunk) <= limit for chunk in chunks)


@given(st.text(max_size=60))
def test_any_text_speaks_or_says_why(text):
    try:
        found = Phonemizer(VOCAB).phonemize(text)
    except SynthError:
        return
    assert found.chunks
    assert all(len(chunk) <= 510 for chunk in found.chunks)


def test_a_model_made_with_espeak_says_nothing(notes):
    phonemizer = Phonemizer(VOCAB, "espeak", notes.append)
    assert phonemizer.phonemize("Hello.").chunks == ("həlˈO.",)
    assert not phonemizer.uses_misaki
    assert notes == []
