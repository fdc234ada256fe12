"""Time of `kvw --help` and `kvw rank --help`, as a ratio to `python -c "import typer"`.

    uv run python benchmarks/startup.py

Runs them in turn, several times; prints medians. The commands must stay under 3.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

N_ROUNDS = 15
KVW = str(Path(sys.executable).with_name("kvw"))
COMMANDS = {
    "import typer": [sys.executable, "-c", "import typer"],
    "kvw --help": [KVW, "--help"],
    "kvw rank --help": [KVW, "rank", "--help"],
}


def main() -> None:
    """Prints the table."""
    times_s: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(N_ROUNDS):
        for name, command in COMMANDS.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times_s[name].append(time.perf_counter() - started)
    reference = times_s["import typer"]
    for name, values in times_s.items():
        ratios = [value / base for value, base in zip(values, reference, strict=True)]
        print(
            f"{name:16} {statistics.median(values):.3f} s   ratio {statistics.median(ratios):.2f}"
        )


if __name__ == "__main__":
    main()
