"""How many phonemes a second people speak: where the bounds of `kvw`'s check of words come from.

    python -m benchmarks.words_fit --whisper DIR [FOLDER]...

Recordings of a folder each (default: the shared ones); their words are what Whisper hears, so that
its errors are in the figures. Speech is timed, and phonemes are counted, as the check does.
"""

import argparse
from pathlib import Path

import numpy as np

from kvoicewalk.app.words import PHONEMES_PER_S
from kvoicewalk.audio import read_utterance, speech_duration_s
from kvoicewalk.judges import Listener
from kvoicewalk.models import locate_model
from kvoicewalk.models.base import read_model_config
from kvoicewalk.phonemes import Phonemizer

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"
FACTORS = (1 / 3, 1 / 2, 2, 3)


def main() -> None:
    """Prints the distribution, and how much of wrong lengths the bounds refuse."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folders", type=Path, nargs="*", default=[SHARED / "targets", SHARED / "cohort"]
    )
    parser.add_argument("--whisper", type=Path, required=True)
    options = parser.parse_args()
    vocab = read_model_config(locate_model("mini").config_path)["vocab"]
    phonemizer, listener = Phonemizer(vocab, "espeak"), Listener(options.whisper)
    paces = []
    for path in sorted(path for folder in options.folders for path in folder.iterdir()):
        clip = read_utterance(path)
        words = listener.write_down(clip)
        paces.append(phonemizer.phonemize(words).n_phonemes / speech_duration_s(clip))
    listener.close()
    found = np.array(paces)
    low, high = PHONEMES_PER_S
    print(
        f"{found.size} recordings, phonemes a second of speech: "
        f"{found.min():.1f} to {found.max():.1f}, median {np.median(found):.1f}"
    )
    print(f"taken with their own words: {np.mean((found >= low) & (found <= high)):.0%}")
    for factor in FACTORS:
        refused = np.mean((found * factor < low) | (found * factor > high))
        print(f"refused with {factor:.2g} times as many words: {refused:.0%}")


if __name__ == "__main__":
    main()
