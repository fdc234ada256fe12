"""Is a walk that is killed three times the same as one that is not? Twenty trials.

    uv run python -m benchmarks.resume_trials [--trials 20] [--steps 60] [--seed 0] [--method auto]

Each trial starts `kvw walk` on the embedded model with a seed of its own, kills it (`kill -9`) at
three random steps, resumes it each time, and compares with an uninterrupted run: every step's
row and the best voice, bit for bit. Three voices keep it quick.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import soundfile

from kvoicewalk.bundle import bundled_dir
from kvoicewalk.store import RunStore

KVW = str(Path(sys.executable).with_name("kvw"))
VOICES = ("af_beryl", "af_ivory", "am_garnet")
N_KILLS = 3
POLL_S = 0.02
MORE_S = 0.2


def settings(folder: Path, seed: int, n_steps: int, method: str) -> Path:
    """Writes a config and what it needs."""
    samples, rate_hz = soundfile.read(bundled_dir("examples") / "target.wav")
    soundfile.write(folder / "clip.wav", samples[: 4 * rate_hz], rate_hz)
    voices = folder / "voices"
    voices.mkdir()
    for name in VOICES:
        shutil.copy(bundled_dir("voices") / f"{name}.pt", voices)
    config = {
        "model": {"name": "mini", "device": "cpu", "n_threads": 1},
        "target": {"paths": [str(folder / "clip.wav")]},
        "synth": {"seed": seed},
        "rank": {"voices_path": str(voices), "is_full": True},
        "held_out": {"is_wanted": False},
        "walk": {"n_steps": n_steps, "method": method},
    }
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


def outcome(out_dir: Path) -> tuple[list[object], bytes]:
    """Returns the rows of all steps, and the numbers of the best voice."""
    from kvoicewalk.voices import load_voice

    with RunStore.open(out_dir) as store:
        (record,) = store.list_runs()
        rows = [row.payload for row in store.rows(record.run_id, "step")]
    return [record.status, *rows], load_voice(record.folder / "best.pt").rows.tobytes()


def count_steps(out_dir: Path) -> int:
    """Returns how many steps stand in the database, also while a run writes there."""
    address = f"{(out_dir / 'kvw.sqlite3').absolute().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            query = "SELECT COUNT(*) FROM rows WHERE kind = 'step'"
            return int(connection.execute(query).fetchone()[0])
    except sqlite3.OperationalError:  # not there yet
        return 0


def run_killed(command: list[str], folder: Path, out_dir: Path, place: int, more_s: float) -> bool:
    """Kills a command a moment after a step; tells whether it was still at work.

    Starting takes longer than many steps, so a kill at a random time would mostly hit that.
    """
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    while process.poll() is None and count_steps(out_dir) < place:
        time.sleep(POLL_S)
    try:
        process.wait(timeout=more_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def trial(number: int, n_steps: int, method: str, rng: random.Random) -> str:
    """Returns one line: the same or not, and where it was killed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = str(settings(folder, number, n_steps, method))
        start = [KVW, "walk", "--config", config, "--json", "--quiet"]
        whole = [*start, "--out", str(folder / "whole")]
        subprocess.run(whole, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        killed_dir = folder / "killed"
        resume = [KVW, "runs", "resume", "--out", str(killed_dir), "--quiet"]
        command, places = [*start, "--out", str(killed_dir)], []
        for place in sorted(rng.sample(range(1, n_steps - 1), N_KILLS)):
            if not run_killed(command, folder, killed_dir, place, rng.uniform(0, MORE_S)):
                break
            places.append(count_steps(killed_dir))
            command = resume
        if len(places) == N_KILLS:
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        is_same = outcome(folder / "whole") == outcome(killed_dir)
        verdict = "the same" if is_same else "DIFFERENT"
        return f"{verdict}, killed {len(places)} times after steps {places}"


def main() -> None:
    """Prints a line a trial."""
    parser = argparse.ArgumentParser(description="Kills walks and compares.")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--method", default="random", help="as of kvw walk")
    options = parser.parse_args()
    os.environ["KVW_CACHE_DIR"] = tempfile.mkdtemp()
    rng = random.Random(options.seed)
    for number in range(options.trials):
        print(
            f"trial {number + 1}: {trial(number, options.steps, options.method, rng)}", flush=True
        )


if __name__ == "__main__":
    main()
