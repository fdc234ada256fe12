"""The loop: budget, patience, gate, acceptance beyond noise; the original's walk, step by step."""

from dataclasses import replace

import numpy as np
import pytest

from kvoicewalk.config import WalkConfig
from kvoicewalk.search.base import Candidate
from kvoicewalk.search.loop import Island, begin, is_beyond_noise, judge, search
from kvoicewalk.search.random_walk import RandomWalk
from kvoicewalk.search.space import describe_population, make_space
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice
from tests.fakes import QuadraticEvaluator, StumblingEvaluator, alone

CLASSIC = WalkConfig(params="classic", n_steps=40)


@pytest.fixture(scope="module")
def voices():
    rng = np.random.default_rng(0)
    return [
        Voice(f"v{n}", rng.normal(0, 0.1, (N_ROWS, 1, STYLE_DIM)).astype(np.float32))
        for n in range(5)
    ]


@pytest.fixture
def evaluator(voices):
    return QuadraticEvaluator(voices[1].rows.mean(axis=(0, 1)).astype(np.float64))


def walk(voices, evaluator, config, seed=0, **more):
    space = make_space(config.params, voices[0], describe_population(voices))
    progress = begin(space, alone(evaluator))
    walker = RandomWalk(space, config, seed)
    steps = search([Island(walker, progress)], alone(evaluator), config, **more)
    return list(steps), progress


def originals_walk(voices, evaluator, n_steps, seed):
    """A straight transcription of the description in RobViren/kvoicewalk, kvoicewalk.py."""
    rng = np.random.Generator(np.random.PCG64(seed))
    std = np.stack([voice.rows for voice in voices]).std(axis=0, ddof=1)
    best = voices[0].rows
    first = evaluator.evaluate(voices[0])
    best_score, best_similarity = first.score.score, first.target_similarity
    accepted = []
    for _ in range(n_steps):
        diversity = rng.uniform(0.01, 0.15)
        noise = rng.standard_normal(best.size, dtype=np.float32).reshape(best.shape)
        rows = best + noise * np.float32(diversity) * std
        found = evaluator.evaluate(Voice("candidate", rows))
        passes = found.target_similarity > 0.98 * best_similarity
        accepted.append(passes and found.score.score > best_score)
        if accepted[-1]:
            best, best_score = rows, found.score.score
            best_similarity = found.target_similarity
    return accepted, best


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_classic_accepts_what_the_original_accepts(voices, evaluator, seed):
    steps, progress = walk(voices, evaluator, CLASSIC, seed)
    accepted, best = originals_walk(voices, evaluator, CLASSIC.n_steps, seed)
    assert [step.outcome == "accepted" for step in steps] == accepted
    assert 0 < sum(accepted) < len(accepted)
    np.testing.assert_array_equal(progress.incumbent.voice.rows, best)


def test_stops_when_nothing_improves(voices, evaluator):
    optimum = QuadraticEvaluator(voices[0].rows.mean(axis=(0, 1)).astype(np.float64))
    config = CLASSIC.model_copy(update={"patience": 7})
    steps, _ = walk(voices, optimum, config)
    assert len(steps) == 7


def test_stops_when_the_time_is_over(voices, evaluator):
    times_s = iter(range(0, 10_000, 20))
    config = CLASSIC.model_copy(update={"n_steps": None, "minutes": 2.0})
    steps, progress = walk(voices, evaluator, config, clock=lambda: next(times_s))
    assert len(steps) == 6
    assert progress.used_s == 120.0


def test_a_step_that_would_end_far_too_late_is_not_begun(voices, evaluator):
    times_s = iter(range(0, 10_000, 50))
    config = CLASSIC.model_copy(update={"n_steps": None, "minutes": 2.0})
    steps, progress = walk(voices, evaluator, config, clock=lambda: next(times_s))
    assert (len(steps), progress.used_s) == (2, 100.0)


def test_without_a_budget_the_method_has_its_own_beside_minutes_none():
    assert WalkConfig().step_budget == 40
    assert WalkConfig(method="random").step_budget == 300
    assert WalkConfig(params="classic").step_budget == 300
    assert WalkConfig(minutes=1).step_budget is None
    assert WalkConfig(minutes=1, n_steps=7).step_budget == 7


def test_patience_outlives_an_interruption(voices):
    optimum = QuadraticEvaluator(voices[0].rows.mean(axis=(0, 1)).astype(np.float64))
    config = CLASSIC.model_copy(update={"patience": 7})
    space = make_space("classic", voices[0], describe_population(voices))
    island = Island(RandomWalk(space, config, 0), begin(space, alone(optimum)))
    first = next(search([island], alone(optimum), config))
    rest = list(search([island], alone(optimum), config))
    assert [step.number for step in (first, *rest)] == list(range(1, 8))


def test_the_gate_spares_the_second_text(voices, evaluator):
    config = CLASSIC.model_copy(update={"gate_share": 1.0})
    steps, _ = walk(voices, evaluator, config)
    gated = [step for step in steps if step.outcome == "gated"]
    assert gated
    assert all(step.evaluation.score is None for step in gated)


class Watched(QuadraticEvaluator):
    """Keeps what a walk's gates were and what was heard at them; likeness falls off steeply."""

    def __init__(self, optimum):
        super().__init__(optimum)
        self.looks = []

    def _similarity(self, voice):
        squared = 1 / super()._similarity(voice) - 1
        return 1 / (1 + 1e3 * squared)

    def evaluate(self, voice, gate=None, seed=None):
        found = super().evaluate(voice, gate, seed)
        if gate is not None:
            self.looks.append((gate, self.glance(voice), found))
        return found


def test_a_glance_is_compared_with_the_incumbents_of_as_many_windows(voices, evaluator):
    watched = Watched(evaluator.optimum)
    config = WalkConfig(method="random", params="shared", n_steps=200, n_seeds=1)
    walk(voices, watched, config)
    assert len({gate.min_glance for gate, _, _ in watched.looks}) > 1  # it follows the incumbent
    n_closed = n_other = 0
    for gate, glance, found in watched.looks:
        share = 2 * gate.min_glance.target_similarity / 0.995
        assert share == pytest.approx(gate.min_target_similarity / 0.998)
        is_closed = found.target_similarity == glance.target_similarity
        n_closed += is_closed
        if glance.n_windows != gate.min_glance.n_windows:
            n_other += 1
            assert not is_closed
    assert n_closed > 10 < n_other


def test_the_classic_walk_takes_no_glance(voices, evaluator):
    watched = Watched(evaluator.optimum)
    walk(voices, watched, CLASSIC)
    assert {gate.min_glance for gate, _, _ in watched.looks} == {None}


@pytest.mark.parametrize(
    ("min_gain", "n_seeds", "outcome", "n_heard"),
    [(0.0, 2, "accepted", 2), (0.1, 2, "rejected", 0), (0.1, 1, "accepted", 0)],
    ids=["second seed", "too small", "one seed"],
)
def test_a_small_gain_is_not_worth_a_second_seed(
    voices, evaluator, min_gain, n_seeds, outcome, n_heard
):
    space = make_space("classic", voices[0], describe_population(voices))
    progress = begin(space, alone(evaluator))
    best = progress.incumbent
    gained = replace(
        progress.evaluation, score=replace(progress.evaluation.score, score=progress.score + 0.05)
    )
    evaluator.n_evaluations = 0
    config = CLASSIC.model_copy(update={"n_seeds": n_seeds, "min_gain": min_gain})
    better = Candidate(best.z, Voice("better", voices[1].rows))
    assert judge(better, gained, progress, alone(evaluator), config)[1] == outcome
    assert evaluator.n_evaluations == n_heard
    sure = config.model_copy(update={"sure_gain": 0.01})
    assert judge(better, gained, progress, alone(evaluator), sure)[1] == "accepted"
    no_luck = replace(better, is_lucky=False)
    assert judge(no_luck, gained, progress, alone(evaluator), config)[1] == "accepted"


@pytest.mark.parametrize(
    ("closer", "gain", "outcome"),
    [
        (0.1, -0.3, "accepted"),
        (0.1, -0.7, "rejected"),
        (-0.1, -0.3, "rejected"),
        (-0.1, 0.1, "accepted"),
    ],
)
def test_a_step_of_the_gradient_may_cost_a_little_where_it_is_closer(
    voices, evaluator, closer, gain, outcome
):
    progress = begin(
        make_space("classic", voices[0], describe_population(voices)), alone(evaluator)
    )
    before = progress.evaluation
    found = replace(
        before,
        target_similarity=before.target_similarity + closer,
        score=replace(before.score, score=before.score.score + gain),
    )
    step = replace(progress.incumbent, is_lucky=False)
    assert judge(step, found, progress, alone(evaluator), CLASSIC)[1] == outcome
    lucky = replace(step, is_lucky=True)
    assert gain > 0 or judge(lucky, found, progress, alone(evaluator), CLASSIC)[1] == "rejected"


@pytest.mark.parametrize(
    ("gains", "margin", "answer"),
    [
        ([0.1], 5.0, True),
        ([-0.1], 0.0, False),
        ([1.0, -0.9], 1.0, False),
        ([1.0, -0.9], 0.0, True),
        ([1.0, 0.9], 1.0, True),
        ([0.5, -0.6], 0.0, False),
    ],
)
def test_a_gain_must_exceed_its_own_noise(gains, margin, answer):
    assert is_beyond_noise(gains, margin) is answer


def test_luck_is_not_accepted_where_nothing_is_better(voices):
    # The true score is flat; all differences are noise of the seed.
    far = QuadraticEvaluator(np.full(STYLE_DIM, 100.0), noise=1.0)
    careful = CLASSIC.model_copy(update={"n_seeds": 4, "noise_margin": 2.0})
    n_lucky, n_careful = (
        sum(step.outcome == "accepted" for step in walk(voices, far, config)[0])
        for config in (CLASSIC, careful)
    )
    assert n_careful < n_lucky


def test_a_sure_gain_needs_no_second_seed(voices):
    far = QuadraticEvaluator(np.full(STYLE_DIM, 100.0), noise=1.0)
    careful = CLASSIC.model_copy(update={"n_seeds": 4, "noise_margin": 1e9})
    bold = careful.model_copy(update={"sure_gain": 1e-9})
    counts = [
        sum(step.outcome == "accepted" for step in walk(voices, far, config)[0])
        for config in (careful, bold)
    ]
    assert counts[0] == 0 < counts[1]


def test_the_gate_is_the_originals_but_close_for_small_random_steps():
    assert WalkConfig(params="classic").gate == 0.98
    assert WalkConfig(method="auto").gate == 0.98
    assert WalkConfig(method="cma").gate == 0.98
    assert WalkConfig(method="random").gate == 0.998
    assert WalkConfig(method="random", gate_share=0.5).gate == 0.5
    assert WalkConfig(method="random").glance_gate == 0.995
    assert WalkConfig(method="random", gate_share=0.5).glance_gate is None
    assert WalkConfig(method="auto").glance_gate is None


def test_a_candidate_without_speech_ends_no_search(voices, evaluator):
    steps, _ = walk(voices, StumblingEvaluator(evaluator.optimum), CLASSIC)
    assert len(steps) == CLASSIC.n_steps
    silent = [step for step in steps if step.evaluation.target_similarity == 0.0]
    assert len(silent) > 10
    assert {step.outcome for step in silent} == {"gated"}
