"""What a search tells the world: plain values that the store and the reports both read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kvoicewalk.score.combine import Score

RankStage = Literal["screen", "compare", "score"]


@dataclass(frozen=True)
class RankStep:
    """One voice heard.

    Attributes:
        stage: `screen` (likeness on the screening text), `compare` (likeness on the target
            text) or `score` (all three parts).
        voice_name: of the voice.
        screening_similarity: on the screening text; None in a full ranking.
        target_similarity: on the target text; None while the voice is only screened.
        score: None until the voice is scored.
        n_done: voices heard in this stage, with this one.
        n_total: voices that this stage will hear.
    """

    stage: RankStage
    voice_name: str
    screening_similarity: float | None
    target_similarity: float | None
    score: Score | None
    n_done: int
    n_total: int


def standings(steps: Sequence[RankStep]) -> tuple[RankStep, ...]:
    """Returns each voice's last step, best first: the scored, the compared, the screened ones."""
    last = {step.voice_name: step for step in steps}
    return tuple(sorted(last.values(), key=_place))


def _place(step: RankStep) -> tuple[int, float, str]:
    if step.score is not None:
        return (0, -step.score.score, step.voice_name)
    if step.target_similarity is not None:
        return (1, -step.target_similarity, step.voice_name)
    return (2, -(step.screening_similarity or 0.0), step.voice_name)
