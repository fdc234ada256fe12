"""Utterances → score, against one target. Built once a target."""

from dataclasses import dataclass, field

from kvoicewalk.audio import Utterance
from kvoicewalk.config import ScoreConfig
from kvoicewalk.scoring.acoustics import FeatureTerm, FeatureValues
from kvoicewalk.scoring.combine import Score, combine
from kvoicewalk.scoring.speaker import (
    Embedding,
    Embeddings,
    EncoderSet,
    WindowedSpeech,
    compare,
    cosine,
    joint_similarity,
)
from kvoicewalk.scoring.speaker.likeness import likeness_of
from kvoicewalk.scoring.target import Target


@dataclass(frozen=True)
class Scorer:
    """Compares speech with a target.

    Attributes:
        target: measured with the same encoders and term.
        encoders: who speaks.
        term: how it sounds.
        config: the weights.
    """

    target: Target
    encoders: EncoderSet = field(repr=False)
    term: FeatureTerm = field(repr=False)
    config: ScoreConfig

    def listen(self, utterance: Utterance) -> WindowedSpeech:
        """Returns what tells who speaks by Resemblyzer: at a glance, or by the whole embedding.

        Raises:
            AudioError: no speech is left once pauses are cut.
        """
        return self.encoders.resemblyzer.listen(utterance)

    def features(self, utterance: Utterance) -> FeatureValues:
        """Returns how it sounds, float32 (n_features,)."""
        return self.term.extract(utterance)

    @property
    def has_glance(self) -> bool:
        """True where a part of Resemblyzer's windows says enough: it leads alone."""
        return self.encoders.names == (self.encoders.resemblyzer.name,)

    def glance_similarity(self, embedding: Embedding) -> float:
        """Returns likeness to the target by Resemblyzer alone, at most 1."""
        return cosine(embedding, self.target.embeddings[self.encoders.resemblyzer.name])

    def similarities(self, embeddings: Embeddings) -> dict[str, float]:
        """Returns the cosine to the target by each encoder."""
        return compare(embeddings, self.target.embeddings)

    def target_similarity(self, embeddings: Embeddings) -> float:
        """Returns likeness to the target by all encoders, on Resemblyzer's scale."""
        return joint_similarity(self.similarities(embeddings))

    def likeness(self, target_similarity: float) -> float | None:
        """Returns a target similarity as 0 for a stranger, 1 for the same person.

        None for classic scoring, which counts as the original does.
        """
        return None if self.config.scoring == "classic" else likeness_of(target_similarity)

    def score(self, spoken: Embeddings, features: FeatureValues, probe: Embeddings) -> Score:
        """Joins the three parts.

        Args:
            spoken: embeddings of the target text.
            features: acoustic features of the same utterance.
            probe: embeddings of the probe text, by the same voice.
        """
        return combine(
            self.target_similarity(spoken),
            joint_similarity(compare(spoken, probe)),
            self.term.similarity(features, self.target.features),
            self.config.weights,
        )
