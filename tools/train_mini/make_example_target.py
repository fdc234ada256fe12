"""Makes `examples/target.wav`: espeak-ng speaks `examples/target.txt` with one voice variant.

    uv run --group train python -m tools.train_mini.make_example_target [VARIANT]

The variant is one that the embedded model never saw in training (`training_variants.txt`
lists those it saw). Deterministic.
"""

import sys
from pathlib import Path

import numpy as np

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, write_wav
from tools.train_mini.espeak import Espeak, Manner, training_variants, variants

EXAMPLES = Path(__file__).parents[2] / "examples"
VARIANT = "rob"
PEAK = 0.7


def main(variant: str) -> None:
    """Writes the wav."""
    if variant in training_variants():
        sys.exit(f"the embedded model was trained on {variant}; choose another")
    text = " ".join((EXAMPLES / "target.txt").read_text(encoding="utf-8").split())
    samples = Espeak().speak(text, Manner(variant)).samples
    spoken = Utterance(samples * (PEAK / float(np.abs(samples).max())), SAMPLE_RATE_HZ, text)
    write_wav(EXAMPLES / "target.wav", spoken)
    unseen = sorted(set(variants()) - set(training_variants()))
    print(f"{variant}: {spoken.duration_s:.1f} s; unseen variants: {' '.join(unseen)}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else VARIANT)
