"""The weighted harmonic mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvoicewalk.config import ScoreConfig
from kvoicewalk.scoring.combine import combine, harmonic_score

WEIGHTS = ScoreConfig().weights
part = st.floats(0.0, 1.0)


# Published by RobViren/kvoicewalk: stock voice, interpolation, walk.
@pytest.mark.parametrize(
    ("parts", "score"),
    [((0.709, 0.978, 0.47), 81.22), ((0.780, 0.973, 0.34), 84.20), ((0.917, 0.971, 0.54), 92.99)],
)
def test_published_rows_come_out(parts, score):
    assert harmonic_score(parts, WEIGHTS) == pytest.approx(score, abs=0.05)


def test_equal_parts_are_their_own_mean():
    assert combine(0.7, 0.7, 0.7, WEIGHTS).score == pytest.approx(70.0)


@given(part, part, part, st.sampled_from([0, 1, 2]), st.floats(0.0, 1.0))
def test_better_parts_never_score_less(a, b, c, which, better):
    parts = [a, b, c]
    improved = list(parts)
    improved[which] = max(parts[which], better)
    assert harmonic_score(improved, WEIGHTS) >= harmonic_score(parts, WEIGHTS)


@given(part, part, part)
def test_score_lies_between_its_parts(a, b, c):
    score = harmonic_score((a, b, c), WEIGHTS)
    floor = 1e-6
    assert 100 * max(min(a, b, c), floor) <= score * (1 + 1e-9)
    assert score <= 100 * max(a, b, c, floor) * (1 + 1e-9)


def test_negative_part_scores_next_to_nothing():
    assert 0 < harmonic_score((-0.5, 0.9, 0.5), WEIGHTS) < 0.01


def test_a_weight_for_each_part():
    with pytest.raises(ValueError, match="2 similarities for 3 weights"):
        harmonic_score((0.5, 0.5), WEIGHTS)
