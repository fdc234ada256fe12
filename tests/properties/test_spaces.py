"""What holds of every blend, every step and every space, whatever the numbers."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvoicewalk.config_file import dump_config, merge_config
from kvoicewalk.mutate import add_noise, blend
from kvoicewalk.search.space import describe_population, make_space
from kvoicewalk.voices import N_ROWS, PROSODY, STYLE_DIM, TIMBRE, Voice

seeds = st.integers(0, 2**32 - 1)
alphas = st.floats(-1.5, 1.5)


def rows(seed):
    return np.random.default_rng(seed).normal(0, 0.2, (6, 1, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def voices():
    rng = np.random.default_rng(0)
    return [
        Voice(f"v{n}", rng.normal(0, 0.2, (N_ROWS, 1, STYLE_DIM)).astype(np.float32))
        for n in range(7)
    ]


@given(seeds, seeds, alphas)
def test_a_blend_lies_on_the_line_and_knows_no_order(one, two, alpha):
    a, b = rows(one), rows(two)
    found = blend(a, b, alpha)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, blend(b, a, -alpha))
    middle = (a.astype(np.float64) + b) / 2
    np.testing.assert_allclose(found - middle, (a - middle) * alpha, atol=1e-6)
    np.testing.assert_array_equal(blend(a, b, 1.0), a)
    np.testing.assert_array_equal(blend(a, a, alpha), a)


@given(seeds, st.floats(0, 2), st.sampled_from([np.float32, np.float64]))
def test_a_step_is_as_long_as_asked_and_changes_nothing_else(seed, size, kind):
    values = rows(seed).astype(kind)
    spread = np.abs(rows(seed + 1)).astype(kind)
    spread[0] = 0
    before = values.copy()
    moved = add_noise(np.random.default_rng(seed), values, spread, size)
    np.testing.assert_array_equal(values, before)
    np.testing.assert_array_equal(moved[0], values[0])
    assert moved.dtype == kind
    unit = add_noise(np.random.default_rng(seed), np.zeros_like(values), spread, 1.0)
    np.testing.assert_allclose(moved - values, unit * kind(size), atol=1e-5)


@settings(deadline=None, max_examples=25)
@given(seed=seeds, kind=st.sampled_from(["shared", "pca"]), only=st.sampled_from([None, "timbre"]))
def test_all_text_lengths_move_together_and_a_locked_half_stays(voices, seed, kind, only):
    space = make_space(kind, voices[0], describe_population(voices), only)
    z = add_noise(np.random.default_rng(seed), space.start, space.unit, 0.5)
    moved = space.decode(z, "moved").rows.astype(np.float64) - voices[0].rows
    np.testing.assert_allclose(moved, np.broadcast_to(moved[0], moved.shape), atol=1e-6)
    assert np.abs(moved[:, :, TIMBRE]).max() > 0
    if only:
        np.testing.assert_array_equal(moved[:, :, PROSODY], 0.0)
    assert space.decode(space.start, "start") == voices[0]


@settings(deadline=None)
@given(
    params=st.sampled_from(["classic", "shared", "pca"]),
    steps=st.none() | st.integers(1, 10**6),
    minutes=st.none() | st.floats(0.01, 1e4),
    n_seeds=st.none() | st.integers(1, 9),
    names=st.lists(st.text(min_size=1), max_size=4),
)
def test_a_search_config_survives_being_written_down(params, steps, minutes, n_seeds, names):
    flags = {
        "walk": {"params": params, "n_steps": steps, "minutes": minutes, "n_seeds": n_seeds},
        "population": {"voices": names},
    }
    config = merge_config("walk", flags, None)
    again = merge_config("walk", {}, json.loads(json.dumps(dump_config(config))))
    assert again == config
    assert config.walk.n_seeds == (n_seeds or (1 if params == "classic" else 2))
