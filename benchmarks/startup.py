"""How long `kvw` takes to begin: help, a list, the first word; before a change and after it.

    uv run python benchmarks/startup.py [OLD_SRC]

OLD_SRC is the `src` folder of another version, for example of `git worktree add ../old 2f6b9a5`.
Runs the commands of both in turn, in fresh processes; prints medians, and the median of the ratios
new / old of neighbours, once of the time that passes and once of the processor's, which others on
the machine disturb less. Without OLD_SRC the reference is `python -c "import typer"`, and help must
stay below 3. The first round warms the disk and is not counted.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

N_ROUNDS = 7
SRC = Path(__file__).resolve().parents[1] / "src"
KVW = (sys.executable, "-m", "kvoicewalk")
COMMANDS = {
    "kvw --help": ("--help",),
    "kvw rank --help": ("rank", "--help"),
    "kvw voices list --model mini": ("voices", "list", "--model", "mini"),
    'kvw speak af_beryl "Hello." --model mini': (
        "speak", "af_beryl", "Hello.", "--model", "mini", "--wav", "hello.wav",
    ),
}  # fmt: skip
IMPORT_TYPER = (sys.executable, "-c", "import typer")


def times_s(command: tuple[str, ...], source: Path, folder: Path) -> tuple[float, float]:
    """Returns how long a fresh process takes: by the clock, and of the processor."""
    env = {**os.environ, "PYTHONPATH": str(source)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, check=True, env=env, cwd=folder, capture_output=True)
    took = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def row(name: str, old: list[tuple[float, float]], new: list[tuple[float, float]]) -> str:
    """Returns one command's line of the table."""
    cells = [f"| `{name}`"]
    for kind in range(2):
        old_s, new_s = [one[kind] for one in old], [one[kind] for one in new]
        ratio = statistics.median(n / o for n, o in zip(new_s, old_s, strict=True))
        cells.append(f"{statistics.median(old_s):.2f} → {statistics.median(new_s):.2f} s")
        cells.append(f"{ratio:.2f}")
    return " | ".join(cells) + " |"


def main() -> None:
    """Prints the table."""
    old_source = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    print("| command | by the clock | ratio | of the processor | ratio |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, words in COMMANDS.items():
            command = (*KVW, *words)
            old, new = [], []
            for number in range(N_ROUNDS + 1):
                reference = command if old_source else IMPORT_TYPER
                before = times_s(reference, old_source or SRC, Path(folder))
                after = times_s(command, SRC, Path(folder))
                if number > 0:
                    old.append(before)
                    new.append(after)
            print(row(name, old, new), flush=True)


if __name__ == "__main__":
    main()
