"""Finished runs without any model: what the tests of the page look at."""

from pathlib import Path

import numpy as np
import soundfile

from kvoicewalk.store import Run, RunRecord, RunStore, write_json_atomic

RATE_HZ = 24_000
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{7*7}}\u202e"
STOCK = ("af_one", "af_two", "am_three", "am_four", "am_five")
PARTS = ("score", "target_similarity", "self_similarity", "feature_similarity")


def write_speech(path: Path, seconds: float = 1.5, level: float = 0.3, hz: float = 150.0) -> None:
    """Writes bursts of a buzz with pauses between them."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    buzz = np.sin(2 * np.pi * hz * time) + 0.5 * np.sin(4 * np.pi * hz * time)
    samples = level * buzz * (np.sin(2 * np.pi * 1.5 * time) > -0.6)
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, samples.astype(np.float32), RATE_HZ)


def parts(score: float, likeness: float) -> dict[str, float]:
    """Returns a score and its parts as rows keep them."""
    return dict(zip(PARTS, (score, likeness, 0.98, 0.5), strict=True))


def held_out(**more: object) -> dict[str, object]:
    """Returns a judgement as a result keeps it."""
    lengths = (10, 40, 100, 200, 400)
    return {
        "target_similarity": 0.9,
        "spread": 0.004,
        "self_similarity": 0.95,
        "by_length": [{"n_phonemes": n, "target_similarity": 0.85 + n / 4000} for n in lengths],
        "floor_by_length": [{"n_phonemes": n, "target_similarity": 0.7} for n in lengths],
        "floor": 0.7,
        "floor_voice": "am_three",
        "ceiling": 0.95,
        "share_of_gap": 0.8,
        **more,
    }


def make_clone(
    out_dir: Path, target: str = "target.wav", n_steps: int = 12, **more: object
) -> RunRecord:
    """Makes a finished clone with all that a page can show.

    Args:
        out_dir: where runs are kept.
        target: the recording's name.
        n_steps: of the search; every second one is an improvement that kept its wav.
        more: of the result.
    """
    with RunStore.open(out_dir) as store:
        with store.start("clone", target, "mini@0123456789ab", config(target)) as run:
            run.plan("inputs", {"model": "mini@0123456789ab", "target_hash": "ab" * 32})
            for place, name in enumerate(STOCK):
                run.put("voice", name, {"name": name, **parts(70 + place, 0.6 + place / 50)})
            run.put("start", "start", evaluation("am_five", 74.0, 0.68))
            _put_steps(run, n_steps)
            _write_files(run.folder, target)
            best = {"name": "best of all", **parts(95.0, 0.93)}
            result = {**best, "best": best, "floor": "am_five", "held_out": held_out(), **more}
            run.finish("done", result)
        return store.get(run.run_id)


def config(target: str) -> dict[str, object]:
    """Returns a config as a run keeps it, as far as a page reads it."""
    return {
        "target": {"paths": [f"/somewhere/{target}"], "text": "Some words."},
        "synth": {"seed": 7},
    }


def evaluation(name: str, score: float, likeness: float) -> dict[str, object]:
    """Returns the row of a search's start."""
    return {"voice_name": name, "target_similarity": likeness, "score": parts(score, likeness)}


def _put_steps(run: Run, n_steps: int) -> None:
    with run.batch():
        for number in range(1, n_steps + 1):
            is_better = number % 2 == 0
            share = number / n_steps
            scored = parts(74 + 21 * share if is_better else 74.5, 0.68 + 0.25 * share)
            outcome = "accepted" if is_better else "rejected"
            entry = {"step": number, "name": f"step{number}", "outcome": outcome, **scored}
            run.put("step", str(number), entry, position=number)
            if is_better:
                write_speech(run.folder / "voices" / f"step-{number:06d}.wav", 0.6)


def _write_files(folder: Path, target: str) -> None:
    for name, level, hz in (("target", 0.05, 120), ("best", 0.3, 130), ("floor", 0.6, 200)):
        write_speech(folder / f"{name}.wav", 2.0, level, hz)
    (folder / "best.pt").write_bytes(b"a voice")
    write_json_atomic(folder / "best.kvw.json", {"recipe": "step 12 of a walk", "target": target})
    stock = [{"name": name, "x": i * 1.0, "y": (i % 3) * 0.7} for i, name in enumerate(STOCK)]
    others = [{"name": "step 2", "x": 3.0, "y": 1.0}, {"name": "best of all", "x": 2.5, "y": 0.4}]
    places = {"stock": stock, "others": others, "shares": [0.3, 0.2]}
    write_json_atomic(folder / "page.json", {"map": places, "versions": {"kvw": "0.1.0"}})
