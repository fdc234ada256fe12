"""How long `kvw` takes to begin: help, a list, the first word; before a change and after it.

    uv run python benchmarks/startup.py [OLD_SRC]

OLD_SRC is the `src` folder of another version, for example of `git worktree add ../old 2f6b9a5`.
Runs the commands of both in turn, in fresh processes; prints medians, and the median of the ratios
new / old of neighbours. Without OLD_SRC the reference is `python -c "import typer"`, and help must
stay below 3. The first round warms the disk and is not counted.
"""

import os
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


def time_s(command: tuple[str, ...], source: Path, folder: Path) -> float:
    """Returns how long a fresh process takes."""
    env = {**os.environ, "PYTHONPATH": str(source)}
    started = time.perf_counter()
    subprocess.run(command, check=True, env=env, cwd=folder, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Prints the table."""
    old_source = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    reference = str(old_source) if old_source else "import typer"
    print(f"| command | {reference} | now | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, words in COMMANDS.items():
            old_s, new_s = [], []
            for number in range(N_ROUNDS + 1):
                before = (*KVW, *words) if old_source else IMPORT_TYPER
                old = time_s(before, old_source or SRC, Path(folder))
                new = time_s((*KVW, *words), SRC, Path(folder))
                if number > 0:
                    old_s.append(old)
                    new_s.append(new)
            ratio = statistics.median(new / old for new, old in zip(new_s, old_s, strict=True))
            print(
                f"| `{name}` | {statistics.median(old_s):.2f} s | {statistics.median(new_s):.2f} s "
                f"| {ratio:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
