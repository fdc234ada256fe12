"""What the figures are said to mean."""

import pytest

from kvoicewalk.held_out import HeldOut, LengthFigures, SpeechFacts
from kvoicewalk.judges import Reading
from kvoicewalk.texts import HELD_OUT_LENGTHS
from kvoicewalk.verdict import Standing, floor_verdict, judge_standing

LENGTHS = HELD_OUT_LENGTHS
FLOOR, CEILING = 0.70, 0.90


USUAL = SpeechFacts(0.0, 0.2, 60.0)


def figures(values, facts=USUAL):
    values = [values] * len(LENGTHS) if isinstance(values, float) else values
    by_length = tuple(LengthFigures(n, v, 0.9) for n, v in zip(LENGTHS, values, strict=True))
    return HeldOut(sum(values) / len(values), 0.0, 0.9, by_length, 70.0, facts)


def verdict(values, searched=None, ceiling=CEILING, readings=(), **more):
    found = figures(values, **more)
    searched = found.target_similarity if searched is None else searched
    floor = figures(FLOOR)
    standing = Standing(found, floor, "af_x", ceiling, searched, FLOOR)
    return judge_standing(standing, readings)


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        (0.89, "like", "sounds like the target on every length: 95% of the gap closed."),
        (0.95, "like", "sounds like the target on every length: 100% of the gap closed."),
        ([0.75, 0.9, 0.9, 0.9, 0.9], "uneven", "not on every length"),
        (0.78, "partly", "closer to the target, not there yet: 40% of the gap closed"),
        (0.8497, "partly", "closer to the target, not there yet: 74% of the gap closed"),
        (0.71, "no_closer", "no closer to the target than the stock voice af_x"),
        (0.60, "no_closer", "no closer"),
    ],
)
def test_kinds(values, kind, words):
    found = verdict(values)
    assert found.kind == kind
    assert words in found.words


def test_the_weakest_length_is_named():
    assert "texts of about 200 phonemes" in verdict([0.8, 0.8, 0.8, 0.72, 0.8]).words


def test_likeness_on_the_own_text_alone_is_overfitted():
    found = verdict(0.80, searched=0.92)
    assert found.kind == "overfitted"
    assert found.words == "overfitted: 0.92 on the search's text, 0.80 on new ones."
    assert verdict(0.80, searched=0.82).kind == "partly"


def test_a_text_that_the_floor_speaks_badly_is_no_overfitting():
    # Won: 0.2 on the search's text, 0.14 on new ones; but the voice itself is as good there.
    standing = Standing(figures(0.84), figures(FLOOR), "af_x", CEILING, 0.85, 0.65)
    assert standing.lost == pytest.approx(0.06)
    assert judge_standing(standing).kind == "partly"


def test_an_unknown_search_text_leaves_overfitting_open():
    standing = Standing(figures(0.89), figures(FLOOR), "af_x", CEILING)
    assert standing.lost is None
    assert judge_standing(standing).kind == "like"


@pytest.mark.parametrize(
    ("floor", "words"), [(0.88, "longer or cleaner recording"), (0.95, "as it is itself")]
)
def test_without_a_gap_nothing_can_be_told(floor, words):
    found = judge_standing(Standing(figures(0.89), figures(floor), "af_x", CEILING))
    assert found.kind == "untold"
    assert words in found.words


def test_a_recording_unlike_itself_tells_nothing():
    found = verdict(0.73, ceiling=0.74)
    assert found.kind == "untold"
    assert "only 0.74 like itself" in found.words


def test_what_closes_the_gap_on_new_texts_is_not_overfitted():
    assert verdict(0.87, searched=0.99).kind == "like"
    assert verdict(0.83, searched=0.99).kind == "overfitted"


def test_the_floor_is_named_as_what_it_is():
    assert "the floor" in floor_verdict().words


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (SpeechFacts(0.02, 0.2, 60.0), "it clips (2.0% of the samples)"),
        (SpeechFacts(0.0, 0.5, 60.0), "50% of it is silence"),
        (SpeechFacts(0.0, 0.2, 120.0), "it speaks 2.0 times as slowly as af_x"),
        (SpeechFacts(0.0, 0.2, 30.0), "it speaks 2.0 times as fast as af_x"),
    ],
)
def test_faults_are_named_beside_the_likeness(facts, words):
    found = verdict(0.89, facts=facts)
    assert found.kind == "like"
    assert words in found.words
    assert ";" not in verdict(0.89).words


@pytest.mark.parametrize(
    ("name", "value", "floor", "words"),
    [
        ("dnsmos", 2.9, 3.4, "it sounds less clean than af_x (DNSMOS 2.9, not 3.4)"),
        ("dnsmos", 3.11, 3.4, ""),
        ("dnsmos", 3.9, 3.4, ""),
        ("dnsmos", None, 3.4, ""),
        ("dnsmos", 2.9, None, ""),
        (
            "word_error", 0.25, 0.02,
            "it is harder to understand than af_x (25% of the words misheard, not 2%)",
        ),
        ("word_error", 0.11, 0.02, ""),
        ("word_error", 0.0, 0.5, ""),
        ("wavlm_sv", 0.1, 0.9, ""),
    ],
)  # fmt: skip
def test_what_second_judges_miss_is_named(name, value, floor, words):
    found = verdict(0.89, readings=[Reading(name, name, value, floor, None)])
    assert found.kind == "like"
    assert found.words == verdict(0.89).words.removesuffix(".") + f"; {words}" * bool(words) + "."
