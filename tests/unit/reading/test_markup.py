"""Kokoro's pronunciations, and pauses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvoicewalk.reading.markup import (
    Pronounced,
    is_pronunciation,
    only_pronunciations,
    pause_mark,
    pronounced,
    split_pauses,
    split_pronounced,
)


def test_pronunciations_stress_and_addresses_are_told_apart():
    text = "[Misaki](/misˈɑki/) is the [best](+2), [not](-0.5) [docs](/docs/) [84](#a#) [a [b](c)"
    assert split_pronounced(text) == [
        Pronounced("Misaki", "misˈɑki"),
        " is the ",
        Pronounced("best", stress=2.0),
        ", ",
        Pronounced("not", stress=-0.5),
        " docs 84 [a b",
    ]
    assert split_pronounced("plain") == ["plain"]
    assert [is_pronunciation(one) for one in ("/ˈA/", "+1", "0.5", "#x#")] == [True] * 4
    assert not any(map(is_pronunciation, ("/docs/", "https://a.b", "", "//", "/ˈA", "x+1")))


def test_only_pronunciations_keep_their_square_brackets():
    text = "[sic] [Misaki](/misˈɑki/) [site](https://a.b) [1]"
    assert only_pronunciations(text) == "(sic) [Misaki](/misˈɑki/) site (1)"


def test_an_international_spelling_becomes_kokoros():
    assert pronounced("world", "ˈwɜːld") == "[world](/ˈwɜːld/)"
    assert pronounced("eight [x]", "eɪt") == "[eight x](/ˈAt/)"  # a mark tells it from an address
    assert pronounced("judge", "d͡ʒʌdʒ.") == "[judge](/ʤʌʤ/)"
    assert pronounced("word", "") == "word"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hello. [pause:1.1] On. @1.5 And on.", ["Hello. ", 1.1, " On. ", 1.5, " And on."]),
        ("[pause=0.5]", ["", 0.5, ""]),
        ("[[pause 500ms]] a [PAUSE] b [pause: 2s]", ["", 0.5, " a ", 0.5, " b ", 2.0, ""]),
        ("ten at @1.5 each, [pausing]", ["ten at @1.5 each, [pausing]"]),
        ("[pause](/pˈɔz/) it", ["[pause](/pˈɔz/) it"]),
        ("[pause:99999]", ["", 60.0, ""]),
    ],
)  # fmt: skip
def test_pauses(text, parts):
    assert list(split_pauses(text)) == parts


@settings(deadline=None)
@given(st.floats(0, 1e6))
def test_a_mark_is_read_back(seconds):
    found = [part for part in split_pauses(pause_mark(seconds)) if isinstance(part, float)]
    assert sum(found) == pytest.approx(min(seconds, 60.0), abs=1e-3, rel=1e-5)


@settings(deadline=None)
@given(st.text(alphabet="ab[]()/ˈ+1:# pause"))
def test_any_brackets_lose_no_words(text):
    letters = [sign for sign in text if sign in "ab"]
    parts = split_pronounced(only_pronunciations(text))
    said = "".join(part if isinstance(part, str) else part.text for part in parts)
    assert len([sign for sign in said if sign in "ab"]) <= len(letters)
    assert "[" not in said
