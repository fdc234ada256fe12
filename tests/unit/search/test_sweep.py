"""Interpolation: the grid, the names, and how few tries find its best."""

import numpy as np
import pytest

from kvoicewalk.config import InterpolateConfig
from kvoicewalk.search.sweep import best_per_voice, blend_voices, grid, interpolate
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice
from tests.fakes import QuadraticEvaluator, StumblingEvaluator, alone, constant_voice

CONFIG = InterpolateConfig()


@pytest.fixture(scope="module")
def voices():
    rng = np.random.default_rng(0)
    return [
        Voice(f"v{n}", np.tile(rng.normal(0, 0.1, STYLE_DIM), (N_ROWS, 1, 1)).astype(np.float32))
        for n in range(10)
    ]


@pytest.fixture
def evaluator(voices):
    mixed = 0.7 * voices[2].rows[0, 0] + 0.3 * voices[6].rows[0, 0]
    return QuadraticEvaluator(mixed.astype(np.float64))


def test_the_grid_is_the_originals():
    found = grid(CONFIG)
    assert len(found) == 31
    assert (found[0], found[-1]) == (-1.5, 1.5)
    assert {-1.0, 0.0, 1.0} <= set(found)


def test_the_full_grid_hears_every_pair_everywhere(voices, evaluator):
    config = CONFIG.model_copy(update={"is_exhaustive": True})
    steps = list(interpolate(voices[:3], alone(evaluator), config))
    assert len(steps) == 3 * 31 == steps[0].n_total
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))


def test_coarse_to_fine_finds_the_grids_best_with_a_fifth_of_it(voices, evaluator):
    full = list(
        interpolate(voices, alone(evaluator), CONFIG.model_copy(update={"is_exhaustive": True}))
    )
    fast = list(interpolate(voices, alone(evaluator), CONFIG))
    assert len(full) == 45 * 31
    assert len(fast) <= len(full) / 5
    assert len(fast) <= fast[0].n_total
    best, found = (max(steps, key=lambda step: step.score) for steps in (full, fast))
    assert best.pair == found.pair == ("v2", "v6")
    assert found.score == pytest.approx(best.score, abs=0.2)


def test_names_say_how_a_blend_was_made():
    a, b = constant_voice("a", 1.0), constant_voice("b", 0.0)
    blended = blend_voices(a, b, 0.5)
    assert blended.name == "a:0.75,b:0.25"
    np.testing.assert_allclose(blended.rows, 0.75)
    assert blend_voices(a, b, 1.0) is a
    assert blend_voices(a, b, -1.0) is b
    assert blend_voices(a, b, 1.5).name == "a:1.25,b:-0.25"


def test_no_point_is_heard_twice(voices, evaluator):
    steps = list(interpolate(voices, alone(evaluator), CONFIG))
    points = [(step.pair, step.alpha) for step in steps]
    assert len(set(points)) == len(points)
    assert all(abs(alpha) <= CONFIG.max_alpha for _, alpha in points)


def test_the_first_step_and_each_better_one_is_the_best_so_far(voices, evaluator):
    best = 0.0
    for step in interpolate(voices, alone(evaluator), CONFIG):
        assert (step.outcome == "accepted") == (step.score > best)
        best = max(best, step.score)
        assert step.best_score == best


def test_the_best_of_each_voice_every_blend_once(voices, evaluator):
    steps = list(interpolate(voices, alone(evaluator), CONFIG))
    kept = best_per_voice(steps)
    assert len(kept) == len(voices) == len({step.voice.hash for step in kept})
    assert [step.score for step in kept] == sorted((s.score for s in kept), reverse=True)
    assert kept[0].score == max(step.score for step in steps)
    for voice in voices:
        own = max(step.score for step in steps if voice.name in step.pair)
        assert any(step.score == own for step in kept)


def test_a_blend_without_speech_ends_no_sweep(voices, evaluator):
    steps = list(interpolate(voices, alone(StumblingEvaluator(evaluator.optimum)), CONFIG))
    silent = [step for step in steps if step.outcome == "gated"]
    assert len(silent) > 10
    assert all(step.score == 0.0 for step in silent)
    assert len(best_per_voice(steps)) == len(voices)


@pytest.mark.parametrize("n_voices", [2, 3, 5])
def test_no_more_blends_than_promised(voices, evaluator, n_voices):
    steps = list(interpolate(voices[:n_voices], alone(evaluator), CONFIG))
    n_total = steps[0].n_total
    n_pairs = n_voices * (n_voices - 1) // 2
    assert len(steps) <= n_total <= n_pairs * 11
