"""Where voices lie: distance, percentile and gradient."""

import numpy as np
import pytest

from kvoicewalk.search.prior import fit_prior
from kvoicewalk.search.space import describe_population
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice, VoiceLibrary, mean_voice

N_AXES = 4


def make_row_means(n_voices, seed=0):
    """Voices spread along four axes, with a little in every other direction."""
    rng = np.random.default_rng(seed)
    axes = np.random.default_rng(99).normal(size=(N_AXES, STYLE_DIM)) / 2
    return rng.normal(size=(n_voices, N_AXES)) @ axes + rng.normal(0, 0.2, (n_voices, STYLE_DIM))


def flat_voice(row):
    return Voice("x", np.broadcast_to(row, (N_ROWS, 1, STYLE_DIM)).astype(np.float32))


def kokoro_voices(request):
    return list(
        VoiceLibrary.open(request.getfixturevalue("shared_data") / "kokoro-voices").load_all()
    )


def mini_voices(request):
    stock = request.getfixturevalue("mini_model").voices
    return [stock.load(name) for name in stock.names]


@pytest.fixture(params=[kokoro_voices, mini_voices], ids=["kokoro", "mini"])
def stock(request):
    return request.param(request)


def test_finds_the_axes_that_are_there():
    prior = fit_prior(make_row_means(60))
    assert prior.axes.shape == (prior.variances.size, STYLE_DIM)
    assert N_AXES <= len(prior.axes) <= 8
    np.testing.assert_allclose(prior.axes @ prior.axes.T, np.eye(len(prior.axes)), atol=1e-9)


def test_the_mean_is_nearest_and_a_left_out_voice_is_at_one(stock):
    prior = fit_prior(describe_population(stock).row_means)
    centre = mean_voice(stock, "mean")
    assert prior.value(centre) == pytest.approx(0.0, abs=1e-6)
    assert prior.percentile(centre) == 0.0
    assert np.median(prior.left_out) / prior.scale == 1.0


def test_percentiles_of_unseen_voices_are_spread_evenly(stock):
    """Were they told by a fit that saw them, nearly all would be near zero."""
    rows = describe_population(stock).row_means
    rng = np.random.default_rng(0)
    found = []
    for _ in range(8):
        order = rng.permutation(len(rows))
        n_seen = 3 * len(rows) // 4
        prior = fit_prior(rows[order[:n_seen]])
        found += [prior.percentile(flat_voice(rows[i])) for i in order[n_seen:]]
    assert 40 < np.mean(found) < 65
    low, high = np.percentile(found, (10, 90))
    assert low < 35
    assert high > 80


def test_a_voice_off_the_stock_is_stranger_than_all(stock):
    rows = describe_population(stock).row_means
    prior = fit_prior(rows)
    away = np.random.default_rng(0).normal(size=STYLE_DIM) * rows.std(axis=0, ddof=1)
    values = [prior.value(flat_voice(rows.mean(axis=0) + size * away)) for size in (0.5, 1, 2, 4)]
    assert values == sorted(values)
    assert values[2] / values[1] == pytest.approx(4.0, rel=1e-4)
    n = len(rows)
    assert prior.percentile(flat_voice(rows.mean(axis=0) + 4 * away)) == 100 * n / (n + 1)


def test_gradient_points_where_finite_differences_do(stock):
    prior = fit_prior(describe_population(stock).row_means)
    voice = stock[0]
    gradient = prior.gradient(voice)
    assert gradient.shape == (STYLE_DIM,)
    rng = np.random.default_rng(3)
    for _ in range(5):
        step = rng.normal(size=STYLE_DIM) * 0.01

        def moved(offset):
            return prior.value(Voice("x", (voice.rows + offset).astype(np.float32)))

        assert (moved(step) - moved(-step)) / 2 == pytest.approx(
            gradient @ step, rel=1e-3, abs=1e-5
        )


def test_too_few_voices_are_refused():
    with pytest.raises(ValueError, match="at least 4"):
        fit_prior(make_row_means(3))
