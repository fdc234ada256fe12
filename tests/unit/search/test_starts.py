"""Starts that cost no speech: a blend of prosody, a guess of timbre."""

import numpy as np
import pytest

from kvoicewalk.models.stock_table import TimbreMap, stock_table, timbre_map
from kvoicewalk.scoring.prosody import Prosody
from kvoicewalk.search.prior import fit_prior
from kvoicewalk.search.space import describe_population
from kvoicewalk.search.starts import (
    MAX_PERCENTILE,
    StockProsody,
    blend_prosody,
    correct_timbre,
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


def a_map(size, encoders=("resemblyzer", "campplus")):
    weights = rng.normal(scale=size, size=(448, 128)).astype(np.float32)
    return TimbreMap(encoders, weights, np.zeros(448, np.float32))


def embeddings(resemblyzer=1.0, campplus=1.0):
    return {
        "resemblyzer": np.full(256, resemblyzer / 16, np.float32),
        "campplus": np.full(192, campplus * 192**-0.5, np.float32),
    }


@pytest.mark.parametrize("size", [0.01, 10.0])
def test_a_guess_lies_where_stock_voices_lie(size):
    found = guess_timbre(a_map(size), embeddings(), POPULATION, PRIOR)
    assert PRIOR.percentile(found) <= max(MAX_PERCENTILE, PRIOR.percentile(VOICES[0]))
    mean = POPULATION.mean
    np.testing.assert_array_equal(found.rows[..., PROSODY], mean[..., PROSODY])
    moved = (found.rows - mean)[:, 0, :128].astype(np.float64)
    assert np.abs(moved - moved.mean(axis=0)).max() < 1e-5  # every row by the same
    assert np.abs(moved).max() > 0


def test_a_correction_undoes_what_a_linear_voice_missed():
    """Where a voice is heard as a linear map of its timbre says, one correction is enough."""
    guess = a_map(0.002)
    wanted = guess_timbre(guess, embeddings(), POPULATION, PRIOR)
    first = guess_timbre(guess, embeddings(0.5, 0.2), POPULATION, PRIOR)
    found = correct_timbre(guess, first, embeddings(0.5, 0.2), embeddings(), PRIOR)
    assert np.abs(first.rows - wanted.rows).max() > 1e-4
    np.testing.assert_allclose(found.rows, wanted.rows, atol=1e-6)


def test_a_voice_that_is_heard_as_the_target_is_not_corrected():
    guess = a_map(0.01)
    found = correct_timbre(guess, VOICES[0], embeddings(), embeddings(), PRIOR)
    np.testing.assert_allclose(found.rows, VOICES[0].rows, atol=1e-6)


@pytest.mark.parametrize("size", [1.0, 10.0])
def test_a_correction_stays_where_stock_voices_lie(size):
    found = correct_timbre(a_map(size), VOICES[0], embeddings(0), embeddings(), PRIOR)
    assert PRIOR.percentile(found) <= MAX_PERCENTILE
    assert np.abs(found.rows - VOICES[0].rows)[..., TIMBRE].max() > 0.01
    np.testing.assert_array_equal(found.rows[..., PROSODY], VOICES[0].rows[..., PROSODY])


@pytest.mark.parametrize(
    ("encoders", "n_numbers"),
    [(("resemblyzer", "campplus"), 448), (("resemblyzer",), 256), (("campplus",), 192)],
)
def test_the_map_is_linear_in_what_is_heard(encoders, n_numbers):
    found = timbre_map(encoders)
    assert found.encoders == encoders
    assert found.weights.shape == (n_numbers, 128)
    means = np.split(found.mean, [256]) if len(encoders) > 1 else [found.mean]
    heard = dict(zip(encoders, means, strict=True))
    np.testing.assert_allclose(found.timbre(heard), 0, atol=1e-9)


def test_other_encoders_have_no_map():
    assert timbre_map(("ecapa",)) is None
    assert timbre_map(("resemblyzer", "ecapa")) is None
    assert timbre_map(("campplus", "resemblyzer")).encoders == ("resemblyzer", "campplus")


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
