"""Asks, listens, judges, tells; yields what happened. Knows nothing of display or disk."""

import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kvoicewalk.config import WalkConfig
from kvoicewalk.evaluate import Evaluation, Evaluator, Gate
from kvoicewalk.search.base import Candidate, Optimizer, Outcome, SearchStep
from kvoicewalk.voices import Voice

Clock = Callable[[], float]


@dataclass
class Incumbent:
    """The best voice so far, and its score under the evaluator's own seed."""

    voice: Voice
    evaluation: Evaluation

    @property
    def score(self) -> float:
        """The score alone, 0 to 100."""
        assert self.evaluation.score is not None
        return self.evaluation.score.score


def start_incumbent(voice: Voice, evaluator: Evaluator) -> Incumbent:
    """Returns the voice that a search starts from, scored."""
    return Incumbent(voice, evaluator.evaluate(voice))


def search(
    optimizer: Optimizer,
    evaluator: Evaluator,
    incumbent: Incumbent,
    config: WalkConfig,
    first_step: int = 1,
    clock: Clock = time.monotonic,
) -> Iterator[SearchStep]:
    """Yields a step for each candidate, until the budget is spent or nothing improves any more.

    Args:
        optimizer: proposes.
        evaluator: scores.
        incumbent: where to start; kept up to date.
        config: budget, patience, gate and acceptance.
        first_step: above 1 when a search goes on.
        clock: in seconds, for `minutes`.

    Raises:
        SynthError: a candidate gives no finite speech.
    """
    deadline_s = math.inf if config.minutes is None else clock() + 60 * config.minutes
    last_improvement = first_step - 1
    number = first_step
    while (config.n_steps is None or number <= config.n_steps) and clock() < deadline_s:
        candidate = optimizer.ask()
        gate = Gate(config.gate_share * incumbent.evaluation.target_similarity)
        evaluation = evaluator.evaluate(candidate.voice, gate)
        outcome = judge(candidate, evaluation, incumbent, evaluator, config)
        score = evaluation.score.score if evaluation.score else None
        optimizer.tell(candidate, score, outcome == "accepted")
        if outcome == "accepted":
            incumbent.voice, incumbent.evaluation = candidate.voice, evaluation
            last_improvement = number
        yield SearchStep(
            number, evaluation, outcome, incumbent.score,
            candidate if outcome == "accepted" else None,
        )  # fmt: skip
        if config.patience is not None and number - last_improvement >= config.patience:
            return
        number += 1


def judge(
    candidate: Candidate,
    evaluation: Evaluation,
    incumbent: Incumbent,
    evaluator: Evaluator,
    config: WalkConfig,
) -> Outcome:
    """Tells whether a candidate takes the incumbent's place.

    It must score higher under the evaluator's seed. With more seeds, both are then compared
    under each of them (common random numbers), and the mean of the differences must exceed
    `noise_margin` of its own standard errors: what is left is not the luck of one draw.
    """
    if evaluation.score is None:
        return "gated"
    gains = [evaluation.score.score - incumbent.score]
    if gains[0] <= 0:
        return "rejected"
    for extra in range(1, config.n_seeds):
        scores = [
            evaluator.evaluate(voice, seed=evaluator.seed + extra).score
            for voice in (candidate.voice, incumbent.voice)
        ]
        assert scores[0] is not None
        assert scores[1] is not None
        gains.append(scores[0].score - scores[1].score)
    return "accepted" if is_beyond_noise(gains, config.noise_margin) else "rejected"


def is_beyond_noise(gains: list[float], margin: float) -> bool:
    """Tells whether the mean gain exceeds `margin` of its standard errors, and 0."""
    mean = statistics.fmean(gains)
    if len(gains) == 1:
        return mean > 0
    return mean > 0 and mean > margin * statistics.stdev(gains) / math.sqrt(len(gains))
