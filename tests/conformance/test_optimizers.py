"""What every optimizer must do."""

import itertools
import json
from abc import ABC, abstractmethod

import numpy as np
import pytest

from kvoicewalk.config import CmaConfig, GradientConfig, WalkConfig
from kvoicewalk.errors import StoreError
from kvoicewalk.requests import LossSample
from kvoicewalk.search.base import Told
from kvoicewalk.search.cma import CovarianceSearch
from kvoicewalk.search.gradient import GradientDescent
from kvoicewalk.search.islands import island_space
from kvoicewalk.search.loop import Island, begin, best_of, search, study
from kvoicewalk.search.prior import fit_prior
from kvoicewalk.search.random_walk import RandomWalk
from kvoicewalk.search.space import describe_population, make_space
from kvoicewalk.search.staged import Staged
from kvoicewalk.store.checkpoint import dump_incumbent, dump_state, restore
from kvoicewalk.store.results import step_row
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice
from tests.fakes import QuadraticEvaluator, alone

N_STEPS = 60


@pytest.fixture(scope="module")
def voices():
    rng = np.random.default_rng(0)
    return [
        Voice(
            f"v{n}",
            np.broadcast_to(rng.normal(0, 0.14, STYLE_DIM), (N_ROWS, 1, STYLE_DIM)).astype(
                np.float32
            ),
        )
        for n in range(6)
    ]


def kept(step):
    """Returns a step as it comes back from the run's rows."""
    return json.loads(json.dumps(step_row(step.number, step.evaluation, step.outcome).dump()))


class OptimizerSuite(ABC):
    """Inherit, and make an optimizer on a space."""

    config = WalkConfig(n_steps=N_STEPS, n_seeds=1, gate_share=0.0)

    @abstractmethod
    def make(self, space, seed): ...

    @pytest.fixture
    def space(self, voices):
        return make_space("shared", voices[0], describe_population(voices))

    @pytest.fixture
    def evaluator(self, voices):
        return QuadraticEvaluator(voices[1].rows[0, 0].astype(np.float64))

    def executor(self, evaluator):
        return alone(evaluator)

    def island(self, space, evaluator, seed=0):
        return Island(self.make(space, seed), begin(space, self.executor(evaluator)))

    def search(self, islands, evaluator, **more):
        return search(islands, self.executor(evaluator), self.config, **more)

    def run(self, space, evaluator, seed=0, **more):
        island = self.island(space, evaluator, seed)
        return list(self.search([island], evaluator, **more)), island.progress

    def resume(self, space, optimizer, progress, steps, seed=999):
        """Returns an island as it comes back from a run's rows."""
        saved = json.loads(json.dumps(dump_state(optimizer, progress)))
        incumbent = json.loads(json.dumps(dump_incumbent(progress)))
        again = self.make(space, seed)
        return Island(again, restore(again, space, saved, incumbent, list(map(kept, steps))))

    def test_keeps_the_budget(self, space, evaluator):
        steps, _ = self.run(space, evaluator)
        assert [step.number for step in steps] == list(range(1, N_STEPS + 1))
        assert evaluator.n_evaluations == N_STEPS + 1

    def test_same_seed_same_steps_other_seed_others(self, space, evaluator):
        one, two, three = (self.run(space, evaluator, seed)[0] for seed in (0, 0, 1))
        assert [s.evaluation for s in one] == [s.evaluation for s in two]
        assert [s.evaluation for s in one] != [s.evaluation for s in three]

    def test_improves_a_quadratic(self, space, evaluator):
        steps, progress = self.run(space, evaluator)
        before = evaluator.evaluate(space.decode(space.start, "start")).score.score
        assert progress.score > before
        assert steps[-1].best_score == progress.score
        scores = [step.best_score for step in steps]
        assert scores == sorted(scores)

    @pytest.mark.parametrize("batch_size", [1, 7])
    def test_goes_on_from_its_state_as_if_never_stopped(self, space, evaluator, batch_size):
        whole, _ = self.run(space, evaluator, batch_size=batch_size)
        island, parts = self.island(space, evaluator), []
        for step in self.search([island], evaluator, batch_size=batch_size):
            parts.append(step)
            if step.is_checkpoint and step.number >= 25:
                break
        progress = island.progress
        resumed = self.resume(space, island.optimizer, progress, parts)
        np.testing.assert_array_equal(resumed.progress.incumbent.z, progress.incumbent.z)
        assert resumed.progress.incumbent.voice == progress.incumbent.voice
        assert resumed.progress.evaluation == progress.evaluation
        assert resumed.progress.number == progress.number
        parts += self.search([resumed], evaluator, batch_size=batch_size)
        assert [s.evaluation for s in parts] == [s.evaluation for s in whole]

    def test_a_batch_is_proposed_at_once(self, space, evaluator):
        optimizer = self.make(space, 0)
        study([optimizer], self.executor(evaluator))
        names = [one.voice.name for one in optimizer.ask(5)]
        assert 1 <= len(names) <= 5
        assert names == [f"step{k + 1}" for k in range(len(names))]

    def test_islands_migrate_and_are_resumed(self, space, evaluator):
        spaces = [island_space(space, k, 0) for k in range(3)]

        def islands():
            return [
                Island(self.make(own, k), begin(own, self.executor(evaluator), str(k)))
                for k, own in enumerate(spaces)
            ]

        whole, parts = islands(), islands()
        steps = list(self.search(whole, evaluator, batch_size=2))
        assert len(steps) == 3 * N_STEPS
        assert best_of(whole).score == steps[-1].best_score
        seen = []
        for step in self.search(parts, evaluator, batch_size=2):
            seen.append(step)
            if step.is_checkpoint and step.number >= 70:
                break
        again = [
            self.resume(
                spaces[k], one.optimizer, one.progress, [s for s in seen if s.island == k], k
            )
            for k, one in enumerate(parts)
        ]
        seen += self.search(again, evaluator, batch_size=2)
        assert [s.evaluation for s in seen] == [s.evaluation for s in steps]

    def test_what_is_kept_at_each_step_does_not_grow(self, space, evaluator):
        island = self.island(space, evaluator)
        steps = self.search([island], evaluator)
        sizes = [len(json.dumps(island.optimizer.state())) for _ in steps]
        assert sizes[-1] <= 1.1 * sizes[N_STEPS // 2]

    def test_refuses_steps_that_are_not_all_there(self, space, evaluator):
        island = self.island(space, evaluator)
        steps = list(itertools.islice(self.search([island], evaluator), 5))
        with pytest.raises(StoreError, match=r"4 steps where 5 were expected.*start anew"):
            self.resume(space, island.optimizer, island.progress, steps[1:])

    def test_never_changes_what_it_is_given(self, space, evaluator):
        optimizer = self.make(space, 0)
        study([optimizer], self.executor(evaluator))
        (candidate,) = optimizer.ask(1)
        before = candidate.z.copy()
        optimizer.tell([Told(candidate, 1.0, is_accepted=True)])
        study([optimizer], self.executor(evaluator))
        optimizer.ask(1)
        np.testing.assert_array_equal(candidate.z, before)


class TestFixedWalk(OptimizerSuite):
    config = WalkConfig(n_steps=N_STEPS, n_seeds=1, gate_share=0.0, is_adaptive=False)

    def make(self, space, seed):
        return RandomWalk(space, self.config, seed)


class TestAdaptiveWalk(OptimizerSuite):
    config = WalkConfig(n_steps=N_STEPS, n_seeds=1, gate_share=0.0, is_adaptive=True)

    def make(self, space, seed):
        return RandomWalk(space, self.config, seed)


class TestClassicWalk(TestFixedWalk):
    @pytest.fixture
    def space(self, voices):
        return make_space("classic", voices[0], describe_population(voices))


class TestCma(OptimizerSuite):
    """In 256 dimensions: the diagonal alone."""

    cma = CmaConfig(n_candidates=8)

    def make(self, space, seed):
        return CovarianceSearch(space, self.cma, seed)


class TestCmaFullCovariance(TestCma):
    @pytest.fixture
    def space(self, voices):
        return LeadingComponents(make_space("pca", voices[0], describe_population(voices)))


class LeadingComponents:
    """The components alone: the rest is locked."""

    def __init__(self, space):
        self._space, self.start = space, space.start
        self.unit = space.unit * (np.arange(space.unit.size) < 5)

    def decode(self, z, name):
        return self._space.decode(z, name)


class TestGradient(OptimizerSuite):
    """On a quadratic's gradient, with noise that hangs on the number of the lesson alone."""

    kind = "shared"

    @pytest.fixture
    def space(self, voices):
        return make_space(self.kind, voices[0], describe_population(voices))

    def make(self, space, seed):
        return GradientDescent(space, self.prior, GradientConfig(n_lessons=2), seed=seed)

    def executor(self, evaluator):
        return alone(evaluator, self.teach)

    @pytest.fixture(autouse=True)
    def _know(self, voices):
        self.optimum = voices[1].rows[0, 0].astype(np.float64)
        self.prior = fit_prior(describe_population(voices).row_means)

    def teach(self, voice, number, seed):
        gap = voice.rows.mean(axis=(0, 1)).astype(np.float64) - self.optimum
        # 999: the suite's other seed, which only what was restored must not depend on.
        luck = np.random.default_rng((0 if seed == 999 else seed, number))
        return LossSample(float(gap @ gap), 2 * gap + luck.normal(0, 0.05, gap.size), {})


class TestRelay(TestGradient):
    """The gradient first, then a walk; the suite's stop at step 25 lies in the walk."""

    def make(self, space, seed):
        leader = super().make(space, seed)
        return Staged(leader, RandomWalk(space, self.config, seed), space.start, 15, 4)

    def test_hands_over_at_the_incumbent(self, space, evaluator):
        island = self.island(space, evaluator)
        relay = island.optimizer
        n_led = next(s.number for s in self.search([island], evaluator) if relay.is_second)
        assert n_led <= 15
        (candidate,) = relay.ask(1)
        gap = candidate.z - island.progress.incumbent.z
        assert 0 < np.abs(gap).max() < 2


class TestRelayToCma(TestGradient):
    """Resumed by the scores that the second was told, without those of the first."""

    def make(self, space, seed):
        polish = CovarianceSearch(space, CmaConfig(n_candidates=8), seed)
        return Staged(super().make(space, seed), polish, space.start, 15, 4)


class TestGradientOnComponents(TestGradient):
    kind = "pca"
