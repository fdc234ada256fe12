"""A config's method → what proposes, in which space, from which voice."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from kvoicewalk.app.start import StartVoices
from kvoicewalk.errors import ModelError, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kvoicewalk.app.session import Session
    from kvoicewalk.audio import Utterance
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.scoring.prosody import Prosody
    from kvoicewalk.search.base import Optimizer
    from kvoicewalk.search.gradient import GradientDescent
    from kvoicewalk.search.space import SmoothSpace, Space
    from kvoicewalk.voices import Voice
    from kvoicewalk.workers.spec import LessonSpec

# Full-size Kokoro takes 5.4 GB for a phrase of 4.7 s, 5.9 GB for 5.5 s, so its lessons are short.
# Source: benchmarks/full_size_gradient.py.
GRADIENT_BYTES = 6e9
MAX_LESSON_PHONEMES = 60


@dataclass(frozen=True)
class SearchSetup:
    """What a search moves with.

    Attributes:
        optimizers: propose, one an island.
        space: where.
        base: the voice it starts from.
        leaders: the gradients, one an island, where gradients lead.
        lessons: that they learn from.
    """

    optimizers: "Sequence[Optimizer]" = field(repr=False)
    space: "Space" = field(repr=False)
    base: "Voice"
    leaders: "Sequence[GradientDescent]" = field(default=(), repr=False)
    lessons: "LessonSpec | None" = field(default=None, repr=False)


def make_search_setup(
    session: "Session", population: StartVoices, batch_size: int = 1
) -> SearchSetup:
    """Returns the method of a walk, as new.

    The gradient starts from the population's best voice, the others from its mean, unless a start
    is named; further islands start beside it. The classic walk moves in units of the population's
    spread, as the original does; the others in units of all stock voices'.

    Args:
        session: with the config.
        population: of start voices.
        batch_size: candidates that are proposed at once.

    Raises:
        VoiceError: there are too few voices to measure their spread.
        ModelError: the gradient needs more memory than is free.
    """
    from kvoicewalk.search.islands import island_space
    from kvoicewalk.search.space import describe_population, make_smooth_space, make_space
    from kvoicewalk.seeds import island_seed
    from kvoicewalk.voices import mean_voice

    config, seed = session.config.walk, session.config.synth.seed
    spread = describe_population(
        population.voices if config.space == "classic" else population.stock
    )
    seeds = [island_seed(seed, k) for k in range(config.n_islands)]
    if not config.is_led:
        base = population.start or mean_voice(population.voices, "mean")
        space = make_space(config.space, base, spread, config.only)
        own = [island_space(space, k, seed) for k in range(config.n_islands)]
        optimizers = [_unled(session, one, k) for one, k in zip(own, seeds, strict=True)]
        return SearchSetup(optimizers, space, base)
    base = population.start or population.voices[0]
    kind: Literal["shared", "pca"] = "pca" if config.space == "pca" else "shared"
    smooth = make_smooth_space(kind, base, spread, config.only)
    own_smooth = [island_space(smooth, k, seed) for k in range(config.n_islands)]
    leaders = [
        _gradient(session, population, one, k, batch_size)
        for one, k in zip(own_smooth, seeds, strict=True)
    ]
    lessons = _lessons(session, base)
    if config.method == "gradient":
        return SearchSetup(leaders, smooth, base, leaders, lessons)
    staged = [
        _polished(session, leader, one, k)
        for leader, one, k in zip(leaders, own_smooth, seeds, strict=True)
    ]
    return SearchSetup(staged, smooth, base, leaders, lessons)


def _unled(session: "Session", space: "Space", seed: int) -> "Optimizer":
    from kvoicewalk.search.random_walk import RandomWalk

    if session.config.walk.method == "cma":
        from kvoicewalk.search.cma import CovarianceSearch

        return CovarianceSearch(space, session.config.cma, seed)
    return RandomWalk(space, session.config.walk, seed)


def _polished(
    session: "Session", leader: "GradientDescent", space: "SmoothSpace", seed: int
) -> "Optimizer":
    from kvoicewalk.search.random_walk import RandomWalk
    from kvoicewalk.search.staged import Staged

    polish = RandomWalk(space, session.config.walk, seed)
    own = session.config.gradient
    return Staged(leader, polish, space.start, own.n_steps, own.patience)


def are_words_known(clips: "Sequence[Utterance]") -> bool:
    """Tells whether the words of a target are known, and with them its pace.

    Only those of a single recording do, and only of a whole one: a part of it comes without words.
    """
    return len(clips) == 1 and bool(clips[0].text)


def target_prosody(session: "Session") -> "Prosody":
    """Returns how the target speaks; its pace where its words are known."""
    from kvoicewalk.scoring.prosody import measure_prosody

    n_said = None
    if are_words_known(session.clips):
        phonemizer, lang = session.synthesizer.phonemizer, session.evaluator.lang
        n_said = phonemizer.phonemize(session.clips[0].text, lang).n_phonemes
    return measure_prosody(session.clips, n_said)


def _gradient(
    session: "Session",
    population: StartVoices,
    space: "SmoothSpace",
    seed: int,
    batch_size: int,
) -> "GradientDescent":
    from kvoicewalk.search.gradient import GradientDescent
    from kvoicewalk.search.prior import MIN_VOICES, fit_prior
    from kvoicewalk.search.space import describe_population

    row_means = describe_population(population.stock).row_means
    prior = fit_prior(row_means) if len(row_means) >= MIN_VOICES else None
    return GradientDescent(space, prior, session.config.gradient, batch_size, seed)


def _lessons(session: "Session", base: "Voice") -> "LessonSpec":
    from kvoicewalk.loss import prosody_change
    from kvoicewalk.scoring.prosody import measure_prosody
    from kvoicewalk.workers.spec import LessonSpec

    texts = _lesson_texts(session)
    evaluator, phonemizer = session.evaluator, session.synthesizer.phonemizer
    n_phonemes = phonemizer.phonemize(evaluator.text, evaluator.lang).n_phonemes
    own = measure_prosody([evaluator.speak(base)], n_phonemes)
    change = prosody_change(own, target_prosody(session))
    return LessonSpec(base, change, texts, session.config.gradient)


def short_texts(phonemizer: "Phonemizer", texts: "Sequence[str]", lang: str) -> list[str]:
    """Returns those whose gradient needs no more memory than a CPU usually has."""
    return [t for t in texts if phonemizer.phonemize(t, lang).n_phonemes <= MAX_LESSON_PHONEMES]


def _lesson_texts(session: "Session") -> "Sequence[str]":
    """Returns the texts that fit: all on the embedded model and on a GPU.

    Raises:
        ModelError: less memory is free than full-size Kokoro needs.
    """
    from kvoicewalk.models.mini.network import MiniKModel

    network, texts = session.model.network, session.config.texts.lessons
    if isinstance(network, MiniKModel) or network.device.type != "cpu":
        return texts
    import psutil

    free = psutil.virtual_memory().available  # without swapping
    workers = session.config.workers
    n_here = workers.n_workers if workers.executor == "processes" else 0
    if free < GRADIENT_BYTES * n_here:
        raise ModelError(
            f"the gradient needs about {GRADIENT_BYTES * n_here / 1e9:.0f} GB of memory and "
            f"{free / 1e9:.1f} GB are free; close other programs, take fewer workers, or ",
            Setting("method", "random", "cma"),
            ".",
        )
    lang = session.evaluator.lang
    fitting = short_texts(session.synthesizer.phonemizer, texts, lang)
    if not fitting:
        raise ModelError(
            f"in language {lang} no lesson text has at most {MAX_LESSON_PHONEMES} phonemes, and "
            "longer ones need too much memory on a CPU; take ",
            Setting("method", "random", "cma"),
            ".",
        )
    return fitting
