"""Does interpolation from coarse to fine find what the full grid finds, and at what share of it?

    uv run python -m benchmarks.sweep_grid [TARGET ...]

Ranks the embedded model's voices, then hears all 1,395 blends of the ten likest, then from coarse
to fine with nothing remembered. Short texts (3 to 4 s), so that the full grid takes minutes.
"""

import sys
from dataclasses import replace

from benchmarks.bench_targets import Desk, open_target
from kvoicewalk.config import InterpolateConfig, ModelConfig, ScoreConfig
from kvoicewalk.models import open_model
from kvoicewalk.search.sweep import interpolate
from kvoicewalk.store import MemoryCache
from kvoicewalk.workers.bench import Bench, SerialExecutor

N_VOICES = 10
TARGETS = ("f4", "max", "linda", "2033")


def main(names: tuple[str, ...]) -> None:
    """Prints one line a target."""
    desk = Desk.on(open_model(ModelConfig(name="mini", device="cpu")))
    for name in names:
        full = desk.evaluator(open_target(name, desk.encoders), ScoreConfig(), is_short=True)
        voices = desk.ranked(full)[:N_VOICES]
        bests, counts = [], []
        for is_exhaustive in (True, False):
            evaluator = replace(full, memory=MemoryCache())
            config = InterpolateConfig(is_exhaustive=is_exhaustive)
            steps = list(interpolate(voices, SerialExecutor(Bench(evaluator)), config))
            best = max(steps, key=lambda step: step.score)
            bests.append(best)
            counts.append(len(steps))
        grid, fine = bests
        print(
            f"{name}: grid {grid.score:.3f} ({grid.voice.name}, {counts[0]} blends), coarse to "
            f"fine {fine.score:.3f} ({fine.voice.name}, {counts[1]} blends): "
            f"{grid.score - fine.score:+.3f} points short at {counts[1] / counts[0]:.3f} of it",
            flush=True,
        )


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or TARGETS)
