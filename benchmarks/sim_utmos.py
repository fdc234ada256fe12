"""SIM-o and UTMOS of cloned voices, for whoever has the weights; nothing was measured with it here.

    uv run python -m benchmarks.sim_utmos LIST --root LIBRISPEECH --sim SIM.pt --utmos UTMOS.pt
        --model kokoro --out FOLDER [--minutes 5] [--limit N]

LIST is F5-TTS's LibriSpeech-PC list: one case a line, six fields parted by tabs: the prompt's
utterance, its seconds, its words, then the same of the utterance to speak. Recordings lie in
LIBRISPEECH as SPEAKER/CHAPTER/UTTERANCE.flac. Each prompt is cloned by `kvw clone`, the voice
speaks the case's words, and both models hear the result:

    SIM.pt     TorchScript, float32 (1, n_samples) at 16 kHz → (1, d): the embedding of WavLM-large
               with the speaker-verification head that SIM-o is defined with; printed is the cosine
               of speech and prompt
    UTMOS.pt   TorchScript, the same input → a score, 1 to 5

Either may be left out. What is done is kept in FOLDER/results.jsonl and not done again. The models
are programs: take them only from where you would take a program.
"""

import argparse
import json
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

RATE_HZ = 16_000
N_FIELDS = 6

Hear = Callable[[np.ndarray], np.ndarray]  # float32 (n_samples,) at 16 kHz → (d,)


@dataclass(frozen=True)
class Case:
    """One line of the list."""

    prompt: str
    prompt_words: str
    utterance: str
    words: str


def read_list(text: str) -> list[Case]:
    """Returns the cases of a list; blank lines are left out.

    Raises:
        ValueError: a line has not six fields; says which.
    """
    cases = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        fields = line.split("\t")
        if len(fields) != N_FIELDS:
            raise ValueError(f"line {number} has {len(fields)} fields, expected {N_FIELDS}")
        prompt, _, prompt_words, utterance, _, words = (field.strip() for field in fields)
        cases.append(Case(prompt, prompt_words, utterance, words))
    return cases


def recording(root: Path, utterance: str) -> Path:
    """Returns where LibriSpeech keeps an utterance, `61-70968-0000`."""
    speaker, chapter, _ = utterance.split("-")
    return root / speaker / chapter / f"{utterance}.flac"


def load_model(path: Path | None) -> Hear | None:
    """Returns a TorchScript model as a function; None for no path."""
    if path is None:
        return None
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it is what such weights come as
        model = torch.jit.load(str(path), map_location="cpu").eval()

    def hear(samples: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            found = model(torch.from_numpy(samples)[None])
        return np.asarray(found, dtype=np.float64).reshape(-1)

    return hear


def run(
    cases: Sequence[Case],
    done: dict[str, dict[str, Any]],
    speak: Callable[[Case], tuple[np.ndarray, np.ndarray]],
    sim: Hear | None,
    utmos: Hear | None,
) -> Iterator[dict[str, Any]]:
    """Yields what each case comes to; those that are done first come as they are.

    Args:
        cases: to be heard.
        done: earlier results, by utterance.
        speak: makes a case's speech and reads its prompt, both float32 at 16 kHz.
        sim: embeds.
        utmos: scores.
    """
    for case in cases:
        if case.utterance in done:
            yield done[case.utterance]
            continue
        speech, prompt = speak(case)
        found: dict[str, Any] = {"utterance": case.utterance, "prompt": case.prompt}
        if sim is not None:
            a, b = sim(speech), sim(prompt)
            found["sim_o"] = float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
        if utmos is not None:
            found["utmos"] = float(utmos(speech)[0])
        yield found


def means(found: Sequence[dict[str, Any]]) -> str:
    """Returns the mean of each figure, in one line."""
    lines = [f"{len(found)} case" + ("" if len(found) == 1 else "s")]
    for name in ("sim_o", "utmos"):
        values = [one[name] for one in found if name in one]
        if values:
            lines.append(f"{name} {statistics.fmean(values):.3f}")
    return ", ".join(lines)


def _speaker(options: argparse.Namespace) -> Callable[[Case], tuple[np.ndarray, np.ndarray]]:
    import kvoicewalk
    from kvoicewalk.audio import read_utterance, resample

    voices: dict[str, str] = {}

    def speak(case: Case) -> tuple[np.ndarray, np.ndarray]:
        path = recording(options.root, case.prompt)
        if case.prompt not in voices:
            command = [sys.executable, "-m", "kvoicewalk", "clone", str(path), "--json"]
            command += ["--text", case.prompt_words, "--minutes", f"{options.minutes:g}"]
            command += ["--model", options.model, "--out", str(options.out), "--no-held-out"]
            ran = subprocess.run(command, capture_output=True, text=True, check=True)
            voices[case.prompt] = json.loads(ran.stdout.splitlines()[-1])["best"]["voice_path"]
        spoken = kvoicewalk.speak(voices[case.prompt], case.words, model=options.model)
        prompt = read_utterance(path)
        return (
            resample(spoken.samples, spoken.sample_rate_hz, RATE_HZ),
            resample(prompt.samples, prompt.sample_rate_hz, RATE_HZ),
        )

    return speak


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, hears what is not done yet, prints the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("list", type=Path)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--sim", type=Path, default=None)
    parser.add_argument("--utmos", type=Path, default=None)
    parser.add_argument("--model", default="kokoro")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    kept_path = options.out / "results.jsonl"
    lines = kept_path.read_text().splitlines() if kept_path.is_file() else []
    done = {one["utterance"]: one for one in map(json.loads, lines)}
    cases = read_list(options.list.read_text(encoding="utf-8"))[: options.limit]
    sim, utmos = load_model(options.sim), load_model(options.utmos)
    found = []
    for one in run(cases, done, _speaker(options), sim, utmos):
        if one["utterance"] not in done:
            with kept_path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(one) + "\n")
        found.append(one)
    print(means(found))


if __name__ == "__main__":
    main()
