"""What a search moves."""

import numpy as np
import pytest

from kvoicewalk.errors import VoiceError
from kvoicewalk.search.space import describe_population, make_space
from kvoicewalk.voices import N_ROWS, PROSODY, STYLE_DIM, TIMBRE, Voice


@pytest.fixture(scope="module")
def voices():
    rng = np.random.default_rng(0)
    common = rng.normal(0, 0.05, (N_ROWS, 1, STYLE_DIM))
    return [
        Voice(f"v{n}", (common + rng.normal(0, 0.14, STYLE_DIM)).astype(np.float32))
        for n in range(12)
    ]


@pytest.fixture(scope="module")
def population(voices):
    return describe_population(voices)


@pytest.mark.parametrize("kind", ["classic", "shared", "pca"])
def test_the_start_is_the_base(kind, voices, population):
    space = make_space(kind, voices[3], population)
    assert space.start.shape == space.unit.shape
    np.testing.assert_allclose(space.decode(space.start, "x").rows, voices[3].rows, atol=1e-7)


def test_classic_moves_every_number_alone(voices, population):
    space = make_space("classic", voices[0], population)
    assert space.start.size == N_ROWS * STYLE_DIM
    z = space.start.copy()
    z[1000] += 1
    changed = space.decode(z, "x").rows != voices[0].rows
    assert changed.sum() == 1


@pytest.mark.parametrize("kind", ["shared", "pca"])
def test_all_rows_move_together(kind, voices, population):
    space = make_space(kind, voices[0], population)
    z = space.start + np.random.default_rng(1).normal(size=space.start.size) * space.unit
    offsets = space.decode(z, "x").rows - voices[0].rows
    np.testing.assert_allclose(offsets, np.broadcast_to(offsets[:1], offsets.shape), atol=1e-6)
    assert np.abs(offsets).max() > 0.05


def test_shared_is_in_units_of_the_spread(voices, population):
    space = make_space("shared", voices[0], population)
    z = np.zeros(STYLE_DIM)
    z[7] = 2.0
    moved = space.decode(z, "x").rows[0, 0, 7] - voices[0].rows[0, 0, 7]
    means = np.array([voice.rows[:, 0, 7].mean() for voice in voices])
    assert moved == pytest.approx(2 * means.std(ddof=1), rel=1e-4)


def test_components_reach_every_stock_voice(voices, population):
    space = make_space("pca", voices[0], population)
    n_kept = space.start.size - STYLE_DIM
    assert n_kept == len(voices) - 1
    gap = population.row_means[5] - population.row_means[0]
    basis = np.stack(
        [
            (space.decode(np.eye(space.start.size)[k], "x").rows - voices[0].rows)[0, 0]
            for k in range(n_kept)
        ]
    )
    weights, *_ = np.linalg.lstsq(basis.T.astype(np.float64), gap, rcond=None)
    np.testing.assert_allclose(weights @ basis, gap, atol=1e-5)


@pytest.mark.parametrize("kind", ["shared", "pca"])
@pytest.mark.parametrize(("only", "locked"), [("timbre", PROSODY), ("prosody", TIMBRE)])
def test_only_locks_the_other_half(kind, only, locked, voices, population):
    space = make_space(kind, voices[0], population, only)
    z = space.start + np.random.default_rng(1).normal(size=space.start.size) * space.unit
    moved = space.decode(z, "x").rows - voices[0].rows
    assert np.abs(moved[:, :, locked]).max() < 1e-6
    assert np.abs(moved).max() > 0.05


def test_what_cannot_be(voices, population):
    with pytest.raises(VoiceError, match='`only` works with params="shared" or "pca"'):
        make_space("classic", voices[0], population, "timbre")
    with pytest.raises(VoiceError, match="at least two"):
        describe_population(voices[:1])


@pytest.mark.parametrize("kind", ["shared", "pca"])
@pytest.mark.parametrize("only", [None, "timbre", "prosody"])
def test_pull_is_the_transpose_of_decodes_derivative(kind, only, voices, population):
    space = make_space(kind, voices[0], population, only)
    rng = np.random.default_rng(2)
    row_gradient = rng.normal(size=STYLE_DIM)
    pulled = space.pull(row_gradient)
    assert pulled.shape == space.start.shape
    assert pulled.dtype == np.float64
    at = space.start + rng.normal(size=space.start.size) * space.unit

    def loss(z):
        return space.decode(z, "x").rows[100, 0].astype(np.float64) @ row_gradient

    for _ in range(10):
        direction = rng.normal(size=at.size) * space.unit
        slope = (loss(at + direction) - loss(at - direction)) / 2
        assert slope == pytest.approx(pulled @ direction, rel=1e-4, abs=1e-5)
