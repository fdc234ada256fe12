"""Markdown, and plain text, which is markdown too."""

import pytest

from kvoicewalk.reading import markdown
from kvoicewalk.reading.markdown import read_markdown
from kvoicewalk.reading.pieces import Block


def read(text):
    notes = []
    return read_markdown(text, notes.append), notes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("You *shouldn't* panic. It is **very** important, and _this_ too.",
         "You shouldn't panic. It is very important, and this too."),
        ("`code` and [a link](https://example.org/x?y=1) ![alt](x.png).", "code and a link alt."),
        ("[Misaki](/misˈɑki/) is the [best](+2).", "[Misaki](/misˈɑki/) is the [best](+2)."),
        ("[b](/wˈɜːd ðæt/) stays", "[b](/wˈɜːd ðæt/) stays"),
        ("2*3*4 and 5 * 6", "2 × 3 × 4 and 5 × 6"),
        ("snake_case_name, 1 < 2 & 3 &amp; 4", "snake_case_name, 1 < 2 & 3 & 4"),
        ("A <b>bold</b> <break time=\"2s\"/> b<br>c", "A bold [pause:2] b c"),
        ("a[^1] b", "a b"),
        ("Hello. [pause:1.1] On.", "Hello. [pause:1.1] On."),
        ("    indented verse", "indented verse"),
        ("-5 degrees", "-5 degrees"),
    ],
)  # fmt: skip
def test_signs_are_not_read(text, words):
    assert read(text) == ([Block(words)], [])


def test_structure_is_kept():
    blocks, notes = read(
        "# Title\n\n- first\n- [x] second\n  1. inner\n\n> quoted\n\n"
        "| a | b |\n|---|---|\n| 1 | |\n\n"
        "```py\nx = 1\n```\n\n* * *\n\nSetext\n===\n\nend\n\n#\n"
    )
    assert blocks == [
        Block("Title", "heading"),
        Block("first", "item"),
        Block("second", "item"),
        Block("1. inner", "item"),
        Block("quoted"),
        Block("a, b", "item"),
        Block("1", "item"),
        Block("", "scene"),
        Block("Setext", "heading"),
        Block("end"),
        Block("", "scene"),
    ]
    assert notes == ["1 block of code left out."]


def test_a_year_that_begins_a_line_is_no_list():
    blocks, _ = read("1986. A great summer.\n")
    assert blocks[0].text == "1986. A great summer."


@pytest.mark.parametrize("text", ["4.\n\nAnd now", "4.\n.\n.\nAnd now", "Chapter\n\n4.\n\nAnd now"])
def test_a_number_alone_is_a_chapter_not_an_empty_item(text):
    blocks, _ = read(text)
    assert blocks[-2] == Block("4.", "heading")
    assert blocks[-1].text.endswith("And now")


def test_dashes_under_a_long_paragraph_make_no_heading_of_it():
    assert read("word " * 60 + "\n---\nmore")[0][0].kind == "paragraph"


def test_a_long_text_is_parsed_in_parts_and_code_is_never_parted(monkeypatch):
    text = "# Title\n\n" + "- a\n- b\n\n" * 3 + "```\nx\n\ny\n\n# z\n```\n\nEnd.\n\n    verse"
    whole = read(text)
    monkeypatch.setattr(markdown, "PART_CHARACTERS", 10)
    assert read(text) == whole
    assert len(list(markdown._parts(text))) > 3


def test_a_fence_that_is_never_closed_hides_nothing():
    assert read("One.\n\n```\n\nTwo.\n\nThree.") == (
        [Block("One."), Block("Two."), Block("Three.")],
        [],
    )


def test_front_matter_is_no_text():
    assert read("---\ntitle: x\n---\nHello")[0] == [Block("Hello")]


def test_html_blocks_lose_their_tags():
    assert read("<div>\nHi <b>you</b>\n</div>\n\nEnd")[0] == [Block("Hi you"), Block("End")]
