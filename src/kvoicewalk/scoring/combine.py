"""Three similarities → one score: a weighted harmonic mean, × 100."""

from collections.abc import Sequence
from dataclasses import dataclass

# A part at or below zero would divide by zero; it counts as this little instead.
MIN_SIMILARITY = 1e-6


@dataclass(frozen=True)
class Score:
    """How close a voice is to the target; every part is better when higher.

    Attributes:
        score: weighted harmonic mean of the parts × 100, 0 to 100.
        target_similarity: speech against the target, at most 1.
        self_similarity: speech against other speech of the same voice, at most 1.
        feature_similarity: acoustic features against the target's, 0 to 1.
    """

    score: float
    target_similarity: float
    self_similarity: float
    feature_similarity: float


def harmonic_score(similarities: Sequence[float], weights: Sequence[float]) -> float:
    """Returns 100 · Σw / Σ(w/v).

    Args:
        similarities: v, one a weight, at most 1.
        weights: w, at least 0, in the same order.

    Source: RobViren/kvoicewalk `utilities/fitness_scorer.py`.
    """
    if len(similarities) != len(weights):
        raise ValueError(f"{len(similarities)} similarities for {len(weights)} weights")
    resistance = sum(
        weight / max(value, MIN_SIMILARITY)
        for value, weight in zip(similarities, weights, strict=True)
    )
    return 100.0 * sum(weights) / resistance


def combine(
    target_similarity: float,
    self_similarity: float,
    feature_similarity: float,
    weights: Sequence[float],
) -> Score:
    """Joins the three parts into a `Score`; weights in the order of the arguments."""
    parts = (target_similarity, self_similarity, feature_similarity)
    return Score(harmonic_score(parts, weights), *parts)
