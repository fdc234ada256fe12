"""What does a gradient step cost on full-size Kokoro?

    uv run python benchmarks/full_size_gradient.py [--steps 10] [--device cpu]
        [--precision float32 bfloat16] [--encoders resemblyzer campplus] [--model FOLDER]

Kokoro-82M's network, with generated weights or those of FOLDER, speaks one phrase of about 4.6 s;
each step goes forward and backward through synthesizer and speaker encoders, pitch and durations
included. Where several precisions are named they take turns, so that a busy machine is busy for all
of them. Prints seconds a step and their ratio to the first precision's; where the gradient of the
timbre half points (cosine with the first precision's); lessons a second; and the largest memory of
the machine, not of a card.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from kvoicewalk.config import GradientConfig, ModelConfig
from kvoicewalk.environment import prepare_process

TEXT = "The carpenter chose oak, because pine would soon warp in rain."
HOME_FLAG = "--make-checkpoint"


def make_checkpoint(home: Path) -> None:
    """Writes the generated checkpoint and two voices, in a process of its own for its memory."""
    import torch

    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.generated_kokoro import generate_checkpoint, write_hub_cache

    generator = torch.Generator().manual_seed(0)
    voices = {
        n: torch.randn(1, 1, 256, generator=generator).expand(510, 1, 256) * 0.15 for n in "ab"
    }
    write_hub_cache(home, generate_checkpoint(), {n: rows.clone() for n, rows in voices.items()})


def run(options: argparse.Namespace, folder: Path) -> None:
    """Times the steps and prints the figures."""
    from kvoicewalk.config import ScoreConfig
    from kvoicewalk.loss import GradientLoss, ProsodyChange, speaker_terms
    from kvoicewalk.models import open_model
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.scoring.speaker import open_encoders
    from kvoicewalk.synth import KokoroSynthesizer
    from kvoicewalk.voices import TIMBRE

    model = open_model(ModelConfig(name=str(folder), device=options.device))
    synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, model.english))
    encoders = open_encoders(ScoreConfig(encoders=tuple(options.encoders)), model.network.device)
    start, other = (model.voices.load(name) for name in model.voices.names[:2])
    target = encoders.embed(synthesizer.speak(TEXT, other, seed=1))
    plain_s = []
    for _ in range(2):
        started = time.perf_counter()
        spoken = synthesizer.speak(TEXT, start, seed=0)
        encoders.embed(spoken)
        plain_s.append(time.perf_counter() - started)
    change = ProsodyChange(1.0, 0.5, 0.05)
    losses = {}
    for precision in options.precision:
        config = GradientConfig(precision=precision)
        terms = speaker_terms(encoders, target, config)
        losses[precision] = GradientLoss(synthesizer, terms, start, change, [TEXT], config)
    step_s: dict[str, list[float]] = {name: [] for name in losses}
    gradients: dict[str, list[np.ndarray]] = {name: [] for name in losses}
    for number in range(options.steps):
        for name, loss in losses.items():
            started = time.perf_counter()
            lesson = loss.sample(start, number)
            step_s[name].append(time.perf_counter() - started)
            assert np.isfinite(lesson.gradient).all()
            assert np.abs(lesson.gradient).max() > 0
            gradients[name].append(lesson.gradient[TIMBRE])
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(
        f"phrase {spoken.duration_s:.1f} s, {options.steps} steps, {' and '.join(encoders.names)}, "
        f"on {model.network.device.type}; speaking and embedding it {min(plain_s):.2f} s; "
        f"peak {peak_gb:.2f} GB"
    )
    first = options.precision[0]
    for name, times in step_s.items():
        usual = statistics.median(times)
        ratio = statistics.median(np.divide(times, step_s[first]))
        points = statistics.median(map(_cosine, gradients[name], gradients[first]))
        print(
            f"{name}: median {usual:.2f} s a step ({usual / min(plain_s):.1f} × speaking it), "
            f"{1 / usual:.2f} lessons a second; {ratio:.2f} × {first}; cosine {points:.3f}"
        )


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Times gradient steps on full-size Kokoro.")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--encoders", nargs="+", default=["resemblyzer"])
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument(HOME_FLAG, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    prepare_process()
    if arguments.make_checkpoint:
        make_checkpoint(arguments.make_checkpoint)
    elif arguments.model is not None:
        run(arguments, arguments.model)
    else:
        with tempfile.TemporaryDirectory() as home:
            subprocess.run([sys.executable, __file__, HOME_FLAG, home], check=True)
            snapshots = Path(home) / "hub" / "models--hexgrad--Kokoro-82M" / "snapshots"
            (snapshot,) = snapshots.iterdir()
            run(arguments, snapshot)
