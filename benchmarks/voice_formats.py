"""Which form of voice file turns into which, bit for bit, and who reads what `kvw` wrote.

    uv run python benchmarks/voice_formats.py VOICES [--runtimes FOLDER]

VOICES: a folder of voices, such as Kokoro-82M's 54. The first table is form by form: how many of
them come back bit for bit after `.pt` → form → form. FOLDER, with the runtimes in environments of
their own (docs/formats.md has the commands), adds how many each of them reads bit for bit, by its
own code (benchmarks/in_runtimes), from the files that `kvw` wrote.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from kvoicewalk.environment import prepare_process
from kvoicewalk.voices import (
    FORMATS,
    Format,
    Voice,
    VoiceLibrary,
    load_voices,
    save_voice,
    save_voices,
)

HERE = Path(__file__).parent / "in_runtimes"


def written(voices: Sequence[Voice], form: Format, folder: Path) -> list[Path]:
    """Writes voices in a form: into one file, or a file each."""
    folder.mkdir(parents=True, exist_ok=True)
    if form.holds_many and form.name != "json":  # JSON of all would be a hundred megabytes
        save_voices(voices, folder / f"voices{form.endings[0]}", form.name)
        return [folder / f"voices{form.endings[0]}"]
    for voice in voices:
        save_voice(voice, folder / f"{voice.name}{form.endings[0]}", form.name)
    return sorted(folder.iterdir())


def read_back(paths: Sequence[Path], names: Sequence[str]) -> list[Voice]:
    """Reads them again, in the order of `names`; sherpa-onnx's file has its order alone."""
    found = [voice for path in paths for voice in load_voices(path).values()]
    by_name = {voice.name: voice for voice in found}
    ordered = [by_name[name] for name in names] if set(names) == set(by_name) else found
    return [Voice(name, voice.rows) for name, voice in zip(names, ordered, strict=True)]


def n_exact(found: Sequence[Voice], voices: Sequence[Voice]) -> int:
    """Returns how many voices have the very bits that they should have."""
    pairs = zip(found, voices, strict=True)
    return sum(one.rows.tobytes() == other.rows.tobytes() for one, other in pairs)


def conversions(voices: Sequence[Voice], folder: Path) -> str:
    """Returns the table of forms."""
    names = [voice.name for voice in voices]
    lines = ["| from \\ to | " + " | ".join(one.name for one in FORMATS) + " |"]
    lines.append("|---" * (len(FORMATS) + 1) + "|")
    for source in FORMATS:
        given = read_back(written(voices, source, folder / source.name), names)
        cells = []
        for target in FORMATS:
            place = folder / f"{source.name}-{target.name}"
            found = read_back(written(given, target, place), names)
            cells.append(f"{n_exact(found, voices)}/{len(voices)}")
            for path in place.iterdir():
                path.unlink()
        lines.append(f"| {source.name} | " + " | ".join(cells) + " |")
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


def reads(runtimes: Path, folder: Path, names: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """Returns what each runtime read, as hashes by voice."""
    safe = sorted((folder / "mlx" / "voices").iterdir())
    calls = {
        "kokoro": [sys.executable, HERE / "reads.py", "kokoro", *sorted((folder / "pt").iterdir())],
        "kokoro-onnx": [runtimes / "konnx/bin/python", HERE / "reads.py", "kokoro-onnx",
                        folder / "npz" / "voices.npz"],
        "mlx-audio": [runtimes / "mlx/bin/python", HERE / "reads.py", "mlx-audio", *safe],
        "kokoro-mlx": [runtimes / "mlx/bin/python", HERE / "reads.py", "kokoro-mlx", *safe],
        "kokoro-js": ["node", HERE / "kokoro_js.mjs", "read", *names],
    }  # fmt: skip
    found: dict[str, Mapping[str, str]] = {}
    for name, call in calls.items():
        done = subprocess.run(
            list(map(str, call)), cwd=runtimes / "js", capture_output=True, text=True, check=False
        )
        last = done.stdout.strip().splitlines()[-1:] or ["{}"]
        found[name] = json.loads(last[0]) if done.returncode == 0 else {}
        if done.returncode:
            print(f"{name}: {done.stderr.strip()[-500:]}", file=sys.stderr)
    return found


def by_runtime(voices: Sequence[Voice], runtimes: Path, folder: Path) -> str:
    """Returns the table of runtimes; kokoro-js' files are put into its package under new names."""
    renamed = [Voice(f"xx_{voice.name}", voice.rows) for voice in voices]
    package = runtimes / "js" / "node_modules" / "kokoro-js" / "voices"
    for voice in renamed:
        save_voice(voice, package / f"{voice.name}.bin")
    written(voices, next(one for one in FORMATS if one.name == "pt"), folder / "pt")
    mlx = folder / "mlx" / "voices"
    mlx.mkdir(parents=True)
    for voice in voices:
        save_voice(voice, mlx / f"{voice.name}.safetensors")
    written(voices, next(one for one in FORMATS if one.name == "npz"), folder / "npz")
    found = reads(runtimes, folder, [voice.name for voice in renamed])
    for voice in renamed:
        (package / f"{voice.name}.bin").unlink()
    wanted = {voice.name: voice.hash for voice in voices}
    lines = ["| read by | bit for bit |", "|---|---|"]
    for name, hashes in found.items():
        same = sum(hashes.get(one, hashes.get(f"xx_{one}")) == h for one, h in wanted.items())
        lines.append(f"| {name} | {same}/{len(wanted)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("voices", type=Path)
    parser.add_argument("--runtimes", type=Path)
    arguments = parser.parse_args()
    prepare_process()
    stock = list(VoiceLibrary.open(arguments.voices).load_all())
    with tempfile.TemporaryDirectory() as place:
        print(conversions(stock, Path(place)))
        if arguments.runtimes is not None:
            print("\n" + by_runtime(stock, arguments.runtimes, Path(place) / "runtimes"))
