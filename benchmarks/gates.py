"""How close the gate may lie, and which gains need no second seed.

    uv run python -m benchmarks.gates [--targets f4,linda,2033] [--steps 150]

Each target gets a random walk in `pca` space whose candidates are all heard out. Printed: for some
gates, on all windows of the speaker encoder and at a glance, how many candidates would
pass, and how many acceptances, and points gained by them, would stay; the same for some least gains
that are worth a second seed; by size of the gain, how it held under three other seeds; and what a
walk with its gate accepted, closed to, and would have accepted of that.
"""

import argparse
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.bench_targets import Desk, open_target
from benchmarks.walk_throughput import N_POPULATION
from kvoicewalk.config import ModelConfig, ScoreConfig, WalkConfig
from kvoicewalk.evaluate import Evaluator, Gate, Glance
from kvoicewalk.models import open_model
from kvoicewalk.search.base import Candidate, Progress, Told
from kvoicewalk.search.loop import Island, begin, judge, search
from kvoicewalk.search.random_walk import RandomWalk
from kvoicewalk.search.space import describe_population, make_space
from kvoicewalk.voices import mean_voice
from kvoicewalk.workers.bench import Bench, SerialExecutor

GATES = (0.98, 0.99, 0.995, 0.998, 0.999, 1.0)
MIN_GAINS = (0.0, 0.05, 0.1, 0.2, 0.3)
OPEN = Gate(0.0, Glance(0.0, 0))
GAIN_STEPS = (0.0, 0.25, 0.5, 1.0, 2.0, 100.0)
N_OTHER_SEEDS = 3


@dataclass(frozen=True)
class Judged:
    """One candidate against the incumbent.

    Attributes:
        share: of the incumbent's target similarity.
        glance_share: the same at a glance; infinite where the numbers of windows differ.
        gains: in points, under the search's seed and, where that is above 0, three others.
        is_accepted: as a walk without gate and with two seeds has it.
    """

    share: float
    glance_share: float
    gains: Sequence[float]
    is_accepted: bool


class Remembering(RandomWalk):
    """Keeps its last candidate."""

    last: Candidate

    def ask(self, n: int) -> list[Candidate]:
        """See `Optimizer.ask`."""
        found = super().ask(n)
        self.last = found[-1]
        return found


def begin_walk(
    desk: Desk, name: str, config: WalkConfig
) -> tuple[Evaluator, Remembering, Progress]:
    """Returns a random walk in `pca` space on the default texts, before its first step."""
    evaluator = desk.evaluator(open_target(name, desk.encoders), ScoreConfig())
    voices = desk.ranked(evaluator)[:N_POPULATION]
    space = make_space("pca", mean_voice(voices, "mean"), describe_population(desk.voices))
    return evaluator, Remembering(space, config, 0), begin(space, SerialExecutor(Bench(evaluator)))


def count_closed_out(desk: Desk, name: str, n_steps: int) -> tuple[int, int, int]:
    """Walks as `kvw walk --method random` does, and hears out what the gate closed to.

    Returns:
        Steps accepted, gated, and gated that would have been accepted.
    """
    config = WalkConfig(method="random", n_steps=n_steps)
    evaluator, walker, progress = begin_walk(desk, name, config)
    n_accepted = n_gated = n_lost = 0
    executor = SerialExecutor(Bench(evaluator))
    for step in search([Island(walker, progress)], executor, config):
        n_accepted += step.outcome == "accepted"
        if step.outcome == "gated":
            n_gated += 1
            whole = evaluator.evaluate(walker.last.voice)
            n_lost += judge(walker.last, whole, progress, executor, config)[1] == "accepted"
    return n_accepted, n_gated, n_lost


def hear_all(desk: Desk, name: str, n_steps: int) -> Iterator[Judged]:
    """Walks from the population's mean, without a gate."""
    evaluator, walker, progress = begin_walk(desk, name, WalkConfig(method="random"))
    for _ in range(n_steps):
        (candidate,) = walker.ask(1)
        evaluation = evaluator.evaluate(candidate.voice, OPEN)
        assert evaluation.score is not None
        gains = [evaluation.score.score - progress.score]
        for seed in range(1, 1 + N_OTHER_SEEDS) if gains[0] > 0 else ():
            ours, theirs = (
                evaluator.evaluate(voice, seed=seed).score
                for voice in (candidate.voice, progress.incumbent.voice)
            )
            assert ours is not None
            assert theirs is not None
            gains.append(ours.score - theirs.score)
        share = evaluation.target_similarity / progress.evaluation.target_similarity
        own, best = (evaluator.glance(v) for v in (candidate.voice, progress.incumbent.voice))
        glance_share = own.target_similarity / best.target_similarity
        if own.n_windows != best.n_windows:
            glance_share = math.inf
        is_accepted = gains[0] > 0 and gains[1] > 0
        walker.tell([Told(candidate, evaluation.score.score, is_accepted)])
        if is_accepted:
            progress.incumbent, progress.evaluation = candidate, evaluation
        yield Judged(share, glance_share, gains, is_accepted)


def kept(judged: Sequence[Judged], points: float) -> str:
    """Says how many of them were accepted, and what share of all points gained they bring."""
    accepted = [one for one in judged if one.is_accepted]
    share = sum(one.gains[0] for one in accepted) / points
    return f"{len(accepted)} accepted, {share:.1%} of the points"


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description="Tries gates, and gains under other seeds.")
    parser.add_argument("--targets", default="f4,linda,2033")
    parser.add_argument("--steps", type=int, default=150)
    options = parser.parse_args()
    desk = Desk.on(open_model(ModelConfig(name="mini", device="cpu")))
    names = options.targets.split(",")
    found = [judged for name in names for judged in hear_all(desk, name, options.steps)]
    accepted = [judged for judged in found if judged.is_accepted]
    points = sum(judged.gains[0] for judged in accepted)
    print(f"{len(found)} candidates, {len(accepted)} accepted")
    for name, share in (("on all windows", "share"), ("at a glance", "glance_share")):
        for gate in GATES:
            passed = [judged for judged in found if getattr(judged, share) >= gate]
            what = f"gate {gate} {name}: {len(passed) / len(found):.0%} pass"
            print(f"{what}, {kept(passed, points)}")
    for min_gain in MIN_GAINS:
        asked = [judged for judged in found if judged.gains[0] > min_gain]
        print(f"gains above {min_gain}: {len(asked)} second seeds, {kept(asked, points)}")
    for low, high in itertools.pairwise(GAIN_STEPS):
        gains = np.array([j.gains for j in found if low < j.gains[0] <= high])
        if gains.size:
            others = gains[:, 1:]
            print(
                f"gains of {low} to {high}: {len(gains)}; least under another seed "
                f"{others.min():+.2f}, mean of the others not above 0 in "
                f"{int((others.mean(axis=1) <= 0).sum())}; "
                f"differ by {(others - gains[:, :1]).std():.2f}"
            )
    for name in names:
        n_accepted, n_gated, n_lost = count_closed_out(desk, name, options.steps)
        print(
            f"{name}, with the gate: {n_accepted} accepted, {n_gated} gated, "
            f"{n_lost} of these would have been accepted",
            flush=True,
        )


if __name__ == "__main__":
    main()
