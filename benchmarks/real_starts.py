"""How far does a good start bring a search, and how soon is half of the gap closed?

    uv run --group real python -m benchmarks.real_starts --out FOLDER [--speakers 2414 1688 2033]

On the real Kokoro (`make real`), on the speakers and sentences of benchmarks/real_likeness.py. Each
speaker is searched for twice: from the start that `kvw` chooses, and from the likest stock voice as
it is (`--start`). Printed for each step that found something: seconds of the search so far (start
included; loading and hearing the stock voices not), and the share of the gap closed by each encoder
on sentences and clips that no search heard; then the time at which it is half by each, read off
between two steps.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

import kvoicewalk
from benchmarks.real_likeness import TARGETS, Judges, guess, shares, split_clips
from kvoicewalk.environment import prepare_process
from tools.real_kokoro import kit_dir

HALF = 0.5
STEPS = 3  # 6, 12 and 24 lessons


class Clock(kvoicewalk.Events):
    """Notes when the search began, where, and what it found when."""

    def __init__(self) -> None:
        """Starts with nothing found."""
        self.began_s = 0.0
        self.found: list[tuple[float, Path]] = []

    def end(self, stage: Any) -> None:
        """The search begins when all is loaded, and the stock voices were heard."""
        if stage.name in ("load", "rank"):
            self.began_s = time.monotonic()

    def start(self, start: Any) -> None:
        """The first voice is there; its file is named by the plan."""
        del start
        self.found.append((time.monotonic() - self.began_s, Path()))

    def improvement(self, step: Any, voice_path: Path) -> None:
        """A better voice."""
        del step
        self.found.append((time.monotonic() - self.began_s, voice_path))


def search(clips: list[Path], out: Path, start: Path | None) -> list[tuple[float, Path]]:
    """Returns seconds and voice of the start and of each step that found something."""
    clock = Clock()
    kit = str(kit_dir() / "kokoro")
    found = kvoicewalk.walk(
        clips, start=start, steps=STEPS, held_out=False, model=kit, out_dir=out, events=clock
    )
    first = found.folder / "voices" / "start.pt"
    (seconds, _), *rest = clock.found
    return [(seconds, start or first), *rest]


def time_to(share: float, curve: list[tuple[float, float]]) -> float | None:
    """Returns when a curve of (seconds, share) first comes to a share; None where it does not."""
    seconds, shares = map(np.array, zip(*curve, strict=True))
    reached = np.flatnonzero(shares >= share)
    if reached.size == 0:
        return None
    i = int(reached[0])
    if i == 0:
        return float(seconds[0])
    part = (share - shares[i - 1]) / (shares[i] - shares[i - 1])
    return float(seconds[i - 1] + part * (seconds[i] - seconds[i - 1]))


def main() -> None:
    """Searches, judges, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--speakers", nargs="+", default=list(TARGETS))
    options = parser.parse_args()
    prepare_process()
    from kvoicewalk.audio import read_utterance

    judges = Judges()
    print("| speaker | from | s: share by Resemblyzer, CAM++ | half by each after, s |")
    print("|---|---|---|---|")
    for speaker in options.speakers:
        own = options.out / speaker
        own.mkdir(parents=True, exist_ok=True)
        target, judging = split_clips(speaker, own)
        stock, _ = guess(target, own)
        clips = [read_utterance(path) for path in judging]
        top = judges.ceiling(clips)
        below = judges.hear(kvoicewalk.load_voice(stock), clips)["similarity"]
        for label, start in (("kvw's start", None), ("stock voice", stock)):
            curves: dict[str, list[tuple[float, float]]] = {name: [] for name in top}
            cells = []
            for seconds, path in search(target, own / "runs", start):
                heard = judges.hear(kvoicewalk.load_voice(path), clips)["similarity"]
                found = shares(heard, below, top)
                for name, share in found.items():
                    curves[name].append((seconds, share))
                cells.append(f"{seconds:.0f}: " + ", ".join(f"{x:.2f}" for x in found.values()))
            halves = [time_to(HALF, curve) for curve in curves.values()]
            told = ", ".join("not" if one is None else f"{one:.0f}" for one in halves)
            print(f"| {speaker} | {label} | {'; '.join(cells)} | {told} |", flush=True)


if __name__ == "__main__":
    main()
