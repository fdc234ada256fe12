"""Random walks compared: parametrisations, step sizes, and what acceptances are worth.

    uv run python -m benchmarks.walk_table run [--targets f4,linda,max,paul,2033,1688]
        [--seeds 0,1] [--methods classic,shared,pca] [--steps 300] [--file out/walks.jsonl]
    uv run python -m benchmarks.walk_table show [--file out/walks.jsonl]

`run` appends one line a finished walk and skips those that are there, so it can be stopped and
called again. All methods start from the same ranking and take the same number of steps. `classic`
is the original's walk with its own score; `-adaptive` follows the one-fifth success rule,
`-top` takes its axes from the ten likest voices instead of all. The texts searched with are short
ones (3 to 4 s), so that the table takes minutes, not hours.
"""

import argparse
import dataclasses
import itertools
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.bench_targets import BenchTarget, Desk, open_target
from benchmarks.records import append_record, read_records
from kvoicewalk.config import ModelConfig, ScoreConfig, WalkConfig
from kvoicewalk.evaluate import Evaluator
from kvoicewalk.held_out import HeldOut, measure_held_out, share_of_gap
from kvoicewalk.models import open_model
from kvoicewalk.search.base import Candidate
from kvoicewalk.search.loop import Island, begin, search
from kvoicewalk.search.random_walk import RandomWalk
from kvoicewalk.search.space import describe_population, make_space
from kvoicewalk.store import MemoryCache
from kvoicewalk.voices import Voice, mean_voice
from kvoicewalk.workers.bench import Bench, SerialExecutor

N_POPULATION = 10
N_HELD_OUT_SEEDS = 2
LUCK_SEEDS = range(101, 104)

METHODS: dict[str, dict[str, Any]] = {
    "classic": {"params": "classic"},
    "shared": {"method": "random", "params": "shared"},
    "pca": {"method": "random", "params": "pca"},
    "pca-top": {"method": "random", "params": "pca"},
    "pca-adaptive": {"method": "random", "params": "pca", "is_adaptive": True},
}


def run_one(desk: Desk, target: BenchTarget, method: str, seed: int, n_steps: int) -> dict:
    """Returns the record of one walk."""
    config = WalkConfig(**METHODS[method], n_steps=n_steps)
    scoring = "classic" if method == "classic" else "scaled"
    fair = desk.evaluator(target, ScoreConfig(), seed, is_short=True)
    ranked = desk.ranked(fair)
    population = ranked[:N_POPULATION]
    evaluator = desk.evaluator(target, ScoreConfig(scoring=scoring), seed, is_short=True)
    is_classic = config.params == "classic"
    base = mean_voice(population, "mean")
    is_narrow = is_classic or method.endswith("-top")
    spread = describe_population(population if is_narrow else desk.voices)
    space = make_space(config.params, base, spread)
    started = time.perf_counter()
    executor = SerialExecutor(Bench(evaluator))
    progress = begin(space, executor)
    accepted: list[Candidate] = [progress.incumbent]
    n_gated = 0
    island = Island(RandomWalk(space, config, seed), progress)
    for step in search([island], executor, config, seed):
        n_gated += step.outcome == "gated"
        if step.improvement:
            accepted.append(step.improvement)
        if step.number % 200 == 0:
            evaluator.memory = MemoryCache()
    wall_s = time.perf_counter() - started
    final = fair.evaluate(progress.incumbent.voice).score
    assert final is not None
    judged = {
        name: _held_out(desk, fair, voice)
        for name, voice in (("best", progress.incumbent.voice), ("floor", ranked[0]))
    }
    return {
        "target": target.name, "method": method, "seed": seed, "n_steps": n_steps,
        "wall_s": wall_s, "n_accepted": len(accepted) - 1, "n_gated": n_gated,
        "n_lucky": _count_lucky(evaluator, accepted) if seed == 0 else None,
        "score": final.score, "target_similarity": final.target_similarity,
        "self_similarity": final.self_similarity,
        "feature_similarity": final.feature_similarity,
        "ceiling": target.ceiling,
        **{name: dataclasses.asdict(found) for name, found in judged.items()},
    }  # fmt: skip


def _held_out(desk: Desk, evaluator: Evaluator, voice: Voice) -> HeldOut:
    return measure_held_out(
        voice, [evaluator.scorer.target.embeddings], desk.synthesizer, desk.encoders,
        n_seeds=N_HELD_OUT_SEEDS,
    )  # fmt: skip


def _count_lucky(evaluator: Evaluator, accepted: list[Candidate]) -> int:
    """Counts acceptances whose mean gain under other seeds is not above 0."""
    means = []
    for candidate in accepted:
        scores = [evaluator.evaluate(candidate.voice, seed=seed).score for seed in LUCK_SEEDS]
        means.append(statistics.fmean(score.score for score in scores if score))
    return sum(after <= before for before, after in itertools.pairwise(means))


def run(options: argparse.Namespace) -> None:
    """Walks what is not walked yet."""
    done = {_key(record) for record in read_records(options.file)}
    desk = Desk.on(open_model(ModelConfig(name="mini", device="cpu")))
    for seed in map(int, options.seeds.split(",")):
        for name in options.targets.split(","):
            target = open_target(name, desk.encoders)
            for method in options.methods.split(","):
                if (name, method, seed, options.steps) in done:
                    continue
                record = run_one(desk, target, method, seed, options.steps)
                append_record(options.file, record)
                print(_line(record), flush=True)


def _key(record: dict) -> tuple:
    return record["target"], record["method"], record["seed"], record["n_steps"]


def _line(record: dict) -> str:
    share = _share(record)
    return (
        f"{record['target']} {record['method']} seed {record['seed']}: score "
        f"{record['score']:.2f}, likeness {record['target_similarity']:.3f}, held out "
        f"{record['best']['target_similarity']:.3f} (floor "
        f"{record['floor']['target_similarity']:.3f}, ceiling {record['ceiling']:.3f}, share "
        f"{share:.2f}), {record['n_accepted']} accepted, {record['wall_s']:.0f} s"
    )


def _share(record: dict) -> float:
    best, floor = (record[name]["target_similarity"] for name in ("best", "floor"))
    return share_of_gap(best, floor, record["ceiling"]) or 0.0


def show(options: argparse.Namespace) -> None:
    """Prints the means of each method over all targets and seeds it was walked with."""
    groups: dict[tuple[int, str], list[dict]] = {}
    for record in read_records(options.file):
        groups.setdefault((record["n_steps"], record["method"]), []).append(record)
    table = Table(
        "steps", "method", "walks", "score", "likeness", "held out", "share", "10", "40", "100",
        "200", "400", "self", "accepted", "lucky", "s/walk", box=None, pad_edge=False,
    )  # fmt: skip
    for (n_steps, method), records in sorted(groups.items()):
        table.add_row(str(n_steps), method, str(len(records)), *_cells(records))
    Console(width=140).print(table)


def _cells(records: list[dict]) -> list[str]:
    def mean(values: Iterator[float]) -> float:
        return statistics.fmean(values)

    lucky = [(r["n_lucky"], r["n_accepted"]) for r in records if r["n_lucky"] is not None]
    n_lucky, n_all = (sum(pair[i] for pair in lucky) for i in (0, 1))
    by_length = [
        mean(r["best"]["by_length"][i]["target_similarity"] for r in records) for i in range(5)
    ]
    return [
        f"{mean(r['score'] for r in records):.2f}",
        f"{mean(r['target_similarity'] for r in records):.3f}",
        f"{mean(r['best']['target_similarity'] for r in records):.3f}",
        f"{statistics.median(map(_share, records)):.2f}",
        *(f"{value:.3f}" for value in by_length),
        f"{mean(r['best']['self_similarity'] for r in records):.3f}",
        f"{mean(r['n_accepted'] for r in records):.0f}",
        f"{n_lucky} of {n_all}" if n_all else "·",
        f"{mean(r['wall_s'] for r in records):.0f}",
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compares random walks on the embedded model.")
    parser.add_argument("action", choices=("run", "show"))
    parser.add_argument("--targets", default="f4,linda,max,paul,2033,1688")
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--methods", default="classic,shared,pca")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--file", type=Path, default=Path("out/walks.jsonl"))
    chosen = parser.parse_args()
    {"run": run, "show": show}[chosen.action](chosen)
