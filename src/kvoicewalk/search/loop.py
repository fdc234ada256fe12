"""Asks, has heard, judges, tells; yields what happened. Knows nothing of display, disk or workers.

A search runs on one island or on several: searches of their own in one space, from other starts and
seeds, whose best candidates migrate. All islands are asked at once, so that the candidates of one
are heard while another's are. What each is told does not depend on who was heard first.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from kvoicewalk.config import WalkConfig
from kvoicewalk.errors import SynthError
from kvoicewalk.evaluate import Evaluation, Gate, Glance, silent
from kvoicewalk.requests import Executor, Reply, Request
from kvoicewalk.search.base import Candidate, Optimizer, Outcome, Progress, SearchStep, Told
from kvoicewalk.search.space import Space
from kvoicewalk.seeds import confirming_seed

Clock = Callable[[], float]


@dataclass(eq=False)
class Island:
    """One search of those that run side by side.

    Attributes:
        optimizer: proposes.
        progress: where it stands; with the optimizer's state, at a checkpoint, all that it goes on
            from.
        gate: that a candidate must pass beside the incumbent; None: not looked at yet.
    """

    optimizer: Optimizer
    progress: Progress
    gate: Gate | None = None

    def accept(self, candidate: Candidate, evaluation: Evaluation) -> None:
        """Makes a candidate the incumbent."""
        self.progress.incumbent, self.progress.evaluation = candidate, evaluation
        self.progress.last_improvement = self.progress.number
        self.gate = None


def begin(space: Space, executor: Executor, name: str = "start") -> Progress:
    """Returns the beginning of a search: the voice that the space starts from, scored.

    Raises:
        SynthError: that voice gives no finite speech.
    """
    start = Candidate(space.start, space.decode(space.start, name))
    (evaluation,) = score_all([start], executor)
    return Progress(start, evaluation)


def score_all(candidates: Sequence[Candidate], executor: Executor) -> list[Evaluation]:
    """Returns the full scores of candidates that have to have one.

    Raises:
        SynthError: one gives no finite speech.
    """
    replies = executor.run(Request("score", one.voice, z=one.z) for one in candidates)
    return [_scored(one, reply) for one, reply in zip(candidates, replies, strict=True)]


def _scored(candidate: Candidate, reply: Reply) -> Evaluation:
    if not isinstance(reply, Evaluation):
        raise SynthError(
            f"voice {candidate.voice.name} gives no speech on this model; it was made for another "
            "one, or is damaged."
        )
    return reply


def search(
    islands: Sequence[Island],
    executor: Executor,
    config: WalkConfig,
    seed: int = 0,
    batch_size: int = 1,
    clock: Clock = time.monotonic,
) -> Iterator[SearchStep]:
    """Yields a step for each candidate, until the budget is spent or nothing improves any more.

    Args:
        islands: where to go on; kept up to date.
        executor: hears.
        config: budget of each island, patience, gate, acceptance and migration.
        seed: the evaluators' own.
        batch_size: candidates that an island proposes at once.
        clock: in seconds; the time that the caller takes between steps counts, too.

    A candidate that gives no speech, or none that is finite, is gated.
    """
    before_s = clock()
    while active := [one for one in islands if not is_over(one.progress, config)]:
        study([one.optimizer for one in active], executor)
        asked = [(one, *_ask(one, executor, config, batch_size)) for one in active]
        waiting = [(one, candidate) for one, batch, _ in asked for candidate in batch]
        replies = executor.run(
            Request("score", candidate.voice, z=candidate.z, gate=gate)
            for _, batch, gate in asked
            for candidate in batch
        )
        told: dict[int, list[Told]] = {id(one): [] for one in active}
        for n_heard, (one, candidate) in enumerate(waiting, 1):
            best = best_of(islands).score
            evaluation, outcome = judge(
                candidate, next(replies), one.progress, executor, config, seed
            )
            told[id(one)].append(Told(candidate, _points(evaluation), outcome == "accepted"))
            one.progress.number += 1
            if outcome == "accepted":
                one.accept(candidate, evaluation)
            if n_heard == len(waiting):
                _conclude(islands, [(each, told[id(each)]) for each in active], config)
            now_s = clock()
            for each in islands:
                each.progress.used_s += now_s - before_s
            before_s = now_s
            now = best_of(islands).score
            yield SearchStep(
                sum(each.progress.number for each in islands),
                evaluation,
                outcome,
                now,
                candidate if now > best or (len(islands) == 1 and outcome == "accepted") else None,
                n_heard == len(waiting),
                islands.index(one),
            )


def _points(evaluation: Evaluation) -> float | None:
    return evaluation.score.score if evaluation.score else None


def _ask(
    island: Island, executor: Executor, config: WalkConfig, batch_size: int
) -> tuple[Sequence[Candidate], Gate]:
    """Returns what an island proposes, and the gate beside its incumbent of now."""
    n = batch_size
    if config.step_budget is not None:
        n = min(n, config.step_budget - island.progress.number)
    candidates = island.optimizer.ask(n)
    island.gate = island.gate or make_gate(island.progress, executor, config)
    return candidates, island.gate


def _conclude(
    islands: Sequence[Island],
    told: Sequence[tuple[Island, Sequence[Told]]],
    config: WalkConfig,
) -> None:
    """Ends a round: optimizers learn what became of their candidates, and the best migrates."""
    for island, batch in told:
        island.optimizer.tell(batch)
        island.progress.n_rounds += 1
    n_rounds = max(island.progress.n_rounds for island in islands)
    if len(islands) > 1 and n_rounds % config.migrate_every == 0:
        migrate(islands)


def migrate(islands: Sequence[Island]) -> None:
    """Has the island that stands worst go on from the incumbent of the one that stands best."""
    best = best_of(islands)
    worst = min(islands, key=lambda island: island.progress.score)
    if worst.progress.score < best.score:
        worst.accept(best.incumbent, best.evaluation)
        worst.optimizer.adopt(best.incumbent.z)


def best_of(islands: Sequence[Island]) -> Progress:
    """Returns where the island with the best incumbent stands."""
    return max((island.progress for island in islands), key=lambda progress: progress.score)


def study(optimizers: Sequence[Optimizer], executor: Executor) -> None:
    """Lets optimizers hear what they want to hear before they are asked, side by side."""
    while True:
        wanted = [optimizer.study() for optimizer in optimizers]
        requests = [request for some in wanted for request in some]
        if not requests:
            return
        replies = executor.run(requests)
        for optimizer, some in zip(optimizers, wanted, strict=True):
            if some:
                optimizer.learn([next(replies) for _ in some])


def is_over(progress: Progress, config: WalkConfig) -> bool:
    """Tells whether an island's steps, time or patience are spent."""
    steps, minutes, patience = config.step_budget, config.minutes, config.patience
    # A round that would end more than half of it too late is not begun.
    half_round_s = 0.5 * progress.used_s / max(progress.n_rounds, 1)
    return (
        (steps is not None and progress.number >= steps)
        or (minutes is not None and progress.used_s + half_round_s >= 60 * minutes)
        or (patience is not None and progress.number - progress.last_improvement >= patience)
    )


def make_gate(progress: Progress, executor: Executor, config: WalkConfig) -> Gate:
    """Returns the gate that a candidate must pass beside this incumbent.

    Raises:
        SynthError: the incumbent does not speak any more.
    """
    floor = config.gate * progress.evaluation.target_similarity
    if config.glance_gate is None:
        return Gate(floor)
    incumbent = progress.incumbent
    (own,) = executor.run([Request("glance", incumbent.voice, z=incumbent.z)])
    if not isinstance(own, Glance):
        raise SynthError(f"voice {incumbent.voice.name} gives no speech any more.")
    least = replace(own, target_similarity=config.glance_gate * own.target_similarity)
    return Gate(floor, least)


def judge(
    candidate: Candidate,
    reply: Reply,
    progress: Progress,
    executor: Executor,
    config: WalkConfig,
    seed: int = 0,
) -> tuple[Evaluation, Outcome]:
    """Returns a candidate's evaluation, and whether it takes the incumbent's place.

    It must score higher under the evaluator's seed. With more seeds, and unless it does so by more
    than `sure_gain`, it must do so by more than `min_gain`; both are then compared under each of
    the seeds (common random numbers), and the mean of the differences must exceed `noise_margin` of
    its own standard errors: what is left is not the luck of one draw.

    A candidate that luck had no part in, the average of a gradient's path, need not. It is also
    accepted where it is more like the target and costs no more than `led_loss` of the score: near
    the target the score is half stability, which differs by as much from text to text.
    """
    evaluation = reply if isinstance(reply, Evaluation) else silent(candidate.voice)
    if evaluation.score is None:
        return evaluation, "gated"
    gain = evaluation.score.score - progress.score
    if not candidate.is_lucky:
        is_closer = evaluation.target_similarity > progress.evaluation.target_similarity
        is_better = gain > 0 or (is_closer and gain >= -config.led_loss)
    elif gain <= 0 or gain > config.sure_gain:
        is_better = gain > 0
    elif config.n_seeds > 1 and gain <= config.min_gain:
        is_better = False
    else:
        gains = _confirm(candidate, progress.incumbent, executor, config, seed)
        if gains is None:  # a resumed search would propose it again: it must not end the search
            return silent(candidate.voice), "gated"
        is_better = is_beyond_noise([gain, *gains], config.noise_margin)
    return evaluation, "accepted" if is_better else "rejected"


def _confirm(
    candidate: Candidate,
    incumbent: Candidate,
    executor: Executor,
    config: WalkConfig,
    seed: int,
) -> list[float] | None:
    """Returns a candidate's gain under each further seed; None where one of the two is mute."""
    replies = executor.run(
        Request("score", one.voice, z=one.z, seed=confirming_seed(seed, extra))
        for extra in range(1, config.n_seeds)
        for one in (candidate, incumbent)
    )
    points = [
        one.score.score if isinstance(one, Evaluation) and one.score else None for one in replies
    ]
    pairs = zip(points[::2], points[1::2], strict=True)
    gains = [None if a is None or b is None else a - b for a, b in pairs]
    return None if None in gains else [one for one in gains if one is not None]


def is_beyond_noise(gains: list[float], margin: float) -> bool:
    """Tells whether the mean gain exceeds `margin` of its standard errors, and 0."""
    mean = statistics.fmean(gains)
    if len(gains) == 1:
        return mean > 0
    return mean > 0 and mean > margin * statistics.stdev(gains) / math.sqrt(len(gains))
