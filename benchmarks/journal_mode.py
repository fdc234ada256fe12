"""What does a step's transaction cost in SQLite's two journal modes?

    python -m benchmarks.journal_mode [--folder DIR] [--steps 200]

Writes the rows of a walk's steps (step, state, counts; 10 kB) as `app/walk.py` does, one
transaction each with full synchronisation, in WAL mode and in DELETE mode in turns. Prints medians.
"""

import argparse
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

ROW = "INSERT OR REPLACE INTO rows VALUES (?, ?, ?)"


def seconds_a_step(path: Path, mode: str, n_steps: int) -> list[float]:
    """Returns how long each transaction took."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE rows (kind TEXT, name TEXT, payload TEXT, UNIQUE (kind, name))"
    )
    found = []
    for number in range(n_steps):
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(ROW, ("step", str(number), "x" * 300))
        connection.execute(ROW, ("state", "state", "x" * 9_000))
        connection.execute(ROW, ("counts", "counts", "x" * 300))
        connection.execute("COMMIT")
        found.append(time.perf_counter() - started)
    connection.close()
    return found


def main() -> None:
    """Prints the medians."""
    parser = argparse.ArgumentParser(description="Times a step's transaction.")
    parser.add_argument("--folder", type=Path, help="on the disk in question [default: temporary]")
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    medians: dict[str, list[float]] = {"WAL": [], "DELETE": []}
    for turn in range(3):
        for mode, values in medians.items():
            with tempfile.TemporaryDirectory(dir=options.folder) as folder:
                times = seconds_a_step(Path(folder) / f"{turn}.sqlite3", mode, options.steps)
            values.append(statistics.median(times))
    for mode, values in medians.items():
        print(f"{mode}: {1000 * statistics.median(values):.2f} ms a step")


if __name__ == "__main__":
    main()
