"""What the conformance suite does not ask of CMA."""

import numpy as np
import pytest

from kvoicewalk.config import CmaConfig
from kvoicewalk.search.base import Told
from kvoicewalk.search.cma import CovarianceSearch
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice

N_DIMS = 6


class FewNumbers:
    """A small space around (1, …, 1) whose last dimension is locked."""

    def __init__(self):
        self.start = np.ones(N_DIMS)
        self.unit = np.r_[np.full(N_DIMS - 1, 0.5), 0.0]

    def decode(self, z, name):
        rows = np.zeros((N_ROWS, 1, STYLE_DIM), dtype=np.float32)
        rows[:, 0, :N_DIMS] = z
        return Voice(name, rows)


def bowl(z):
    return 100 - float(np.sum((z[:-1] - 3) ** 2 * np.array([1, 4, 9, 16, 25])))


def run(search, n_steps, score=bowl):
    return run_and_score(search, n_steps, score)[0]


def run_and_score(search, n_steps, score=bowl):
    """Returns the points that were asked for, (n_steps, N_DIMS), and what was told of each."""
    asked, scores = [], []
    for _ in range(n_steps):
        (candidate,) = search.ask(1)
        asked.append(candidate.z)
        scores.append(score(candidate.z))
        search.tell([Told(candidate, scores[-1], is_accepted=False)])
    return np.stack(asked), scores


def partly_gated(z):
    return None if z[0] < 1 else bowl(z)


@pytest.fixture
def search():
    return CovarianceSearch(FewNumbers(), CmaConfig(), seed=0)


def test_finds_the_bottom_and_restarts_there(search):
    asked = run(search, 2500)
    assert max(map(bowl, asked)) == pytest.approx(100, abs=1e-6)
    assert search.n_restarts >= 1


def test_a_locked_dimension_stays(search):
    asked = run(search, 30)
    assert (asked[:, -1] == 1).all()
    assert (asked[:, :-1].std(axis=0) > 0).all()


def test_leaves_numpys_global_generator_alone():
    np.random.seed(1)  # noqa: NPY002  (the one that the package would seed)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    run(CovarianceSearch(FewNumbers(), CmaConfig(), seed=0), 30)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_given_starts_are_heard_first():
    starts = [np.r_[np.full(N_DIMS - 1, 2.5), 1.0], np.r_[np.full(N_DIMS - 1, -2.0), 1.0]]
    asked = run(CovarianceSearch(FewNumbers(), CmaConfig(), 0, starts), 4)
    for start in starts:
        assert np.abs(asked - start).max(axis=1).min() < 1e-9


def test_gated_candidates_count_as_the_worst(search):
    """Gated where the sum is small: the search must move the other way."""
    asked = run(search, 300, lambda z: None if z[:-1].sum() < 5 else 50.0 + z[:-1].sum())
    assert asked[-10:, :-1].sum(axis=1).mean() > 10


def test_a_generation_of_gated_candidates_alone_goes_on(search):
    assert np.isfinite(run(search, 60, lambda z: None)).all()


def test_resumes_across_a_restart():
    whole = run(CovarianceSearch(FewNumbers(), CmaConfig(), seed=3), 1600)
    first = CovarianceSearch(FewNumbers(), CmaConfig(), seed=3)
    _, scores = run_and_score(first, 1500)
    assert first.n_restarts >= 1
    again = CovarianceSearch(FewNumbers(), CmaConfig(), seed=4)
    again.restore(first.state(), np.ones(N_DIMS), scores)
    np.testing.assert_array_equal(run(again, 100), whole[1500:])


def test_resumes_inside_a_generation_with_gated_candidates():
    config = CmaConfig(n_candidates=8)
    whole = run(CovarianceSearch(FewNumbers(), config, seed=3), 60, partly_gated)
    first = CovarianceSearch(FewNumbers(), config, seed=3)
    _, scores = run_and_score(first, 29, partly_gated)
    assert None in scores
    again = CovarianceSearch(FewNumbers(), config, seed=4)
    again.restore(first.state(), np.ones(N_DIMS), scores)
    np.testing.assert_array_equal(run(again, 31, partly_gated), whole[29:])


def test_a_state_of_earlier_versions_which_holds_the_scores_is_restored():
    whole = run(CovarianceSearch(FewNumbers(), CmaConfig(), seed=3), 60, partly_gated)
    _, scores = run_and_score(CovarianceSearch(FewNumbers(), CmaConfig(), 3), 29, partly_gated)
    again = CovarianceSearch(FewNumbers(), CmaConfig(), seed=4)
    again.restore({"seed": 3, "told": scores}, np.ones(N_DIMS), scores)
    np.testing.assert_array_equal(run(again, 31, partly_gated), whole[29:])
