"""What the conformance suite does not ask of the gradient search."""

import numpy as np
import pytest

from kvoicewalk.config import GradientConfig
from kvoicewalk.errors import AudioError
from kvoicewalk.requests import LossSample
from kvoicewalk.search.gradient import GradientDescent, follow
from kvoicewalk.search.loop import study
from kvoicewalk.search.prior import fit_prior
from kvoicewalk.search.space import describe_population, make_space
from kvoicewalk.voices import N_ROWS, PROSODY, STYLE_DIM, TIMBRE, Voice
from tests.fakes import alone


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


def asked(search, teach):
    """Returns the candidate of the next batch, after its lessons."""
    study([search], alone(None, lambda voice, number, seed: teach(voice, number)))
    (candidate,) = search.ask(1)
    return candidate


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
    search = GradientDescent(space, None, GradientConfig(n_lessons=5, first_lessons=2))
    taken = []
    for _ in range(4):
        asked(search, teach)
        taken.append(len(numbers))
    assert taken == [2, 2 + 4, 2 + 4 + 5, 2 + 4 + 5 + 5]
    assert numbers == list(range(16))
    assert search.n_lessons == 16


def test_when_it_is_late_what_was_learned_is_handed_over(voices, population):
    space = make_space("shared", voices[0], population)
    search = GradientDescent(space, None, GradientConfig(n_lessons=5, first_lessons=5))
    search.is_late = lambda: search.n_lessons >= 3
    assert not asked(search, nothing).is_lucky
    assert search.n_lessons == 3
    asked(search, nothing)
    assert search.n_lessons == 4  # at least one, however late


@pytest.mark.parametrize("kind", ["shared", "pca"])
def test_comes_near_another_voice_under_noise(kind, voices, population):
    space = make_space(kind, voices[0], population)
    config = GradientConfig(n_lessons=150, first_lessons=150)
    search = GradientDescent(space, None, config)
    found = asked(search, toward(voices[1], 0.2)).voice
    assert distance(found, voices[1]) < 0.3 * distance(voices[0], voices[1])


def test_the_average_is_nearer_than_the_path(voices, population):
    space = make_space("shared", voices[0], population)
    config = GradientConfig(n_lessons=150, first_lessons=150)
    search = GradientDescent(space, None, config)
    average = asked(search, toward(voices[1], 0.5)).voice
    last = space.decode(np.array(search.state()["z"]), "last")
    assert distance(average, voices[1]) < 0.95 * distance(last, voices[1])


@pytest.mark.parametrize(("only", "locked"), [("timbre", PROSODY), ("prosody", TIMBRE)])
@pytest.mark.parametrize("kind", ["shared", "pca"])
def test_a_locked_half_stays(kind, only, locked, voices, population):
    space = make_space(kind, voices[0], population, only)
    search = GradientDescent(space, None, GradientConfig())
    moved = np.abs(row(asked(search, toward(voices[1])).voice) - row(voices[0]))
    assert moved[locked].max() < 1e-7
    assert moved.max() > 0.01


def test_the_prior_alone_leads_to_the_stock_voices_mean(voices, population):
    prior = fit_prior(population.row_means)
    space = make_space("shared", voices[0], population)
    search = GradientDescent(space, prior, GradientConfig(n_lessons=80, first_lessons=80))
    assert prior.value(asked(search, nothing).voice) < 0.1 * prior.value(voices[0])


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
    search = GradientDescent(space, None, config)
    plain = GradientDescent(space, None, config)
    assert np.isfinite(asked(search, failing(2, how)).z).all()
    assert (search.n_lessons, search.n_skipped) == (4, 1)
    # Three steps, as if the fourth lesson had not been.
    follow(plain, failing(-1, how), 3, "plain")
    np.testing.assert_array_equal(search.state()["z"], plain.state()["z"])


def test_nothing_but_silence_leaves_the_voice_where_it_is(voices, population):
    def silent(voice, number):
        raise AudioError("no speech was found to compare; the voice is silent.")

    space = make_space("shared", voices[0], population)
    search = GradientDescent(space, None, GradientConfig(n_lessons=3, first_lessons=3))
    np.testing.assert_array_equal(asked(search, silent).z, space.start)
    assert search.n_skipped == search.n_lessons == 3


def test_a_batch_of_lessons_is_one_step_by_their_mean(voices, population):
    def teach(voice, number):
        return LossSample(0.0, np.full(STYLE_DIM, float(number)), {})

    space = make_space("shared", voices[0], population)
    config = GradientConfig(n_lessons=5, first_lessons=5)
    search = GradientDescent(space, None, config, batch_size=2)
    wanted = search.study()
    assert [(one.stage, one.number) for one in wanted] == [("lesson", 0), ("lesson", 1)]
    search.learn([teach(one.voice, one.number) for one in wanted])
    assert search.state()["mean"] == pytest.approx(list(0.1 * 0.5 * space._spread))
    assert len(search.study()) == 2
    search.learn([None, None])  # silent: no step
    assert (search.n_lessons, search.n_skipped, search.state()["n_steps"]) == (4, 2, 1)
    assert len(search.study()) == 1  # the fifth


def test_it_goes_on_from_what_it_adopts(voices, population):
    space = make_space("shared", voices[0], population)
    search = GradientDescent(space, None, GradientConfig())
    search.adopt(np.full(STYLE_DIM, 0.5))
    np.testing.assert_array_equal(asked(search, nothing).z, np.full(STYLE_DIM, 0.5))


def test_a_state_without_skipped_lessons_is_restored(voices, population):
    space = make_space("shared", voices[0], population)
    search = GradientDescent(space, None, GradientConfig())
    asked(search, failing(0, "nan"))
    old = {key: kept for key, kept in search.state().items() if key != "n_skipped"}
    search.restore(old, space.start, [])
    assert search.n_skipped == 0
