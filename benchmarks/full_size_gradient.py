"""What does a gradient step cost on full-size Kokoro?

    uv run python benchmarks/full_size_gradient.py [--steps 10] [--device cpu]

Kokoro-82M's network with generated weights speaks one phrase of about 4.6 s; each step goes
forward and backward through synthesizer and speaker encoder, pitch and durations included. Prints
seconds a step, as a multiple of speaking and embedding the phrase without a gradient, lessons a
second, and the largest memory of the machine, not of a card.
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

from kvoicewalk.config import GradientConfig, ModelConfig, prepare_process

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


def run(home: Path, n_steps: int, device: str) -> None:
    """Times the steps and prints the figures."""
    from kvoicewalk.loss import GradientLoss, ProsodyChange, speaker_terms
    from kvoicewalk.models import open_model
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.score.speaker import EncoderSet, Resemblyzer
    from kvoicewalk.synth import KokoroSynthesizer

    (snapshot,) = (home / "hub" / "models--hexgrad--Kokoro-82M" / "snapshots").iterdir()
    model = open_model(ModelConfig(name=str(snapshot), device=device))  # type: ignore[arg-type]
    synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, model.english))
    encoders = EncoderSet.alone(Resemblyzer(model.network.device))
    start, other = (model.voices.load(name) for name in "ab")
    target = encoders.embed(synthesizer.speak(TEXT, other, seed=1))
    plain_s = []
    for _ in range(2):
        started = time.perf_counter()
        spoken = synthesizer.speak(TEXT, start, seed=0)
        encoders.embed(spoken)
        plain_s.append(time.perf_counter() - started)
    config = GradientConfig()
    terms = speaker_terms(encoders, target, config)
    change = ProsodyChange(1.0, 0.5, 0.05)
    loss = GradientLoss(synthesizer, terms, start, change, [TEXT], config)
    step_s, losses = [], []
    for number in range(n_steps):
        started = time.perf_counter()
        lesson = loss.sample(start, number)
        step_s.append(time.perf_counter() - started)
        losses.append(lesson.loss)
        assert np.isfinite(lesson.gradient).all()
        assert np.abs(lesson.gradient).max() > 0
    usual = statistics.median(step_s)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(
        f"phrase {spoken.duration_s:.1f} s; {n_steps} steps, median {usual:.2f} s a step "
        f"({usual / min(plain_s):.1f} × speaking and embedding it, {min(plain_s):.2f} s), "
        f"{1 / usual:.2f} lessons a second on {model.network.device.type}; "
        f"peak {peak_gb:.2f} GB; loss {losses[0]:.3f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Times gradient steps on full-size Kokoro.")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--device", default="cpu")
    parser.add_argument(HOME_FLAG, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    prepare_process()
    if arguments.make_checkpoint:
        make_checkpoint(arguments.make_checkpoint)
    else:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, __file__, HOME_FLAG, folder], check=True)
            run(Path(folder), arguments.steps, arguments.device)
