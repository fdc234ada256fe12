"""Doubles whose answers are known exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from kvoicewalk.audio import Utterance
from kvoicewalk.errors import SynthError
from kvoicewalk.evaluate import Evaluation, Gate, Glance
from kvoicewalk.scoring.combine import Score, combine
from kvoicewalk.scoring.speaker import Embeddings, EncoderSet, SpeakerEncoder, joint_similarity
from kvoicewalk.scoring.speaker.likeness import likeness_of
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice
from kvoicewalk.workers.bench import Bench, SerialExecutor

WEIGHTS = (0.48, 0.50, 0.02)


def constant_voice(name: str, value: float) -> Voice:
    """Returns a voice whose every number is the same."""
    return Voice(name, np.full((N_ROWS, 1, STYLE_DIM), value, dtype=np.float32))


@dataclass
class FakeSynthesizer:
    """Speaks the voice's first number and the text's length; counts its calls."""

    identity: str = "fake@0"
    spoken: list[tuple[str, str]] = field(default_factory=list)

    def phonemes(self, text: str, lang: str = "a") -> tuple[str, ...]:
        return (f"{lang}:{text.lower()}",)

    def duration_s(self, text: str, voice: Voice, lang: str = "a") -> float:
        return 0.1

    def speak(self, text: str, voice: Voice, *, seed: int, lang: str = "a") -> Utterance:
        self.spoken.append((voice.name, text))
        level = float(voice.rows[0, 0, 0])
        return Utterance(np.full(2400, level, dtype=np.float32), 24_000, text)


@dataclass
class FakeTerm:
    name: str = "fake"


@dataclass
class FakeListening:
    """Every second window differs from all of them by `off`."""

    level: np.ndarray
    off: float
    n_windows: int = 9

    def glance(self) -> np.ndarray:
        return self.level + np.float32(self.off)

    def embedding(self) -> np.ndarray:
        return self.level


@dataclass
class FakeEncoder:
    """Embeds an utterance as its level, moved by `off`; counts its calls."""

    name: str = "resemblyzer"
    off: float = 0.0
    dimension: int = 1
    n_embedded: int = 0

    def embed(self, utterance: Utterance) -> np.ndarray:
        self.n_embedded += 1
        return utterance.samples[:1] + np.float32(self.off)

    def embed_all(self, utterances: Sequence[Utterance]) -> list[np.ndarray]:
        return [self.embed(one) for one in utterances]


@dataclass
class UnitEncoder(FakeEncoder):
    """Embeds an utterance as the direction of its level and 1."""

    dimension: int = 2

    def embed(self, utterance: Utterance) -> np.ndarray:
        pair = np.array([utterance.samples.mean() + self.off, 1.0])
        return (pair / np.linalg.norm(pair)).astype(np.float32)


def fake_encoders(*members: SpeakerEncoder) -> EncoderSet:
    """Returns the encoders as a set; the first stands for Resemblyzer, and is one anyway."""
    members = members or (FakeEncoder(),)
    return EncoderSet(members, members[0])


@dataclass
class FakeScorer:
    """Likeness falls with the distance of the voice's level from the target's, `optimum`.

    Each encoder hears the level as it embeds it.
    """

    optimum: float = 0.5
    term: FakeTerm = field(default_factory=FakeTerm)
    n_embedded: int = 0
    glance_off: float = 0.0
    n_windows: int = 9
    encoders: EncoderSet = field(default_factory=fake_encoders)

    @property
    def has_glance(self) -> bool:
        return len(self.encoders.members) == 1

    def listen(self, utterance: Utterance) -> FakeListening:
        self.n_embedded += 1
        return FakeListening(utterance.samples[:1].copy(), self.glance_off, self.n_windows)

    def features(self, utterance: Utterance) -> np.ndarray:
        return utterance.samples[:1].copy()

    def glance_similarity(self, embedding: np.ndarray) -> float:
        return 1.0 - abs(float(embedding[0]) - self.optimum)

    def similarities(self, embeddings: Embeddings) -> dict[str, float]:
        return {name: self.glance_similarity(one) for name, one in embeddings.items()}

    def target_similarity(self, embeddings: Embeddings) -> float:
        return joint_similarity(self.similarities(embeddings))

    def likeness(self, target_similarity: float) -> float | None:
        return likeness_of(target_similarity)

    def score(self, spoken: Embeddings, features: np.ndarray, probe: Embeddings) -> Score:
        return combine(self.target_similarity(spoken), 1.0, 0.5, WEIGHTS)


class QuadraticEvaluator:
    """Scores a voice by the distance of its mean row to a known optimum; noise by seed.

    A glance shows half of the likeness; every fifth voice speaks longer than the others.
    """

    def __init__(self, optimum: np.ndarray, noise: float = 0.0) -> None:
        self.optimum, self.noise = optimum, noise
        self.seed = 0
        self.n_evaluations = 0

    def glance(self, voice: Voice) -> Glance:
        return Glance(0.5 * self._similarity(voice), 9 if int(voice.hash[:8], 16) % 5 else 10)

    def _similarity(self, voice: Voice) -> float:
        gap = voice.rows.mean(axis=(0, 1)).astype(np.float64) - self.optimum
        return float(1.0 / (1.0 + gap @ gap))

    def evaluate(self, voice: Voice, gate: Gate | None = None, seed: int | None = None):
        self.n_evaluations += 1
        similarity = self._similarity(voice)
        if gate is not None and gate.is_closed_to(self.glance(voice)):
            return Evaluation(voice.name, 0.5 * similarity, None, is_glance=True)
        if gate is not None and similarity < gate.min_target_similarity:
            return Evaluation(voice.name, similarity, None)
        drawn = (self.seed if seed is None else seed, int(voice.hash[:8], 16))
        luck = np.random.default_rng(drawn)
        value = 100 * similarity + self.noise * luck.standard_normal()
        return Evaluation(voice.name, similarity, Score(value, similarity, 1.0, 1.0))


class StumblingEvaluator(QuadraticEvaluator):
    """The same, but every third voice gives no speech."""

    def evaluate(self, voice: Voice, gate: Gate | None = None, seed: int | None = None):
        found = super().evaluate(voice, gate, seed)
        if self.n_evaluations % 3 == 0:
            raise SynthError("no speech")
        return found


@dataclass
class Lessons:
    """Gives lessons by a function of voice, number and seed."""

    teach: Callable

    def sample(self, voice: Voice, number: int, seed: int | None = None):
        return self.teach(voice, number, seed)


def alone(evaluator, teach=None) -> SerialExecutor:
    """Returns who hears in this process, by an evaluator and a function that gives lessons."""
    return SerialExecutor(Bench(evaluator, teach and Lessons(teach)))
