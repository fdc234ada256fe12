"""Pieces of a paragraph."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvoicewalk.reading.markup import PRONUNCIATION
from kvoicewalk.reading.sentences import LONGEST_CHARACTERS, _sentences, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four… Five", ["One.", "Two!", "Three?", "Four…", "Five"]),
        ("“One.” Two.", ["“One.”", "Two."]),
        ("Mr. Smith met Dr. Vane at No. 14.", ["Mr. Smith met Dr. Vane at No. 14."]),
        ("He lives in the U.S. They do not.", ["He lives in the U.S.", "They do not."]),
        ("J. R. R. Tolkien, e.g. here etc. and so.", ["J. R. R. Tolkien, e.g. here etc. and so."]),
        ("El Sr. García. La Sra. Paz.", ["El Sr. García.", "La Sra. Paz."]),
        ("It cost 3.50 then. it went on.", ["It cost 3.50 then. it went on."]),
        ("你好。世界！好", ["你好。", "世界！", "好"]),
        ("नमस्ते। ठीक।", ["नमस्ते।", "ठीक।"]),
        ("[a. b](/ˈA. b/) see. D", ["[a. b](/ˈA. b/) see.", "D"]),
    ],
)  # fmt: skip
def test_sentences(text, sentences):
    assert list(_sentences(text)) == sentences


def test_short_sentences_go_together_and_pieces_are_about_equal():
    assert split_sentences("One. Two. Three.", "a") == ["One. Two. Three."]
    sentence = "There was nothing to be done but to wait, and so they all sat down on the grass."
    pieces = split_sentences(" ".join([sentence] * 7), "a")
    assert [len(piece) // len(sentence) for piece in pieces] == [2, 3, 2]


def test_a_long_sentence_is_cut_at_a_clause():
    text = "it went on " * 30 + "and then; " + "it went on " * 30
    first, *_ = split_sentences(text.strip(), "a")
    assert first.endswith("and then;")
    assert all(len(one) <= 400 for one in split_sentences("a" * 3_000, "a"))
    assert all(len(one) <= 133 for one in split_sentences("好" * 3_000, "z"))


@settings(deadline=None)
@given(st.text(alphabet="ab .,;!?()[]/ˈ", max_size=1500), st.sampled_from("az"))
def test_no_sign_is_lost_and_no_mark_is_cut(text, lang):
    line = " ".join(text.split())
    pieces = split_sentences(line, lang)
    assert "".join("".join(pieces).split()) == "".join(line.split())
    assert all(piece.strip() == piece != "" for piece in pieces)
    whole = [found[0] for found in PRONUNCIATION.finditer(line)]
    kept = [found[0] for piece in pieces for found in PRONUNCIATION.finditer(piece)]
    assert kept == whole
    assert all(len(piece) <= LONGEST_CHARACTERS + 300 for piece in pieces)
