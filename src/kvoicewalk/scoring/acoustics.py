"""How speech sounds: one protocol, two ways to count it.

`classic` is the original's; `scaled` is the default: it tells speakers apart (docs/scoring.md).
"""

from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from kvoicewalk.audio import Utterance
from kvoicewalk.scoring.classic_features import (
    CLASSIC_FEATURE_NAMES,
    classic_feature_penalty,
    classic_feature_similarity,
    classic_features,
)
from kvoicewalk.scoring.scaled_features import (
    load_scales,
    scaled_feature_similarity,
    scaled_features,
)

FeatureValues = npt.NDArray[np.float32]


class FeatureTerm(Protocol):
    """Measures utterances and compares measurements."""

    @property
    def name(self) -> str:
        """Names the measurement where it is kept."""

    def extract(self, utterance: Utterance) -> FeatureValues:
        """Measures an utterance: float32 (n_features,), finite."""

    def similarity(self, values: FeatureValues, target: FeatureValues) -> float:
        """Compares a measurement with the target's: 0 to 1, 1 for equal ones."""


class ClassicTerm:
    """106 features, each difference relative to the target's value. 24 kHz, level counts."""

    name = "classic"

    def extract(self, utterance: Utterance) -> FeatureValues:
        """See `FeatureTerm.extract`."""
        values = classic_features(utterance.samples, utterance.sample_rate_hz)
        return np.array(list(values.values()), dtype=np.float32)

    def similarity(self, values: FeatureValues, target: FeatureValues) -> float:
        """See `FeatureTerm.similarity`."""
        x, t = (
            dict(zip(CLASSIC_FEATURE_NAMES, found.tolist(), strict=True))
            for found in (values, target)
        )
        return classic_feature_similarity(classic_feature_penalty(x, t))


class ScaledTerm:
    """Differences in units of the natural spread among speakers. 16 kHz, level-normalised."""

    name = "scaled"

    def __init__(self) -> None:
        self._scales = load_scales()

    def extract(self, utterance: Utterance) -> FeatureValues:
        """See `FeatureTerm.extract`."""
        return scaled_features(utterance.samples, utterance.sample_rate_hz)

    def similarity(self, values: FeatureValues, target: FeatureValues) -> float:
        """See `FeatureTerm.similarity`."""
        return scaled_feature_similarity(values, target, self._scales)


def make_feature_term(scoring: Literal["scaled", "classic"]) -> FeatureTerm:
    """Returns the term that a configuration names."""
    return ClassicTerm() if scoring == "classic" else ScaledTerm()
