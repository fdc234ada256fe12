"""Starts that cost no speech: a blend of prosody, a guess of timbre."""

import numpy as np
import pytest

from kvoicewalk.models.stock_table import TimbreMap, stock_table, timbre_map
from kvoicewalk.score.prosody import Prosody
from kvoicewalk.search.prior import fit_prior
from kvoicewalk.search.space import describe_population
from kvoicewalk.search.starts import (
    MAX_PERCENTILE,
    StockProsody,
    blend_prosody,
    guess_timbre,
    with_prosody,
)
from kvoicewalk.voices import PROSODY, TIMBRE, Voice

rng = np.random.default_rng(0)
ROWS = rng.normal(scale=0.15, size=(12, 1, 1, 256)) + rng.normal(scale=0.01, size=(12, 510, 1, 256))
VOICES = [Voice(f"v{i}", rows.astype(np.float32)) for i, rows in enumerate(ROWS)]
FIGURES = np.column_stack(
    [rng.uniform(78, 98, 12), rng.uniform(2.5, 7, 12), rng.uniform(0.05, 0.07, 12)]
)
STOCK = StockProsody(VOICES, FIGURES)
POPULATION = describe_population(VOICES)
PRIOR = fit_prior(POPULATION.row_means)


@pytest.mark.parametrize("pace_s", [None, 0.06])
def test_a_blend_comes_to_the_targets_pitch_and_range(pace_s):
    weights = blend_prosody(STOCK, Prosody(88.0, 4.5, pace_s))
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    assert weights @ FIGURES[:, 0] == pytest.approx(88, abs=0.5)
    assert weights @ FIGURES[:, 1] == pytest.approx(4.5, abs=0.5)
    if pace_s is not None:
        assert np.exp(weights @ np.log(FIGURES[:, 2])) == pytest.approx(pace_s, rel=0.05)


def test_beyond_all_voices_the_nearest_one_takes_most():
    weights = blend_prosody(STOCK, Prosody(FIGURES[:, 0].max() + 5, None, None))
    assert weights.argmax() == FIGURES[:, 0].argmax()


def test_without_a_pitch_there_is_no_blend():
    assert blend_prosody(STOCK, Prosody(None, None, 0.05)) is None


def test_a_blend_changes_the_prosody_half_alone():
    weights = np.zeros(12)
    weights[3] = weights[4] = 0.5
    found = with_prosody(VOICES[0], STOCK, weights)
    np.testing.assert_array_equal(found.rows[..., TIMBRE], VOICES[0].rows[..., TIMBRE])
    wanted = (VOICES[3].rows + VOICES[4].rows)[..., PROSODY] / 2
    np.testing.assert_allclose(found.rows[..., PROSODY], wanted, atol=1e-6)


@pytest.mark.parametrize("size", [0.01, 10.0])
def test_a_guess_lies_where_stock_voices_lie(size):
    weights = rng.normal(scale=size, size=(448, 128)).astype(np.float32)
    guess = TimbreMap(weights, np.zeros(448, np.float32))
    target = {
        "resemblyzer": np.full(256, 1 / 16, np.float32),
        "campplus": np.full(192, 192**-0.5, np.float32),
    }
    found = guess_timbre(guess, target, POPULATION, PRIOR)
    assert PRIOR.percentile(found) <= max(MAX_PERCENTILE, PRIOR.percentile(VOICES[0]))
    mean = POPULATION.mean
    np.testing.assert_array_equal(found.rows[..., PROSODY], mean[..., PROSODY])
    moved = (found.rows - mean)[:, 0, :128].astype(np.float64)
    assert np.abs(moved - moved.mean(axis=0)).max() < 1e-5  # every row by the same
    assert np.abs(moved).max() > 0


def test_the_map_is_linear_in_what_is_heard():
    found = timbre_map()
    assert found.weights.shape == (448, 128)
    heard = {"resemblyzer": found.mean[:256], "campplus": found.mean[256:]}
    np.testing.assert_allclose(found.timbre(heard), 0, atol=1e-9)


def test_the_table_has_all_of_kokoros_voices(shared_data):
    from kvoicewalk.voices import VoiceLibrary

    table = stock_table()
    hashes = {voice.hash for voice in VoiceLibrary.open(shared_data / "kokoro-voices").load_all()}
    assert hashes == set(table.rows)
    assert len(hashes) == 54
    for name, dimension in (("resemblyzer", 256), ("campplus", 192)):
        vectors = table.embeddings[name]
        assert vectors.shape == (54, dimension)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert table.prosody.shape == (54, 3)
