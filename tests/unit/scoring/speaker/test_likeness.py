"""Likeness on one scale: its anchors, its mean, and Resemblyzer's own cosine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvoicewalk.scoring.speaker.likeness import (
    SCORE_SCALE,
    joint_similarity,
    likeness,
    likeness_scales,
)

SCALES = likeness_scales()
COSINES = st.floats(-1, 1)


def test_the_scales_are_those_of_the_encoders_and_sane():
    assert list(SCALES) == ["resemblyzer", "campplus"]
    for scale in SCALES.values():
        assert -0.2 < scale.strangers < scale.same - 0.2 < 1


@pytest.mark.parametrize("name", SCALES)
def test_a_stranger_is_0_and_the_same_person_1(name):
    scale = SCALES[name]
    assert likeness({name: scale.strangers}) == 0
    assert likeness({name: scale.same}) == pytest.approx(1)
    assert scale.similarity(0.0) == scale.strangers
    assert scale.similarity(1.0) == pytest.approx(scale.same)
    assert scale.likeness(scale.similarity(0.37)) == pytest.approx(0.37)


def test_several_encoders_share_a_mean():
    one, other = SCALES["resemblyzer"], SCALES["campplus"]
    assert likeness({"resemblyzer": one.same, "campplus": other.strangers}) == pytest.approx(0.5)
    found = likeness({"resemblyzer": one.similarity(0.2), "campplus": other.similarity(0.8)})
    assert found == pytest.approx(0.5)


@given(COSINES)
def test_resemblyzer_alone_keeps_its_own_cosine_to_the_last_bit(value):
    assert joint_similarity({"resemblyzer": value}) == value


@given(st.dictionaries(st.sampled_from(sorted(SCALES)), COSINES, min_size=1))
def test_a_joint_similarity_is_a_likeness_on_resemblyzers_scale(similarities):
    found = joint_similarity(similarities)
    assert SCALES[SCORE_SCALE].likeness(found) == pytest.approx(likeness(similarities), abs=1e-9)


@given(
    st.fixed_dictionaries(dict.fromkeys(SCALES, COSINES)),
    st.sampled_from(sorted(SCALES)),
    st.floats(1e-6, 1),
)
def test_likeness_grows_with_each_encoder(similarities, name, more):
    better = {**similarities, name: similarities[name] + more}
    assert likeness(better) > likeness(similarities)
    assert joint_similarity(better) > joint_similarity(similarities)


def test_joined_scores_stay_about_the_scale_that_users_know():
    """The same person is as like as before, and so is a stranger."""
    for anchor in ("same", "strangers"):
        joined = joint_similarity({name: getattr(one, anchor) for name, one in SCALES.items()})
        assert joined == pytest.approx(getattr(SCALES["resemblyzer"], anchor))
    assert joint_similarity(dict.fromkeys(SCALES, 1.0)) < 1.05


def test_an_encoder_without_a_scale_is_an_error():
    with pytest.raises(KeyError):
        likeness({"unknown": 0.5})
