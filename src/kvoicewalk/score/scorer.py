"""Utterances → score, against one target. Built once a target."""

from dataclasses import dataclass, field

from kvoicewalk.audio import Utterance
from kvoicewalk.config import ScoreConfig
from kvoicewalk.score.acoustics import FeatureTerm, FeatureValues
from kvoicewalk.score.combine import Score, combine
from kvoicewalk.score.speaker import Embedding, SpeakerEncoder, WindowedSpeech, cosine
from kvoicewalk.score.target import Target


@dataclass(frozen=True)
class Scorer:
    """Compares speech with a target.

    Attributes:
        target: measured with the same encoder and term.
        encoder: who speaks.
        term: how it sounds.
        config: the weights.
    """

    target: Target
    encoder: SpeakerEncoder = field(repr=False)
    term: FeatureTerm = field(repr=False)
    config: ScoreConfig

    def listen(self, utterance: Utterance) -> WindowedSpeech:
        """Returns what tells who speaks: at a glance, or by the whole embedding.

        Raises:
            AudioError: no speech is left once pauses are cut.
        """
        return self.encoder.listen(utterance)

    def features(self, utterance: Utterance) -> FeatureValues:
        """Returns how it sounds, float32 (n_features,)."""
        return self.term.extract(utterance)

    def target_similarity(self, embedding: Embedding) -> float:
        """Returns likeness to the target, at most 1."""
        return cosine(embedding, self.target.embedding)

    def score(self, spoken: Embedding, features: FeatureValues, probe: Embedding) -> Score:
        """Joins the three parts.

        Args:
            spoken: embedding of the target text.
            features: acoustic features of the same utterance.
            probe: embedding of the probe text, by the same voice.
        """
        return combine(
            self.target_similarity(spoken),
            cosine(spoken, probe),
            self.term.similarity(features, self.target.features),
            self.config.weights,
        )
