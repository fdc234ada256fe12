"""How soon `auto` has the likeness that the original's walk has after many steps.

    uv run python -m benchmarks.time_to_likeness run [--targets linda,paul,m6,2033,1688]
        [--seeds 0,1] [--steps 200,1000] [--file out/time_to_likeness.jsonl]
    uv run python -m benchmarks.time_to_likeness show [--file out/time_to_likeness.jsonl]

Both begin after the same ranking, on the same texts, target and model, one after the other. The
walk is the transcription of the original in `walk_throughput`, with its own score and cost. `auto`
is what `kvw walk --method auto` runs by default; its clock starts before the set-up and counts
validation and polish, but not the writing of files. Likeness is that on held-out texts, measured
outside of both clocks. `run` appends one line a finished case and skips those that are there.

Where the walk gains less than 0.01 over the best stock voice, `auto` must pass that voice by 0.01
instead; where floor and ceiling lie closer than 0.03, shares of the gap are printed, not counted.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.bench_targets import BenchTarget, Desk, open_target
from benchmarks.records import append_record, read_records
from benchmarks.walk_throughput import N_POPULATION, Original
from kvoicewalk.app.method import make_search_setup
from kvoicewalk.app.session import Session
from kvoicewalk.app.start import StartVoices
from kvoicewalk.config import ModelConfig, RunConfig, ScoreConfig, SynthConfig, WalkConfig
from kvoicewalk.held_out import measure_held_out, share_of_gap
from kvoicewalk.models import Model, open_model
from kvoicewalk.search.loop import Island, begin, search
from kvoicewalk.voices import Voice
from kvoicewalk.workers.crew import SerialCrew
from kvoicewalk.workers.spec import SearchSpec

N_HELD_OUT_SEEDS = 1
MIN_GAIN = 0.01
MIN_GAP = 0.03
EARLY_SHARE = 0.1


@dataclass(frozen=True)
class Found:
    """A voice, and what had been spent when the search had it."""

    voice: Voice
    wall_s: float
    processor_s: float


class Stopwatch:
    """Wall and processor time since it was made."""

    def __init__(self) -> None:
        self._wall_s, self._processor_s = time.perf_counter(), time.process_time()

    def found(self, voice: Voice) -> Found:
        """Returns a voice as found now."""
        return Found(
            voice, time.perf_counter() - self._wall_s, time.process_time() - self._processor_s
        )


def walk_as_the_original(
    desk: Desk, target: BenchTarget, voices: list[Voice], seed: int, marks: list[int]
) -> Iterator[tuple[int, Found]]:
    """Yields the original's best voice after so many steps; the caller's time does not count."""
    evaluator = desk.evaluator(target, ScoreConfig(scoring="classic"), seed)
    original = Original(desk, evaluator, voices, seed)
    walk, n_done, wall_s, processor_s = original.walk(), 0, 0.0, 0.0
    for mark in marks:
        watch = Stopwatch()
        for _ in range(mark - n_done):
            next(walk)
        now = watch.found(Voice("original", np.asarray(original.best, dtype=np.float32)))
        n_done, wall_s, processor_s = mark, wall_s + now.wall_s, processor_s + now.processor_s
        yield mark, Found(now.voice, wall_s, processor_s)


def walk_by_auto(
    desk: Desk, model: Model, target: BenchTarget, ranked: list[Voice], seed: int
) -> list[Found]:
    """Returns the incumbents of `kvw walk --method auto` one after another, then the end."""
    config = RunConfig(
        command="walk",
        model=ModelConfig(name="mini", device="cpu"),
        synth=SynthConfig(seed=seed),
        walk=WalkConfig(method="auto"),
    )
    voices = ranked[:N_POPULATION]
    population = StartVoices([v.name for v in voices], voices, ranked[0], desk.voices)
    # An evaluator that remembers nothing of the ranking: the start is heard anew, on the clock.
    evaluator = desk.evaluator(target, config.score, seed)
    crew = SerialCrew(evaluator)
    session = Session(config, model, desk.synthesizer, evaluator, target.clips, crew)
    watch = Stopwatch()
    method = make_search_setup(session, population)
    progress = begin(method.space, crew, method.base.name)
    crew.prepare(SearchSpec(method.space, method.lessons), evaluator)
    start = watch.found(progress.incumbent.voice)
    trail = [
        watch.found(step.improvement.voice)
        for step in search([Island(method.optimizers[0], progress)], crew, config.walk, seed)
        if step.improvement
    ]
    return [start, *trail, watch.found(progress.incumbent.voice)]


def run_pair(
    desk: Desk, model: Model, target: BenchTarget, seed: int, marks: list[int]
) -> Iterator[dict[str, Any]]:
    """Yields, for one `auto` and one walk, a record after each number of steps."""
    ranker = desk.evaluator(target, ScoreConfig(), seed)
    ranked = desk.ranked(ranker)
    known: dict[str, float] = {}

    def likeness(voice: Voice) -> float:
        if voice.hash not in known:
            known[voice.hash] = measure_held_out(
                voice, [ranker.scorer.target.embeddings], desk.synthesizer, desk.encoders,
                n_seeds=N_HELD_OUT_SEEDS, seed=seed,
            ).target_similarity  # fmt: skip
        return known[voice.hash]

    trail = [_entry(found, likeness) for found in walk_by_auto(desk, model, target, ranked, seed)]
    walk = walk_as_the_original(desk, target, ranked[:N_POPULATION], seed, marks)
    for n_steps, original in walk:
        yield {
            "target": target.name, "seed": seed, "n_steps": n_steps,
            "floor": likeness(ranked[0]), "ceiling": target.ceiling,
            "walk": _entry(original, likeness), "auto": trail,
        }  # fmt: skip


def _entry(found: Found, likeness: Callable[[Voice], float]) -> dict[str, float]:
    return {
        "wall_s": found.wall_s,
        "processor_s": found.processor_s,
        "likeness": likeness(found.voice),
    }


def run(options: argparse.Namespace) -> None:
    """Runs what is not there yet."""
    done = {(r["target"], r["seed"], r["n_steps"]) for r in read_records(options.file)}
    model = open_model(ModelConfig(name="mini", device="cpu"))
    desk, marks = Desk.on(model), sorted(map(int, options.steps.split(",")))
    for seed in map(int, options.seeds.split(",")):
        for name in options.targets.split(","):
            left = [mark for mark in marks if (name, seed, mark) not in done]
            if not left:
                continue
            for record in run_pair(desk, model, open_target(name, desk.encoders), seed, left):
                append_record(options.file, record)
                print(name, seed, record["n_steps"], *_cells(record), flush=True)


def _goal(record: dict[str, Any]) -> float:
    return max(record["walk"]["likeness"], record["floor"] + MIN_GAIN)


def _ratio(record: dict[str, Any], clock: str) -> float | None:
    """Returns the walk's time over that of `auto` up to its goal; None where it never comes."""
    reached = [e[clock] for e in record["auto"] if e["likeness"] >= _goal(record)]
    return record["walk"][clock] / reached[0] if reached else None


def _shares(record: dict[str, Any]) -> tuple[float, float]:
    """Returns the gap closed by `auto` in a tenth of the walk's time, and by the walk."""
    limit_s = EARLY_SHARE * record["walk"]["wall_s"]
    early = [e for e in record["auto"] if e["wall_s"] <= limit_s]
    likeness = early[-1]["likeness"] if early else record["floor"]
    first, second = (
        share_of_gap(value, record["floor"], record["ceiling"]) or 0.0
        for value in (likeness, record["walk"]["likeness"])
    )
    return first, second


def _cells(record: dict[str, Any]) -> list[str]:
    walk, (early, late), wall = record["walk"], _shares(record), _ratio(record, "wall_s")
    is_small = walk["likeness"] < record["floor"] + MIN_GAIN
    is_tight = record["ceiling"] - record["floor"] < MIN_GAP
    return [
        f"{record['floor']:.3f}", f"{record['ceiling']:.3f}", f"{walk['likeness']:.3f}",
        f"{walk['wall_s']:.0f}", f"{_goal(record):.3f}" + (" (floor + 0.01)" if is_small else ""),
        f"{walk['wall_s'] / wall:.1f}" if wall else "never",
        f"{wall:.0f}" if wall else "–",
        f"{_ratio(record, 'processor_s') or 0:.0f}" if wall else "–",
        f"{early:.2f}" + (" (not counted)" if is_tight else ""), f"{late:.2f}",
        f"{record['auto'][-1]['likeness']:.3f}", f"{record['auto'][-1]['wall_s']:.0f}",
    ]  # fmt: skip


def show(options: argparse.Namespace) -> None:
    """Prints each pair, and for each number of steps the medians that the claim is about."""

    def place(record: dict[str, Any]) -> tuple[int, str, int]:
        return record["n_steps"], record["target"], record["seed"]

    records = sorted(read_records(options.file), key=place)
    table = Table(
        "steps", "target", "seed", "floor", "ceiling", "walk", "walk s", "goal", "auto s",
        "times", "by CPU", "gap at 1/10", "walk's gap", "auto's end", "end s",
        box=None, pad_edge=False,
    )  # fmt: skip
    for record in records:
        head = (str(record[key]) for key in ("n_steps", "target", "seed"))
        table.add_row(*head, *_cells(record))
    console = Console(width=160)
    console.print(table)
    for n_steps in sorted({record["n_steps"] for record in records}):
        own = [record for record in records if record["n_steps"] == n_steps]
        ratios = [_ratio(record, "wall_s") or 0.0 for record in own]
        leads = [
            first - second
            for record in own
            if record["ceiling"] - record["floor"] >= MIN_GAP
            for first, second in [_shares(record)]
        ]
        lead = f"{statistics.median(leads):+.2f}" if leads else "–"
        console.print(
            f"{n_steps} steps, {len(own)} pairs: median {statistics.median(ratios):.0f} times as "
            f"fast; in a tenth of the time {lead} of the gap (median of {len(leads)})"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Times auto against the original's walk.")
    parser.add_argument("action", choices=("run", "show"))
    parser.add_argument("--targets", default="linda,paul,m6,2033,1688")
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--steps", default="1000")
    parser.add_argument("--file", type=Path, default=Path("out/time_to_likeness.jsonl"))
    chosen = parser.parse_args()
    {"run": run, "show": show}[chosen.action](chosen)
