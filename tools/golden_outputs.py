"""Writes down what every command prints and leaves, so that two versions can be compared.

    python -m tools.golden_outputs write DIR [--kvw PATH]
    python -m tools.golden_outputs compare BEFORE AFTER

`write` runs each command of `COMMANDS` on the embedded model, one after the other in one scratch
folder, and writes its output, exit code and the files of its run to DIR. What differs from call to
call (dates, seconds, the scratch folder, lines of progress) is replaced. `compare` prints what
differs and ends with exit code 1 where something does.
"""

import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import soundfile

ROOT = Path(__file__).resolve().parents[1]
VOICES = ("af_beryl", "af_ivory", "am_garnet", "am_flint", "af_opal")
SETTINGS = {
    "model": {"name": "mini", "n_threads": 1},
    "target": {"text": "My grandmother kept bees.", "probe_text": "Good morning to everyone here."},
    "interpolate": {"n_fine_pairs": 2, "step": 0.25},
    "gradient": {"n_lessons": 2, "n_steps": 3, "patience": 2},
    "cma": {"n_candidates": 4},
    "held_out": {"n_seeds": 1, "has_judges": False},
}
MINI = ("--model", "mini", "--threads", "1")
CONFIG = ("--config", "settings.json")
# A name for its files → arguments. Later commands go on from earlier ones.
COMMANDS: dict[str, tuple[str, ...]] = {
    "version": ("--version",),
    "help": ("--help",),
    **{
        f"help-{name.replace(' ', '-')}": (*name.split(), "--help")
        for name in (
            *("demo", "clone", "rank", "interpolate", "walk", "score", "speak", "report"),
            *("doctor", "setup", "voices", "voices list", "voices info", "voices mix"),
            *("runs", "runs list", "runs show", "runs resume"),
        )
    },
    "no-runs": ("runs", "list"),
    "walk-nothing": ("walk", *MINI),
    "rank": ("rank", "clip.wav", *CONFIG, "--voices", "five"),
    "rank-json": ("rank", "clip.wav", *CONFIG, "--voices", "five", "--json"),
    "interpolate": ("interpolate", "--top", "3", "--no-held-out"),
    "interpolate-json": ("interpolate", "clip.wav", *CONFIG, "--voices", "five", "--json"),
    "walk": ("walk", "--steps", "3", "--method", "random", "--no-held-out"),
    "walk-json": ("walk", "--steps", "3", "--json"),
    "walk-cma-json": ("walk", "clip.wav", *CONFIG, "--voices", "five", "--method", "cma", "--json",
                      "--steps", "5", "--no-held-out"),
    "walk-start": ("walk", "clip.wav", *CONFIG, "--voices", "five", "--start", "am_flint",
                   "--steps", "1", "--no-held-out"),
    "walk-original": ("walk", "clip.wav", *CONFIG, "--voices", "five", "--method", "random",
                      "--params", "classic", "--scoring", "classic", "--steps", "3",
                      "--no-held-out", "--json"),
    "clone": ("clone", "clip.wav", *CONFIG, "--voices", "five", "--steps", "3"),
    "clone-json": ("clone", "clip.wav", "clip2.wav", *CONFIG, "--voices", "five", "--steps", "2",
                   "--json", "--text", "My grandmother kept bees, and sold the honey."),
    "score": ("score", "am_flint", "af_opal:0.5,am_garnet:0.5"),
    "score-held-out-json": ("score", "am_flint", "--held-out", "--json", *CONFIG, "-t", "clip.wav"),
    "speak": ("speak", "am_flint", "Mr. Smith paid $2.50 for pins.", "--wav", "s.wav", *MINI),
    "speak-json": ("speak", "af_opal:0.5,am_garnet:0.5", "Hello.", "--json", *MINI),
    "voices-list": ("voices", "list", *MINI[:2]),
    "voices-list-json": ("voices", "list", *MINI[:2], "--json"),
    "voices-info": ("voices", "info", "am_flint", *MINI[:2]),
    "voices-info-json": ("voices", "info", "am_flint", *MINI[:2], "--json"),
    "voices-mix": ("voices", "mix", "am_flint:0.5,af_opal:0.5", "--save", "mix.pt", *MINI[:2]),
    "doctor": ("doctor", "clip.wav", "clip2.wav"),
    "doctor-json": ("doctor", "clip.wav", "--json"),
    "runs-list": ("runs", "list"),
    "runs-list-json": ("runs", "list", "--json"),
    "runs-show": ("runs", "show"),
    "runs-show-json": ("runs", "show", "--json"),
    "report": ("report",),
    "report-json": ("report", "--json"),
    "resume-nothing": ("runs", "resume"),
    "error-target": ("rank", "nowhere.wav", *MINI),
    "error-voice": ("speak", "nobody", "Hello.", *MINI),
    "error-mix": ("speak", "af_opal:x", "Hello.", *MINI),
    "error-option": ("walk", "--nonsense"),
    "error-model": ("rank", "clip.wav", "--model", "nowhere"),
    "error-config": ("rank", "clip.wav", "--config", "bad.json"),
    "error-start": ("walk", "clip.wav", *CONFIG, "--start", "nobody"),
    "error-recording": ("score", "clip.wav", "-t", "clip.wav", *MINI),
}  # fmt: skip
PROGRESS = re.compile(
    r"^(loading|speaking|listening|judging|screening|comparing|scoring|walking|interpolating)\b"
)
REPLACED = (
    (re.compile(r"\d{8}-\d{6}(?=-)"), "<TIME>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(\+00:00|Z)?"), "<TIME>"),
    (re.compile(r'"(\w+_s|n_bytes)": [0-9.e+-]+'), r'"\1": <N>'),
    (re.compile(r"\b\d+ threads"), "<N> threads"),
)


def prepare(folder: Path) -> None:
    """Lays out what the commands need."""
    samples, rate_hz = soundfile.read(ROOT / "examples/target.wav")
    soundfile.write(folder / "clip.wav", samples[: 4 * rate_hz], rate_hz)
    soundfile.write(folder / "clip2.wav", samples[4 * rate_hz : 8 * rate_hz], rate_hz)
    (folder / "five").mkdir()
    for name in VOICES:
        shutil.copy(ROOT / f"voices/{name}.pt", folder / "five")
    (folder / "settings.json").write_text(json.dumps(SETTINGS))
    (folder / "bad.json").write_text('{"walk": {"stepz": 3}}')


def write(to: Path, kvw: str) -> None:
    """Runs all commands and writes what came of them."""
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        prepare(folder)
        environment = {
            **os.environ,
            "KVW_CACHE_DIR": str(folder / "cache"),
            "KVW_CAMPPLUS_DIR": str(folder / "none"),
            "HF_HOME": str(folder / "hf"),
            "OMP_NUM_THREADS": "1",
            "COLUMNS": "100",
        }
        before: set[Path] = set()
        for title, arguments in COMMANDS.items():
            done = subprocess.run(
                [kvw, *arguments],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            now = {one for one in folder.rglob("*") if _is_shown(one, folder)}
            new = sorted(str(one.relative_to(folder)) for one in now - before)
            before = now
            parts = [f"$ kvw {' '.join(arguments)}", f"exit code {done.returncode}", ""]
            parts += ["--- stdout", done.stdout, "--- stderr", done.stderr, "--- files", *new]
            (to / f"{title}.txt").write_text(plain("\n".join(parts), folder) + "\n")
            print(f"{title}: {done.returncode}", flush=True)


def _is_shown(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    return path.is_file() and parts[0] not in ("cache", "hf") and "-wal" not in path.name


def plain(text: str, folder: Path) -> str:
    """Returns an output without what differs from call to call."""
    text = text.replace(str(folder), "<DIR>")
    for pattern, replacement in REPLACED:
        text = pattern.sub(replacement, text)
    return "\n".join(line for line in text.splitlines() if not PROGRESS.match(line))


def compare(before: Path, after: Path) -> int:
    """Prints the differences; returns how many files differ."""
    names = sorted({one.name for one in (*before.glob("*.txt"), *after.glob("*.txt"))})
    n_different = 0
    for name in names:
        old, new = (
            (one / name).read_text().splitlines() if (one / name).is_file() else []
            for one in (before, after)
        )
        if old != new:
            n_different += 1
            print("\n".join(difflib.unified_diff(old, new, f"before/{name}", f"after/{name}", n=1)))
    print(f"{len(names) - n_different} of {len(names)} the same")
    return n_different


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Compares what commands print.")
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("write")
    writing.add_argument("to", type=Path)
    writing.add_argument("--kvw", default=str(Path(sys.executable).with_name("kvw")))
    comparing = commands.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    options = parser.parse_args()
    if options.command == "write":
        write(options.to, options.kvw)
    else:
        sys.exit(min(compare(options.before, options.after), 1))


if __name__ == "__main__":
    main()
