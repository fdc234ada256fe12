"""Makes `examples/target.wav`: espeak-ng speaks `examples/target.txt` with one voice variant.

    uv run python tools/mini/make_example_target.py [VARIANT]

The variant is one that the embedded model never saw in training (`tools/mini/training_variants.txt`
lists those it saw). Deterministic.
"""

import sys
from pathlib import Path

import numpy as np

from kvoicewalk.audio import Utterance, write_wav

sys.path.insert(0, str(Path(__file__).parent))
from espeak import Espeak, variants

EXAMPLES = Path(__file__).parents[2] / "examples"
SEEN_PATH = Path(__file__).parent / "training_variants.txt"
VARIANT = "rob"
PEAK = 0.7


def main(variant: str) -> None:
    """Writes the wav."""
    if variant in SEEN_PATH.read_text().split():
        sys.exit(f"the embedded model was trained on {variant}; choose another")
    text = " ".join((EXAMPLES / "target.txt").read_text(encoding="utf-8").split())
    spoken = Espeak().speak(text, variant)
    level = PEAK / float(np.abs(spoken.samples).max())
    write_wav(
        EXAMPLES / "target.wav", Utterance(spoken.samples * level, spoken.sample_rate_hz, text)
    )
    unseen = sorted(set(variants()) - set(SEEN_PATH.read_text().split()))
    print(f"{variant}: {spoken.duration_s:.1f} s; unseen variants: {' '.join(unseen)}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else VARIANT)
