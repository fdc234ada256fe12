"""What do workers bring, what do they cost, and how much memory do they take?

    uv run --group real python -m benchmarks.workers [--model FOLDER] [--rounds 3] [--voices 12]

On the real Kokoro (`make real`; `--model mini` for a first try) stock voices are scored against a
recording: by this process on one thread and on all, and by two worker processes of one thread each,
in turn, several rounds. Printed: evaluations a second, medians, and the ratio of the rounds;
milliseconds of overhead each, measured on voices that a worker has heard before and remembers;
memory of each worker that it shares with none.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import psutil

from kvoicewalk.environment import prepare_process

TARGET = Path(__file__).resolve().parents[2] / "shared/data/targets/human_2414-128291-0004.flac"
N_REMEMBERED = 200


def measure(model: str, n_workers: int, n_threads: int, n_voices: int) -> dict[str, Any]:
    """Returns evaluations a second, overhead and memory of one way to hear voices."""
    from kvoicewalk.app.events import Events
    from kvoicewalk.app.session import open_session, stock_voices
    from kvoicewalk.config_file import merge_config
    from kvoicewalk.requests import Request
    from kvoicewalk.store import MemoryCache

    flags = {
        "model": {"name": model, "n_threads": n_threads},
        "target": {"paths": [str(TARGET)]},
        "workers": {"n_workers": n_workers},
    }
    with open_session(merge_config("rank", flags, None), Events()) as session:
        session.evaluator.memory = MemoryCache()
        voices = stock_voices(session.model, None)[: n_voices + 2 * n_workers]
        warm, cold = voices[: 2 * n_workers], voices[2 * n_workers :]
        # Seeds apart from all that was ever measured: nothing is remembered from earlier runs.
        seed = time.time_ns() % 2**30
        wanted = [Request("score", one, seed=seed) for one in cold]
        list(session.crew.run(Request("score", one, seed=seed + 1) for one in warm))
        started_s = time.perf_counter()
        list(session.crew.run(wanted))
        took_s = time.perf_counter() - started_s
        again = [Request("score", cold[0], seed=seed)] * (N_REMEMBERED + n_workers)
        list(session.crew.run(again[: 4 * n_workers]))  # each worker hears it once
        started_s = time.perf_counter()
        list(session.crew.run(again))
        overhead_ms = 1000 * (time.perf_counter() - started_s) / len(again) * n_workers
        own = [one.memory_full_info() for one in psutil.Process().children()]
        return {
            "per_s": len(wanted) / took_s,
            "overhead_ms": overhead_ms,
            "own_mb": [round(one.uss / 1e6) for one in own],
            "with_shared_mb": [round(getattr(one, "pss", one.rss) / 1e6) for one in own],
        }


def main() -> None:
    """Measures in turn and prints."""
    from tools.real_kokoro import kit_dir

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=str(kit_dir() / "kokoro"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--voices", type=int, default=12)
    options = parser.parse_args()
    n_cores = psutil.cpu_count() or 1
    ways = {
        "this process, 1 thread": (1, 1),
        f"this process, {n_cores} threads": (1, n_cores),
        "2 processes, 1 thread each": (2, 1),
    }
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, (n_workers, n_threads) in ways.items():
            found[name].append(measure(options.model, n_workers, n_threads, options.voices))
            print(name, found[name][-1], flush=True)
    first = next(iter(ways))
    print("| who hears | evaluations a second | of the first | overhead, ms |")
    print("|---|---|---|---|")
    for name, rounds in found.items():
        rate = statistics.median(one["per_s"] for one in rounds)
        pairs = zip(rounds, found[first], strict=True)
        ratio = statistics.median(one["per_s"] / base["per_s"] for one, base in pairs)
        overhead = statistics.median(one["overhead_ms"] for one in rounds)
        print(f"| {name} | {rate:.3f} | {ratio:.2f} | {overhead:.1f} |")


if __name__ == "__main__":
    prepare_process()
    main()
