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

# Full-size Kokoro takes 5.4 GB for a phrase of 4.7 s, 5.9 GB for 5.5 s, so its lessons are short.
# Source: benchmarks/full_size_gradient.py.
GRADIENT_BYTES = 6e9
MAX_LESSON_PHONEMES = 60


@dataclass(frozen=True)
class SearchSetup:
    """What a search moves with.

    Attributes:
        optimizer: proposes.
        space: where.
        base: the voice it starts from.
        leader: the gradient, where one leads.
    """

    optimizer: "Optimizer" = field(repr=False)
    space: "Space" = field(repr=False)
    base: "Voice"
    leader: "GradientDescent | None" = field(default=None, repr=False)


def make_search_setup(session: "Session", population: StartVoices) -> SearchSetup:
    """Returns the method of a walk, as new.

    The gradient starts from the population's best voice, the others from its mean, unless a start
    is named. The classic walk moves in units of the population's spread, as the original does; the
    others in units of all stock voices'.

    Raises:
        VoiceError: there are too few voices to measure their spread.
        ModelError: the gradient needs more memory than is free.
    """
    from kvoicewalk.search.random_walk import RandomWalk
    from kvoicewalk.search.space import describe_population, make_smooth_space, make_space
    from kvoicewalk.search.staged import Staged
    from kvoicewalk.voices import mean_voice

    config, seed = session.config.walk, session.config.synth.seed
    spread = describe_population(
        population.voices if config.space == "classic" else population.stock
    )
    if not config.is_led:
        base = population.start or mean_voice(population.voices, "mean")
        space = make_space(config.space, base, spread, config.only)
        if config.method == "cma":
            from kvoicewalk.search.cma import CovarianceSearch

            return SearchSetup(CovarianceSearch(space, session.config.cma, seed), space, base)
        return SearchSetup(RandomWalk(space, config, seed), space, base)
    base = population.start or population.voices[0]
    kind: Literal["shared", "pca"] = "pca" if config.space == "pca" else "shared"
    smooth = make_smooth_space(kind, base, spread, config.only)
    leader = _gradient(session, population, smooth, base)
    if config.method == "gradient":
        return SearchSetup(leader, smooth, base, leader)
    polish = RandomWalk(smooth, config, seed)
    own = session.config.gradient
    staged = Staged(leader, polish, smooth.start, own.n_steps, own.patience)
    return SearchSetup(staged, smooth, base, leader)


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
    session: "Session", population: StartVoices, space: "SmoothSpace", base: "Voice"
) -> "GradientDescent":
    from kvoicewalk.loss import GradientLoss, prosody_change, speaker_terms
    from kvoicewalk.scoring.prosody import measure_prosody
    from kvoicewalk.search.gradient import GradientDescent
    from kvoicewalk.search.prior import MIN_VOICES, fit_prior
    from kvoicewalk.search.space import describe_population

    texts = _lesson_texts(session)
    evaluator, config = session.evaluator, session.config
    synthesizer = session.synthesizer
    n_phonemes = synthesizer.phonemizer.phonemize(evaluator.text, evaluator.lang).n_phonemes
    wanted = target_prosody(session)
    own = measure_prosody([evaluator.speak(base)], n_phonemes)
    row_means = describe_population(population.stock).row_means
    loss = GradientLoss(
        synthesizer,
        speaker_terms(
            evaluator.scorer.encoders, evaluator.scorer.target.embeddings, config.gradient
        ),
        base,
        prosody_change(own, wanted),
        texts,
        config.gradient,
        config.synth.seed,
        evaluator.lang,
    )
    prior = fit_prior(row_means) if len(row_means) >= MIN_VOICES else None
    return GradientDescent(space, loss.sample, prior, config.gradient)


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
    if free < GRADIENT_BYTES:
        raise ModelError(
            f"the gradient needs about {GRADIENT_BYTES / 1e9:.0f} GB of memory and "
            f"{free / 1e9:.1f} GB are free; close other programs, or take ",
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
