"""What the conformance suite does not ask of the gradient search."""

import numpy as np
import pytest

from kvoicewalk.config import GradientConfig
from kvoicewalk.errors import AudioError
from kvoicewalk.loss import LossSample
from kvoicewalk.search.gradient import GradientDescent
from kvoicewalk.search.prior import fit_prior
from kvoicewalk.search.space import describe_population, make_space
from kvoicewalk.voices import N_ROWS, PROSODY, STYLE_DIM, TIMBRE, Voice


@pytest.fixture(scope="module")
def voices():
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 0.14, (8, 1, 1, STYLE_DIM)).repeat(N_ROWS, axis=1).astype(np.float32)
    return [Voice(f"v{n}", one) for n, one in enumerate(rows)]


@pytest.fixture(scope="module")
def population(voices):
    return describe_population(voices)


def row(voice):
    return voice.rows.mean(axis=(0, 1), dtype=np.float64)


def toward(voice, noise=0.0):
    def teach(learner, number):
        gap = row(learner) - row(voice)
        luck = np.random.default_rng(number).normal(0, noise, gap.size) if noise else 0.0
        return LossSample(float(gap @ gap), 2 * gap + luck, {})

    return teach


def nothing(learner, number):
    return LossSample(0.0, np.zeros(STYLE_DIM), {})


def distance(a, b):
    return float(np.linalg.norm(row(a) - row(b)))


def test_each_ask_takes_its_lessons_in_order(voices, population):
    numbers = []

    def teach(voice, number):
        numbers.append(number)
        return nothing(voice, number)

    space = make_space("shared", voices[0], population)
    search = GradientDescent(space, teach, None, GradientConfig(n_lessons=5, first_lessons=2))
    taken = []
    for _ in range(4):
        search.ask()
        taken.append(len(numbers))
    assert taken == [2, 2 + 4, 2 + 4 + 5, 2 + 4 + 5 + 5]
    assert numbers == list(range(16))
    assert search.n_lessons == 16


def test_when_it_is_late_what_was_learned_is_handed_over(voices, population):
    space = make_space("shared", voices[0], population)
    search = GradientDescent(space, nothing, None, GradientConfig(n_lessons=5, first_lessons=5))
    search.is_late = lambda: search.n_lessons >= 3
    assert not search.ask().is_lucky
    assert search.n_lessons == 3
    search.ask()
    assert search.n_lessons == 4  # at least one, however late


@pytest.mark.parametrize("kind", ["shared", "pca"])
def test_comes_near_another_voice_under_noise(kind, voices, population):
    space = make_space(kind, voices[0], population)
    config = GradientConfig(n_lessons=150, first_lessons=150)
    search = GradientDescent(space, toward(voices[1], 0.2), None, config)
    found = search.ask().voice
    assert distance(found, voices[1]) < 0.3 * distance(voices[0], voices[1])


def test_the_average_is_nearer_than_the_path(voices, population):
    space = make_space("shared", voices[0], population)
    config = GradientConfig(n_lessons=150, first_lessons=150)
    search = GradientDescent(space, toward(voices[1], 0.5), None, config)
    average = search.ask().voice
    last = space.decode(np.array(search.state()["z"]), "last")
    assert distance(average, voices[1]) < 0.95 * distance(last, voices[1])


@pytest.mark.parametrize(("only", "locked"), [("timbre", PROSODY), ("prosody", TIMBRE)])
@pytest.mark.parametrize("kind", ["shared", "pca"])
def test_a_locked_half_stays(kind, only, locked, voices, population):
    space = make_space(kind, voices[0], population, only)
    search = GradientDescent(space, toward(voices[1]), None, GradientConfig())
    moved = np.abs(row(search.ask().voice) - row(voices[0]))
    assert moved[locked].max() < 1e-7
    assert moved.max() > 0.01


def test_the_prior_alone_leads_to_the_stock_voices_mean(voices, population):
    prior = fit_prior(population.row_means)
    space = make_space("shared", voices[0], population)
    search = GradientDescent(space, nothing, prior, GradientConfig(n_lessons=80, first_lessons=80))
    assert prior.value(search.ask().voice) < 0.1 * prior.value(voices[0])


def failing(number, how):
    def teach(voice, at):
        if at == number and how == "silent":
            raise AudioError("no speech was found to compare; the voice is silent.")
        gap = row(voice) - 0.1
        return LossSample(0.0, gap * np.nan if at == number else gap, {})

    return teach


@pytest.mark.parametrize("how", ["silent", "nan"])
def test_a_silent_or_damaged_lesson_is_skipped_and_counted(how, voices, population):
    space = make_space("shared", voices[0], population)
    config = GradientConfig(n_lessons=4, first_lessons=4)
    search = GradientDescent(space, failing(2, how), None, config)
    plain = GradientDescent(space, failing(-1, how), None, config)
    assert np.isfinite(search.ask().z).all()
    assert (search.n_lessons, search.n_skipped) == (4, 1)
    # Three steps, as if the fourth lesson had not been.
    for _ in range(3):
        plain._learn()
    np.testing.assert_array_equal(search.state()["z"], plain.state()["z"])


def test_nothing_but_silence_leaves_the_voice_where_it_is(voices, population):
    def silent(voice, number):
        raise AudioError("no speech was found to compare; the voice is silent.")

    space = make_space("shared", voices[0], population)
    search = GradientDescent(space, silent, None, GradientConfig(n_lessons=3, first_lessons=3))
    np.testing.assert_array_equal(search.ask().z, space.start)
    assert search.n_skipped == search.n_lessons == 3


def test_a_state_without_skipped_lessons_is_restored(voices, population):
    space = make_space("shared", voices[0], population)
    search = GradientDescent(space, failing(0, "nan"), None, GradientConfig())
    search.ask()
    old = {key: kept for key, kept in search.state().items() if key != "n_skipped"}
    search.restore(old, space.start, [])
    assert search.n_skipped == 0
