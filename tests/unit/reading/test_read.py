"""A whole text → pieces."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvoicewalk.errors import SynthError
from kvoicewalk.reading import Pause, Speech, read
from kvoicewalk.reading.paragraphs import SENTENCE_S


def pieces(text, lang="a", **options):
    found = read(text, lang, pause_s=0.5, **options).pieces
    return [one.text if isinstance(one, Speech) else one.seconds for one in found]


def test_a_book_has_pauses_where_it_has_structure():
    text = (
        "CHAPTER I\n\nIn which nothing is settled.\n\nMr. Harrow had risen\nat 5:45 a.m.\n\n"
        "* * *\n\nThe well-\nknown road ran on."
    )
    assert pieces(text) == [
        *("CHAPTER I", 1.0, "In which nothing is settled.", 0.5),
        *("Mr. Harrow had risen at 5:45 a.m.", 1.5, "The well-known road ran on."),
    ]


def test_pauses_that_meet():
    assert pieces("One.\n\n[pause:2]\n\nTwo.") == ["One.", 2.0, "Two."]
    assert pieces("One.\n\n[pause:0.1]\n\nTwo.") == ["One.", 0.5, "Two."]
    assert pieces("One [pause:0.1] two.") == ["One", 0.1, "two."]
    assert pieces("One. [pause:1][pause:1] Two.") == ["One.", 2.0, "Two."]
    assert pieces("* * *\n\nOne.\n\n* * *") == ["One."]
    assert pieces("[pause:1] One. [pause:2]") == [1.0, "One.", 2.0]
    assert pieces("One.\n\n* * *\n\n***\n\nTwo.") == ["One.", 1.5, "Two."]
    assert pieces("...\n\nOne.") == ["One."]


def test_a_pause_is_never_shorter_than_between_sentences():
    between = (Speech("One."), Pause(SENTENCE_S), Speech("Two."))
    assert read("One.\n\nTwo.", "a", pause_s=0).pieces == between
    assert read("- One.\n- Two.", "a", pause_s=0.1).pieces == between
    long = "They all sat down on the grass, and waited for the boats. " * 6
    assert [one for one in pieces(long) if isinstance(one, float)] == [SENTENCE_S]


def test_plain_leaves_all_signs_but_paragraphs():
    text = "*One* [a](/ˈA/) <b> [pause:1]\n\n# Two 🎉"
    assert pieces(text, is_plain=True) == ["*One* [a](/ˈA/) <b> [pause:1]", 0.5, "# Two"]


def test_what_is_left_out_is_told_once():
    notes, warnings = [], []
    pieces("Hi 🎉🎉 你好\n\n```\nx\n```\n\n你好 🎉", note=notes.append, warn=warnings.append)
    assert notes == ["1 block of code left out.", "3 emoji left out."]
    assert len(warnings) == 1
    assert "'你好' left out" in warnings[0]


def test_lone_stops_are_no_speech():
    assert pieces("Title.\n4.\n.\n.\n.\nAnd now") == ["Title. 4. And now"]
    assert pieces("well . . . perhaps", "f") == ["well … perhaps"]
    assert pieces("One.\n\n...\n\nTwo.") == ["One.", 0.5, "Two."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "text is empty"),
        ("...", "nothing to speak in '...'; give"),
        ("🎉🎉", "nothing to speak but emoji"),
        ("你好，世界。", 'it is Chinese; speak it with lang="z"'),
        ("```\ncode\n```", "nothing to speak"),
    ],
)
def test_nothing_to_speak(text, words):
    with pytest.raises(SynthError, match=words):
        pieces(text)


@settings(deadline=None)
@given(st.text(), st.sampled_from("abefhijpz"), st.booleans())
def test_any_text_is_read_or_refused(text, lang, is_plain):
    try:
        reading = read(text, lang, pause_s=0.5, is_plain=is_plain)
    except SynthError:
        return
    speech = [one for one in reading.pieces if isinstance(one, Speech)]
    assert speech
    assert reading.n_characters == sum(len(one.text) for one in speech)
    assert all(any(map(str.isalnum, one.text)) for one in speech)
    assert all(one.seconds > 0 for one in reading.pieces if isinstance(one, Pause))


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abcdef ", min_size=1), min_size=1, max_size=6))
def test_plain_words_all_come_through_in_order(paragraphs):
    text = "\n\n".join(paragraphs)
    words = text.split()
    if not words:
        return
    spoken = [one.text for one in read(text, "a", pause_s=0.5).pieces if isinstance(one, Speech)]
    assert " ".join(spoken).split() == words
