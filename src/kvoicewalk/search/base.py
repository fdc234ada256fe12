"""What a search tells the world: plain values that the store and the reports both read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from kvoicewalk.evaluate import Evaluation
from kvoicewalk.mutate import Floats
from kvoicewalk.scoring.combine import Score
from kvoicewalk.voices import Voice

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
        is_mute: True where the voice gives no speech in this stage; it is out of the race.
        likeness: by the longest text heard, 0 a stranger, 1 the same person; None for classic
            scoring.
        similarities: cosine by each encoder, by its name; empty until the voice is scored.
    """

    stage: RankStage
    voice_name: str
    screening_similarity: float | None
    target_similarity: float | None
    score: Score | None
    n_done: int
    n_total: int
    is_mute: bool = False
    likeness: float | None = None
    similarities: Mapping[str, float] = field(default_factory=dict)


def standings(steps: Sequence[RankStep]) -> tuple[RankStep, ...]:
    """Returns each voice's last step, best first: scored, compared, screened, mute ones."""
    last = {step.voice_name: step for step in steps}
    return tuple(sorted(last.values(), key=_place))


def _place(step: RankStep) -> tuple[int, float, str]:
    if step.is_mute:
        return (3, 0.0, step.voice_name)
    if step.score is not None:
        return (0, -step.score.score, step.voice_name)
    if step.target_similarity is not None:
        return (1, -step.target_similarity, step.voice_name)
    return (2, -(step.screening_similarity or 0.0), step.voice_name)


@dataclass(frozen=True)
class Candidate:
    """A proposed voice.

    Attributes:
        z: (n_dims,), where it lies in the search's space.
        voice: what it stands for.
        is_lucky: whether it may score well by chance, as one of many random draws does; then a
            small gain must hold under other seeds, too.
    """

    z: Floats = field(repr=False)
    voice: Voice
    is_lucky: bool = True


Outcome = Literal["accepted", "rejected", "gated"]


@dataclass(frozen=True)
class SearchStep:
    """One candidate heard and judged.

    Attributes:
        number: from 1.
        evaluation: of the candidate.
        outcome: what became of it.
        best_score: of the incumbent after the step, 0 to 100.
        improvement: the candidate, where it became the incumbent.
    """

    number: int
    evaluation: Evaluation
    outcome: Outcome
    best_score: float
    improvement: Candidate | None = field(default=None, repr=False)


@dataclass
class Progress:
    """Where a search stands: with the optimizer's state, all that it goes on from.

    Attributes:
        incumbent: the best candidate so far.
        evaluation: its score under the evaluator's own seed.
        number: of the last step; 0 before the first.
        last_improvement: number of the step that found the incumbent.
        used_s: seconds spent so far, over all parts of an interrupted search.
    """

    incumbent: Candidate
    evaluation: Evaluation
    number: int = 0
    last_improvement: int = 0
    used_s: float = 0.0

    @property
    def score(self) -> float:
        """The incumbent's score, 0 to 100."""
        assert self.evaluation.score is not None
        return self.evaluation.score.score


class Optimizer(Protocol):
    """Proposes candidates and learns what became of them; knows nothing of speech."""

    def ask(self) -> Candidate:
        """Returns the next candidate."""

    def tell(self, candidate: Candidate, score: float | None, is_accepted: bool) -> None:
        """Learns a candidate's score, None where the gate closed, and whether it was kept."""

    def state(self) -> dict[str, Any]:
        """Returns what the next `ask` depends on and `restore` is not given, as plain JSON data.

        Its size does not grow with the number of steps: it is written down at each of them.
        """

    def restore(
        self, state: Mapping[str, Any], incumbent: Floats, scores: Sequence[float | None]
    ) -> None:
        """Goes on as if never stopped.

        Args:
            state: from `state`.
            incumbent: z of the best candidate so far, (n_dims,).
            scores: that it was told so far, in order; None where the gate closed.
        """
