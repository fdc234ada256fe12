"""What an evaluator is built from, in any process: data that can be sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kvoicewalk.config import GradientConfig, ModelConfig, ScoreConfig
from kvoicewalk.environment import read_environment
from kvoicewalk.errors import ModelError
from kvoicewalk.evaluate import Evaluator, MeasurementStore
from kvoicewalk.loss import GradientLoss, ProsodyChange, speaker_terms
from kvoicewalk.models import open_model
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.scoring.acoustics import make_feature_term
from kvoicewalk.scoring.scorer import Scorer
from kvoicewalk.scoring.speaker import open_encoders
from kvoicewalk.scoring.target import Target
from kvoicewalk.search.space import Space
from kvoicewalk.store import CACHE_NAME, MeasurementCache, MemoryCache
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.voices import Voice
from kvoicewalk.workers.bench import Bench


@dataclass(frozen=True)
class EvaluatorSpec:
    """All that decides an evaluator's numbers.

    Attributes:
        model: which, where, on how many threads.
        speed: of the speech.
        score: how likeness is counted, with the encoders named.
        target: measured.
        text: target text.
        probe_text: second text.
        seed: of all synthesis.
        lang: language letter.
        identity: of the model that it must find: name and hash of the weights.
        fingerprint: of the evaluator that the search began with.
        is_remembered: whether measurements are kept for later runs, in the worker's own cache.
    """

    model: ModelConfig
    speed: float
    score: ScoreConfig
    target: Target = field(repr=False)
    text: str
    probe_text: str
    seed: int
    lang: str
    identity: str
    fingerprint: str
    is_remembered: bool = True

    def build(self) -> Evaluator:
        """Loads the model and all else.

        Raises:
            ModelError: the model is not there, damaged, or another one.
            ConfigError: an encoder is not there.
        """
        import torch

        if self.model.n_threads is not None:
            torch.set_num_threads(self.model.n_threads)
        model = open_model(self.model)
        if model.identity != self.identity:
            raise ModelError(
                f"a worker has model {model.identity} where the search began with "
                f"{self.identity}; give all of them the same files."
            )
        synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, model.english), self.speed)
        encoders = open_encoders(self.score, model.network.device)
        term = make_feature_term(self.score.scoring)
        memory: MeasurementStore = MemoryCache()
        if self.is_remembered:
            memory = MeasurementCache.open(read_environment().cache_dir / CACHE_NAME)
        return Evaluator(
            synthesizer=synthesizer,
            scorer=Scorer(self.target, encoders, term, self.score),
            text=self.text,
            probe_text=self.probe_text,
            seed=self.seed,
            memory=memory,
            lang=self.lang,
        )


@dataclass(frozen=True)
class LessonSpec:
    """What lessons are made of.

    Attributes:
        start: the voice that the search starts from.
        change: what must change from its prosody to the target's.
        texts: that lessons speak.
        config: weights and precision.
    """

    start: Voice = field(repr=False)
    change: ProsodyChange
    texts: Sequence[str] = field(repr=False)
    config: GradientConfig

    def build(self, evaluator: Evaluator) -> GradientLoss:
        """Returns what gives the lessons, on an evaluator's model."""
        synthesizer = evaluator.synthesizer
        assert isinstance(synthesizer, KokoroSynthesizer)
        scorer = evaluator.scorer
        terms = speaker_terms(scorer.encoders, scorer.target.embeddings, self.config)
        return GradientLoss(
            synthesizer,
            terms,
            self.start,
            self.change,
            self.texts,
            self.config,
            evaluator.seed,
            evaluator.lang,
        )


@dataclass(frozen=True)
class SearchSpec:
    """What a search adds to the evaluators.

    Attributes:
        space: in which its voices lie.
        lessons: what its gradient learns from; None: it has no gradient.
    """

    space: Space = field(repr=False)
    lessons: LessonSpec | None = None

    def bench_for(self, evaluator: Evaluator) -> Bench:
        """Returns what hears in the search; nothing it hears is met again in another run."""
        own = replace(evaluator, memory=MemoryCache())
        return Bench(own, None if self.lessons is None else self.lessons.build(own))
