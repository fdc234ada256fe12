"""SSML and HTML."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvoicewalk.reading.pieces import Block
from kvoicewalk.reading.ssml import is_ssml, read_ssml, read_tag


def read(text):
    notes = []
    return read_ssml(text, notes.append), notes


def test_breaks_become_pauses_and_the_rest_goes():
    text = '<speak>Hello <break time="1s"/> <emphasis>world</emphasis> &amp; all.</speak>'
    blocks, notes = read(text)
    assert is_ssml(text)
    assert blocks == [Block("Hello [pause:1] world & all.")]
    assert notes == ["SSML: <emphasis> changes nothing here; the words in it are spoken."]


def test_paragraphs_sentences_and_pronunciations():
    blocks, notes = read(
        '<?xml version="1.0"?>\n<speak version="1.1"><p><s>One</s><s>Two.</s></p>'
        '<p>Three <sub alias="World Wide Web">W3</sub> '
        '<say-as interpret-as="characters">SQL</say-as> '
        '<phoneme alphabet="ipa" ph="wˈɜːld">word</phoneme> <![CDATA[a < b]]></p>'
        "<metadata>no</metadata><!-- nor this --></speak>"
    )
    assert blocks == [
        Block("One. Two."),
        Block("Three World Wide Web S Q L [word](/wˈɜːld/) a < b"),
    ]
    assert notes == []


@pytest.mark.parametrize(
    ("tag", "pause"),
    [
        ('<break time="250ms"/>', "[pause:0.25]"),
        ('<break time="2s">', "[pause:2]"),
        ("<ssml:break strength='x-strong'/>", "[pause:1.25]"),
        ("<break/>", "[pause:0.75]"),
        ('<break strength="none"/>', ""),
        ('<break time="0ms"/>', ""),
        ('<break time="9999999s"/>', "[pause:0.75]"),
        ('<break time="99999s"/>', "[pause:60]"),
        ("<br>", " "),
        ("</b>", ""),
        ("<!-- x -->", ""),
    ],
)
def test_single_tags(tag, pause):
    assert read_tag(tag) == pause


def test_html_has_blocks_too():
    blocks, _ = read(
        "<h1>Title</h1><div>Hi <b>you</b><br>there</div><ul><li>a<li>b</ul><hr>"
        "<script>x()</script>z"
    )
    assert blocks == [
        Block("Title", "heading"),
        Block("Hi you there"),
        Block("a", "item"),
        Block("b", "item"),
        Block("", "scene"),
        Block("z"),
    ]
    assert not is_ssml("<p>Hi</p>")


@settings(deadline=None)
@given(st.text(alphabet='<>/!-[]&;="abspeakbreak CDT'))
def test_any_tags_are_taken(text):
    read(f"<speak>{text}")


@pytest.mark.parametrize(
    "text",
    ["<" * 200_000, "<a " * 100_000, "<!--" * 50_000, "<![CDATA[" * 50_000, "<s>x</s>" * 20_000],
)
def test_hostile_tags_take_no_time_that_grows_with_their_square(text):
    read(f"<speak>{text}")  # each takes minutes where it does
