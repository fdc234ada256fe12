"""Mixes in the ways that people write them elsewhere."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices import meant_name, mix_voices, parse_mix, split_mix
from tests.fakes import constant_voice


@pytest.mark.parametrize(
    ("recipe", "parts"),
    [
        ("a+b", [("a", 1), ("b", 1)]),
        ("a + b", [("a", 1), ("b", 1)]),
        ("a(2)+b(1)", [("a", 2), ("b", 1)]),
        ("af_alder(2)+am_ash(1)", [("af_alder", 2), ("am_ash", 1)]),
        ("a(0.6) + b (0.4)", [("a", 0.6), ("b", 0.4)]),
        ("a:60,b:40", [("a", 60), ("b", 40)]),
        ("a:60%,b:40%", [("a", 0.6), ("b", 0.4)]),
        ("a*0.6+b*0.4", [("a", 0.6), ("b", 0.4)]),
        ("0.6*a + 0.4*b", [("a", 0.6), ("b", 0.4)]),
        ("a:0,7,b:0,3", [("a", 0.7), ("b", 0.3)]),
        ("a,b,c", [("a", 1), ("b", 1), ("c", 1)]),
        ("a:-0.5,b:1.5", [("a", -0.5), ("b", 1.5)]),
        ("af_bella+af_sky-am_adam", [("af_bella", 1), ("af_sky", 1), ("am_adam", -1)]),
        ("af_bella(2)-am_adam(0.5)", [("af_bella", 2), ("am_adam", -0.5)]),
        ("AF_Bella - AM_Adam*0.5", [("AF_Bella", 1), ("AM_Adam", -0.5)]),
        ("a-0.2*b", [("a", 1), ("b", -0.2)]),
        ("1e-3*a+b", [("a", 1e-3), ("b", 1)]),
        ("a*1e-3+b*1e+2", [("a", 1e-3), ("b", 100)]),
        ("a(-1)+b(2)", [("a", -1), ("b", 2)]),
        ("-a + b:2", [("a", -1), ("b", 2)]),
        ("out/2026-11-29-clone-x/best.pt+af_sky", [("out/2026-11-29-clone-x/best.pt", 1),
                                                   ("af_sky", 1)]),
        ("voices-v1.0.bin/af_sky:2,my-voice.pt", [("voices-v1.0.bin/af_sky", 2),
                                                  ("my-voice.pt", 1)]),
        ("a-b", [("a-b", 1)]),
        ("my voice (2).pt", [("my voice (2).pt", 1)]),
    ],
)  # fmt: skip
def test_ways_to_write_a_mix(recipe, parts):
    found = parse_mix(recipe)
    assert [name for name, _ in found] == [name for name, _ in parts]
    assert [weight for _, weight in found] == pytest.approx([weight for _, weight in parts])


@pytest.mark.parametrize(
    "recipe", ["", "+", "a+", "+b,", "a++b", "a,,b", ":1", "(2)", "a:", "a:x", "a:1:", "a:inf",
               "*2", "a:nan", "a+b:x", "a - "],
)  # fmt: skip
def test_what_is_no_mix(recipe):
    with pytest.raises(VoiceError, match="no part of a mix"):
        parse_mix(recipe)


def test_what_lies_on_disk_is_not_taken_apart():
    there = {"a+b.pt", "x,y.pt", "af_a-af_b"}
    assert [part.name for part in split_mix("a+b.pt:2,c", there.__contains__)] == ["a+b.pt", "c"]
    assert [part.name for part in split_mix("af_a-af_b", there.__contains__)] == ["af_a-af_b"]
    assert [part.name for part in split_mix("af_a-af_c", there.__contains__)] == ["af_a", "af_c"]


@given(
    st.lists(
        st.tuples(st.from_regex(r"[a-z][fm]_[a-z]{1,8}", fullmatch=True), st.floats(0.001, 1000)),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(["{}:{!r}", "{}({!r})", "{}*{!r}", "{} ( {!r} )"]),
    st.sampled_from([",", "+", " + ", ", "]),
)
def test_every_way_says_the_same(parts, form, between):
    recipe = between.join(form.format(name, weight) for name, weight in parts)
    assert parse_mix(recipe) == tuple(parts)


@given(st.text(alphabet="ab:,+-*().%1e _/", max_size=30))
def test_any_text_is_a_mix_or_a_clear_error(text):
    with contextlib.suppress(VoiceError):
        assert all(part.name for part in split_mix(text))


def test_a_mix_tells_what_was_odd_about_its_parts():
    from dataclasses import replace

    odd = replace(constant_voice("a", 0.1), notes=("a is odd",))
    assert mix_voices([(odd, 1), (odd, 1), (constant_voice("b", 0.1), 1)], "m").notes == (
        "a is odd",
    )


def test_case_of_names():
    assert meant_name("AF_Heart", ("af_heart",)) == "af_heart"
    assert meant_name("Mine", ("mine", "MINE")) == "Mine"
    assert meant_name("MINE", ("mine", "MINE")) == "MINE"
    assert meant_name("AF_Heart", ()) == "af_heart"
    assert meant_name("Other", ()) == "Other"
