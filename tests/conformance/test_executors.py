"""What every executor must do, and that who hears changes no number."""

import itertools
from abc import ABC, abstractmethod
from collections import deque

import numpy as np
import pytest

from kvoicewalk.config import CmaConfig, GradientConfig, InterpolateConfig, RankConfig, WalkConfig
from kvoicewalk.errors import ModelError, WorkerError
from kvoicewalk.requests import LossSample, Request
from kvoicewalk.search.cma import CovarianceSearch
from kvoicewalk.search.gradient import GradientDescent
from kvoicewalk.search.islands import island_space
from kvoicewalk.search.loop import Island, begin, search
from kvoicewalk.search.random_walk import RandomWalk
from kvoicewalk.search.rank import rank
from kvoicewalk.search.space import describe_population, make_space
from kvoicewalk.search.sweep import interpolate
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice
from kvoicewalk.workers.bench import Bench
from kvoicewalk.workers.dispatch import Dispatcher, Done, Failed, Lost, Ready
from kvoicewalk.workers.messages import pack, unpack
from tests.fakes import Lessons, QuadraticEvaluator, StumblingEvaluator, alone, constant_voice
from tests.unit.test_evaluate import make_evaluator

VOICES = [constant_voice(f"v{level}", level / 10) for level in range(10)]


@pytest.fixture(scope="module")
def voices():
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 0.14, (5, 1, 1, STYLE_DIM)).repeat(N_ROWS, axis=1)
    return [Voice(f"v{n}", one.astype(np.float32)) for n, one in enumerate(rows)]


class ShuffledFleet:
    """Workers of one process that finish in another order than they began, and may die."""

    def __init__(self, make_bench, n_workers, seed=0, dies=lambda n: False, errors=()):
        self.n_workers, self.n_ended = n_workers, 0
        self._make, self._rng, self._dies = make_bench, np.random.default_rng(seed), dies
        self._reports = deque(Ready(k, "same") for k in range(n_workers))
        self._reports.extend(errors)
        self._benches = {k: make_bench() for k in range(n_workers)}
        self._in_hand = []
        self.n_sent = 0
        self.space = None

    def send(self, worker, task):
        self.n_sent += 1
        self._in_hand.append((worker, task.number, pack(task, self.space is not None)))

    def wait(self):
        if self._reports:
            return [self._reports.popleft()]
        assert self._in_hand, "waits for nobody"
        worker, number, parcel = self._in_hand.pop(int(self._rng.integers(len(self._in_hand))))
        self.n_ended += 1
        if self._dies(self.n_ended):
            self._in_hand = [one for one in self._in_hand if one[0] != worker]
            return [Lost(worker)]
        reply = self._benches[worker].hear(unpack(parcel, self.space))
        return [Done(worker, number, reply, {"n_evaluations": 1})]

    def restart(self, worker):
        self._benches[worker] = self._make()
        self._reports.append(Ready(worker, "same"))

    def close(self):
        pass


class Counts:
    def __init__(self):
        self.n, self.told = 0, []

    def add(self, counts):
        self.n += counts["n_evaluations"]


def dispatcher(make_bench, n_workers=3, n_ahead=1, **more):
    counts = Counts()
    fleet = ShuffledFleet(make_bench, n_workers, **more)
    return Dispatcher(fleet, "same", counts.add, counts.told.append, n_ahead), fleet, counts


class ExecutorSuite(ABC):
    """Inherit, and make an executor of benches."""

    @abstractmethod
    def executor(self, make_bench): ...

    def test_replies_come_in_order(self):
        executor = self.executor(lambda: Bench(make_evaluator()))
        replies = list(executor.run(Request("score", voice) for voice in VOICES))
        assert [one.voice_name for one in replies] == [voice.name for voice in VOICES]

    def test_runs_within_runs(self):
        executor = self.executor(lambda: Bench(make_evaluator()))
        names = []
        for reply in executor.run(Request("score", voice) for voice in VOICES[:4]):
            inner = executor.run([Request("score", VOICES[5]), Request("compare", VOICES[6])])
            names.append((reply.voice_name, next(inner).voice_name, type(next(inner))))
        assert names == [(voice.name, "v5", float) for voice in VOICES[:4]]

    def test_a_caller_may_stop_early(self):
        executor = self.executor(lambda: Bench(make_evaluator()))
        first = list(itertools.islice(executor.run(Request("score", v) for v in VOICES), 2))
        assert [one.voice_name for one in first] == ["v0", "v1"]
        (again,) = executor.run([Request("score", VOICES[9])])
        assert again.voice_name == "v9"

    def test_nothing_to_hear(self):
        assert list(self.executor(lambda: Bench(make_evaluator())).run([])) == []

    def test_a_mute_voice_has_no_reply(self):
        mute = lambda: Bench(StumblingEvaluator(np.zeros(STYLE_DIM)))  # noqa: E731
        replies = list(self.executor(mute).run(Request("score", voice) for voice in VOICES))
        assert 0 < sum(one is None for one in replies) < len(VOICES)

    def test_a_ranking_is_the_same(self):
        config = RankConfig(n_finalists_min=2, screening_text="short")
        evaluator = make_evaluator()
        plain = list(rank(VOICES, evaluator, config, alone(make_evaluator())))
        mine = self.executor(lambda: Bench(make_evaluator()))
        assert list(rank(VOICES, evaluator, config, mine)) == plain

    def test_a_sweep_is_the_same(self, voices):
        make = self.quadratic(voices)
        config = InterpolateConfig()
        one, two = (
            [(s.pair, s.alpha, s.evaluation, s.outcome) for s in interpolate(voices, who, config)]
            for who in (alone(make()), self.executor(lambda: Bench(make())))
        )
        assert one == two

    @pytest.mark.parametrize("n_islands", [1, 3])
    @pytest.mark.parametrize("method", ["random", "cma", "gradient"])
    def test_a_search_is_the_same(self, method, n_islands, voices):
        make = self.quadratic(voices)
        teach = self.teach(voices)
        plain = self.search(method, n_islands, voices, alone(make(), teach))
        bench = lambda: Bench(make(), Lessons(teach))  # noqa: E731
        assert self.search(method, n_islands, voices, self.executor(bench)) == plain

    @staticmethod
    def search(method, n_islands, voices, executor):
        space = make_space("shared", voices[0], describe_population(voices))
        config = WalkConfig(method=method, n_steps=20, n_seeds=2, min_gain=0.0)
        islands = []
        for k in range(n_islands):
            own = island_space(space, k, 0)
            optimizer = {
                "random": lambda own=own, k=k: RandomWalk(own, config, k),
                "cma": lambda own=own, k=k: CovarianceSearch(own, CmaConfig(n_candidates=6), k),
                "gradient": lambda own=own, k=k: GradientDescent(
                    own, None, GradientConfig(n_lessons=5), 4, k
                ),
            }[method]()
            islands.append(Island(optimizer, begin(own, executor)))
        steps = search(islands, executor, config, batch_size=4)
        return [(s.number, s.island, s.evaluation, s.outcome, s.best_score) for s in steps]

    @staticmethod
    def quadratic(voices):
        optimum = voices[1].rows[0, 0].astype(np.float64)
        return lambda: QuadraticEvaluator(optimum, noise=0.5)

    @staticmethod
    def teach(voices):
        optimum = voices[1].rows[0, 0].astype(np.float64)

        def teach(voice, number, seed):
            gap = voice.rows.mean(axis=(0, 1)).astype(np.float64) - optimum
            luck = np.random.default_rng((seed, number)).normal(0, 0.05, gap.size)
            return LossSample(float(gap @ gap), 2 * gap + luck, {})

        return teach


class TestSerial(ExecutorSuite):
    def executor(self, make_bench):
        bench = make_bench()
        return alone(bench.evaluator, bench.loss and bench.loss.teach)


class TestThreeWorkers(ExecutorSuite):
    def executor(self, make_bench):
        return dispatcher(make_bench)[0]


class TestManyAhead(ExecutorSuite):
    def executor(self, make_bench):
        return dispatcher(make_bench, n_workers=2, n_ahead=3)[0]


class TestWorkersThatDie(ExecutorSuite):
    def executor(self, make_bench):
        return dispatcher(make_bench, n_ahead=2, dies=lambda n: n % 7 == 3)[0]


def test_each_reply_is_counted_once_however_many_workers_die():
    executor, fleet, counts = dispatcher(
        lambda: Bench(make_evaluator()), n_ahead=2, dies=lambda n: n % 5 == 2
    )
    assert len(list(executor.run(Request("score", voice) for voice in VOICES * 3))) == 30
    assert counts.n == 30
    assert executor.n_lost >= 5
    assert fleet.n_sent > 30
    assert set(counts.told) == {
        "a worker died and is replaced; what it was hearing is heard again."
    }


def test_what_a_caller_left_is_not_taken_for_a_reply_of_the_next():
    executor, _, counts = dispatcher(lambda: Bench(make_evaluator()))
    next(executor.run(Request("score", voice) for voice in VOICES))
    replies = list(executor.run(Request("score", voice) for voice in VOICES[::-1]))
    assert [one.voice_name for one in replies] == [voice.name for voice in VOICES[::-1]]
    assert 10 < counts.n < 20  # not all of the first run's


def test_workers_that_die_over_one_request_end_it():
    executor, *_ = dispatcher(lambda: Bench(make_evaluator()), dies=lambda n: True)
    with pytest.raises(
        WorkerError, match=r"died again and again .* most often the memory is too small"
    ):
        list(executor.run(Request("score", voice) for voice in VOICES))


def test_a_worker_that_cannot_load_says_why():
    error = ModelError("a worker has model a where the search began with b")
    executor, *_ = dispatcher(lambda: Bench(make_evaluator()), errors=[Failed(0, error)])
    with pytest.raises(ModelError, match="a worker has model a"):
        list(executor.run(Request("score", voice) for voice in VOICES))


def test_an_odd_worker_is_told_once():
    counts = Counts()
    fleet = ShuffledFleet(lambda: Bench(make_evaluator()), 3)
    executor = Dispatcher(fleet, "other", counts.add, counts.told.append)
    list(executor.run(Request("score", voice) for voice in VOICES))
    (told,) = counts.told
    assert "another device or other package versions" in told


def test_a_parcel_holds_a_place_instead_of_a_voice(voices_space):
    space, candidate = voices_space
    from kvoicewalk.workers.dispatch import Task

    request = Request("score", candidate, z=np.full(STYLE_DIM, 0.25), seed=3)
    small, large = (pack(Task(7, request), has_space) for has_space in (True, False))
    assert (small.rows, large.z) == (None, None)
    for parcel in (small, large):
        found = unpack(parcel, space)
        np.testing.assert_array_equal(found.voice.rows, candidate.rows)
        assert (found.stage, found.seed, found.voice.name) == ("score", 3, candidate.name)


@pytest.fixture
def voices_space():
    space = make_space("shared", VOICES[0], describe_population(VOICES))
    return space, space.decode(np.full(STYLE_DIM, 0.25), "step1")
