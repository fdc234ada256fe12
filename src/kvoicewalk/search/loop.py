"""Asks, listens, judges, tells; yields what happened. Knows nothing of display or disk."""

import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from kvoicewalk.config import WalkConfig
from kvoicewalk.errors import SynthError
from kvoicewalk.evaluate import Evaluation, Evaluator, Gate, silent
from kvoicewalk.search.base import Candidate, Optimizer, Outcome, Progress, SearchStep
from kvoicewalk.search.space import Space
from kvoicewalk.seeds import confirming_seed

Clock = Callable[[], float]


def begin(space: Space, evaluator: Evaluator, name: str = "start") -> Progress:
    """Returns the beginning of a search: the voice that the space starts from, scored.

    Raises:
        SynthError: that voice gives no finite speech.
    """
    start = Candidate(space.start, space.decode(space.start, name))
    return Progress(start, evaluator.evaluate(start.voice))


def search(
    optimizer: Optimizer,
    evaluator: Evaluator,
    progress: Progress,
    config: WalkConfig,
    clock: Clock = time.monotonic,
) -> Iterator[SearchStep]:
    """Yields a step for each candidate, until the budget is spent or nothing improves any more.

    Args:
        optimizer: proposes.
        evaluator: scores.
        progress: where to go on; kept up to date, so that at each step it and the optimizer's
            state are a checkpoint.
        config: budget, patience, gate and acceptance.
        clock: in seconds; the time that the caller takes between steps counts, too.

    A candidate that gives no speech, or none that is finite, is gated.
    """
    before_s = clock()
    gate: Gate | None = None
    while not is_over(progress, config):
        candidate = optimizer.ask()
        gate = gate or make_gate(progress, evaluator, config)
        try:
            evaluation = evaluator.evaluate(candidate.voice, gate)
            outcome = judge(candidate, evaluation, progress, evaluator, config)
        except SynthError:
            # A resumed search would propose it again: it must not end the search.
            evaluation, outcome = silent(candidate.voice), "gated"
        score = evaluation.score.score if evaluation.score else None
        optimizer.tell(candidate, score, outcome == "accepted")
        progress.number += 1
        if outcome == "accepted":
            progress.incumbent, progress.evaluation = candidate, evaluation
            progress.last_improvement = progress.number
            gate = None
        now_s = clock()
        progress.used_s, before_s = progress.used_s + now_s - before_s, now_s
        improvement = candidate if outcome == "accepted" else None
        yield SearchStep(progress.number, evaluation, outcome, progress.score, improvement)


def is_over(progress: Progress, config: WalkConfig) -> bool:
    """Tells whether steps, time or patience are spent."""
    steps, minutes, patience = config.step_budget, config.minutes, config.patience
    # A step that would end more than half of it too late is not begun.
    half_step_s = 0.5 * progress.used_s / max(progress.number, 1)
    return (
        (steps is not None and progress.number >= steps)
        or (minutes is not None and progress.used_s + half_step_s >= 60 * minutes)
        or (patience is not None and progress.number - progress.last_improvement >= patience)
    )


def make_gate(progress: Progress, evaluator: Evaluator, config: WalkConfig) -> Gate:
    """Returns the gate that a candidate must pass beside this incumbent.

    Raises:
        SynthError: the incumbent does not speak any more.
    """
    floor = config.gate * progress.evaluation.target_similarity
    if config.glance_gate is None:
        return Gate(floor)
    own = evaluator.glance(progress.incumbent.voice)
    least = replace(own, target_similarity=config.glance_gate * own.target_similarity)
    return Gate(floor, least)


def judge(
    candidate: Candidate,
    evaluation: Evaluation,
    progress: Progress,
    evaluator: Evaluator,
    config: WalkConfig,
) -> Outcome:
    """Tells whether a candidate takes the incumbent's place.

    It must score higher under the evaluator's seed. With more seeds, and unless it does so by more
    than `sure_gain`, it must do so by more than `min_gain`; both are then compared under each of
    the seeds (common random numbers), and the mean of the differences must exceed `noise_margin` of
    its own standard errors: what is left is not the luck of one draw.

    A candidate that luck had no part in, the average of a gradient's path, need not. It is also
    accepted where it is more like the target and costs no more than `led_loss` of the score: near
    the target the score is half stability, which differs by as much from text to text.
    """
    if evaluation.score is None:
        return "gated"
    gains = [evaluation.score.score - progress.score]
    if not candidate.is_lucky:
        is_closer = evaluation.target_similarity > progress.evaluation.target_similarity
        is_worth = gains[0] > 0 or (is_closer and gains[0] >= -config.led_loss)
        return "accepted" if is_worth else "rejected"
    if gains[0] <= 0:
        return "rejected"
    if gains[0] > config.sure_gain:
        return "accepted"
    if config.n_seeds > 1 and gains[0] <= config.min_gain:
        return "rejected"
    for extra in range(1, config.n_seeds):
        scores = [
            evaluator.evaluate(voice, seed=confirming_seed(evaluator.seed, extra)).score
            for voice in (candidate.voice, progress.incumbent.voice)
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
