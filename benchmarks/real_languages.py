"""How well does a voice that is cloned from English clips speak another language?

    uv run --group real python -m benchmarks.real_languages --out FOLDER
        [--langs e f j z] [--steps 4]

Each language gets one speaker of ../shared/data, whose three English clips are the target of `kvw
clone --lang L`: the timbre from the clips, the prosody from that language's own stock voices. The
table has what the held-out verdict says, on texts of that language that no search speaks: cosine by
each encoder, in brackets the speaker's clips among each other, and the share of the gap between the
best stock voice and these; word error by Whisper base, and DNSMOS. A native stock voice, judged
likewise, stands beside: its word error is as good as it gets. Needs `make real` and the packages
kvoicewalk[ja,zh]. What is done is kept in FOLDER/results.jsonl and not done again.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kvoicewalk
from tools.real_kokoro import kit_dir

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SPEAKERS = {"e": "1688", "f": "2033", "j": "2414", "z": "1688"}
NATIVE = {"e": "em_alex", "f": "ff_siwis", "j": "jf_alpha", "z": "zf_xiaoxiao"}
CLONED = "cloned"
JUDGED = {"held_out": {"n_seeds": 1}}


def clips(speaker: str) -> list[Path]:
    """Returns the recordings that are the target, as in benchmarks/real_likeness.py."""
    return sorted((DATA / "targets").glob(f"human_{speaker}-*.flac"))[:3]


def judge(lang: str, name: str, options: argparse.Namespace) -> Any:
    """Returns the verdict on a voice, cloned now or native; the best stock voice is part of it."""
    common: dict[str, Any] = {
        "model": str(kit_dir() / "kokoro"), "lang": lang, "out_dir": options.out / "runs"
    }  # fmt: skip
    target = clips(SPEAKERS[lang])
    if name == CLONED:
        settings = JUDGED | {"gradient": {"first_lessons": 4}}
        found = kvoicewalk.clone(target, steps=options.steps, settings=settings, **common)
        return found.data["held_out"]
    native = kvoicewalk.score([name], target, held_out=True, settings=JUDGED, **common)
    (verdict,) = native.data["held_out"].values()
    return verdict


def run(options: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    """Yields what is known of each voice; what is kept is not done again."""
    path = options.out / "results.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    kept = {(one["lang"], one["voice"]): one for one in map(json.loads, lines)}
    for lang in options.langs:
        for name in (CLONED, NATIVE[lang]):
            if (lang, name) not in kept:
                started = time.monotonic()
                verdict = judge(lang, name, options)
                one = {
                    "lang": lang, "speaker": SPEAKERS[lang], "voice": name, "held_out": verdict,
                    "s": time.monotonic() - started,
                }  # fmt: skip
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(one) + "\n")
                kept[lang, name] = one
            yield kept[lang, name]


def row(one: Mapping[str, Any]) -> str:
    """Returns a line of the table."""
    verdict = one["held_out"]
    heard = {judge["name"]: judge for judge in verdict["judges"]}
    cells = [one["lang"], one["speaker"], one["voice"]]
    cells += [
        f"{encoder['similarity']:.3f}, {encoder['share_of_gap']:.2f} ({encoder['ceiling']:.3f})"
        for encoder in verdict["encoders"]
    ]
    for name, digits in (("word_error", 3), ("dnsmos", 2)):
        value, floor = heard[name]["value"], heard[name]["floor"]
        cells.append("·" if value is None else f"{value:.{digits}f} ({floor:.{digits}f})")
    return "| " + " | ".join([*cells, verdict["floor_voice"], f"{one['s']:.0f}"]) + " |"


def main() -> None:
    """Clones, judges and prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--langs", nargs="+", choices=sorted(SPEAKERS), default=["e", "f", "j"])
    parser.add_argument("--steps", type=int, default=4)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    os.environ["KVW_CAMPPLUS_DIR"] = str(kit_dir() / "campplus")
    os.environ["KVW_WHISPER_DIR"] = str(kit_dir() / "whisper-base")
    print("| lang | speaker | voice | Resemblyzer | CAM++ | word error | DNSMOS | floor | s |")
    print("|---" * 9 + "|")
    for one in run(options):
        print(row(one), flush=True)


if __name__ == "__main__":
    main()
