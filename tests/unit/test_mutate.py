"""Pure proposals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvoicewalk.mutate import add_noise, blend


def rows(level):
    return np.full((510, 1, 256), level, np.float32)


def test_noise_has_the_spread_asked_for():
    spread = np.array([0.0, 1.0, 3.0] * 5000)
    moved = add_noise(np.random.default_rng(0), np.ones(15_000), spread, 0.5)
    found = (moved - 1).reshape(-1, 3).std(axis=0)
    np.testing.assert_allclose(found, [0.0, 0.5, 1.5], rtol=0.03)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_noise_keeps_the_type_and_its_argument(kind):
    values = np.zeros((3, 2), kind)
    moved = add_noise(np.random.default_rng(0), values, np.ones((3, 2), kind), 0.1)
    assert moved.dtype == kind
    assert moved.shape == (3, 2)
    assert not values.any()


def test_same_generator_same_noise():
    one, two = (add_noise(np.random.default_rng(5), np.zeros(9), np.ones(9), 0.1) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_a_blends_ends_and_middle():
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(510, 1, 256)).astype(np.float32) for _ in range(2))
    np.testing.assert_array_equal(blend(a, b, 1.0), a)
    np.testing.assert_array_equal(blend(a, b, -1.0), b)
    np.testing.assert_allclose(blend(a, b, 0.0), (a + b) / 2, atol=1e-6)


@given(st.floats(-1.5, 1.5))
def test_a_blend_is_the_same_from_the_other_side(alpha):
    np.testing.assert_array_equal(
        blend(rows(0.3), rows(-1.0), alpha), blend(rows(-1.0), rows(0.3), -alpha)
    )
