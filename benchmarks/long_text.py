"""A book spoken by `kvw speak`: its memory while it goes on, killed and resumed, and the formats.

    python -m benchmarks.long_text [--characters 300000] [--model NAME] [--voice V] [--out DIR]

The book is spoken once from beginning to end, and once more, killed after a third and after two
thirds of its pieces. Both files must be equal.
"""

import argparse
import filecmp
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

CHAPTER = (
    "CHAPTER {number}\n\nIn which nothing is settled\n\nMr. Harrow, of No. 14 St. James's St., had "
    "risen\nat 5:45 a.m.; by 9 o'clock he had walked 3½ miles, spent $2.50\nand written to Dr. "
    "Vane.\n\n“Well,” said he, “it’s *done*—or near enough.”\n\n* * *\n\nThe road ran on, past the "
    "mill, the ford, and the old church of St. Anne's. Nobody had seen the boats since summer, "
    "when the last of them had left the harbour for the islands. The lamps were lit along the "
    "pier, one after the other, and the old men talked of other years.\n\n"
)
EVERY_S = 2.0


def book(n_characters: int) -> str:
    """Returns a text of chapters, about so long."""
    n_chapters = n_characters // len(CHAPTER) + 1
    return "".join(CHAPTER.format(number=one) for one in range(1, n_chapters))


def speak(options: argparse.Namespace, path: Path, kill_at: int | None = None) -> list[float]:
    """Runs the command until it ends, or until so many pieces are spoken; returns MiB of memory."""
    command = [sys.executable, "-m", "kvoicewalk", "speak", options.voice]
    command += ["--model", options.model, "--text-file", str(path.with_name("book.txt"))]
    process = subprocess.Popen([*command, "--save", str(path), "--threads", "1", "-q"])
    watched, found = psutil.Process(process.pid), []
    while process.poll() is None:
        time.sleep(EVERY_S)
        n_pieces = _n_pieces(path)
        if n_pieces and process.poll() is None:
            found.append(watched.memory_info().rss / 2**20)
        if kill_at is not None and n_pieces >= kill_at:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return found
    if process.returncode:
        raise SystemExit(process.returncode)
    return found


def _n_pieces(path: Path) -> int:
    journal = path.with_name(f"{path.name}.part") / "journal.jsonl"
    try:
        return int(json.loads(journal.read_bytes().splitlines()[-1]).get("n_pieces", 0))
    except (OSError, ValueError, IndexError):
        return 0


def main() -> None:
    """Speaks, kills, resumes, compares and prints."""
    from kvoicewalk.reading import read

    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    text = book(options.characters)
    (options.out / "book.txt").write_text(text, encoding="utf-8")
    n_pieces = len(read(text, "a", pause_s=0.8).pieces)
    started = time.monotonic()
    memory = speak(options, options.out / "whole.wav")
    minutes = (time.monotonic() - started) / 60
    parts = [memory[i * len(memory) // 10 :][: max(1, len(memory) // 10)] for i in range(10)]
    print(f"{len(text):,} characters, {n_pieces:,} pieces, {minutes:.1f} min")
    print("MiB, greatest in each tenth:", *(f"{max(part):.0f}" for part in parts))
    for third in (1, 2, None):
        speak(options, options.out / "killed.wav", third and third * n_pieces // 3)
    is_equal = filecmp.cmp(options.out / "whole.wav", options.out / "killed.wav", shallow=False)
    print("killed twice and resumed: the same file" if is_equal else "NOT THE SAME")
    raise SystemExit(not is_equal)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=300_000)
    parser.add_argument("--model", default="mini")
    parser.add_argument("--voice", default="af_alder")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "kvw-book")
    return parser.parse_args()


if __name__ == "__main__":
    main()
