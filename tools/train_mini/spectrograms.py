"""Draws `docs/mini-spectrograms.png`: espeak-ng above, mini below, the same sentence.

uv run --group train python -m tools.train_mini.spectrograms
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np

from kvoicewalk.audio import SAMPLE_RATE_HZ
from kvoicewalk.scoring.librosa_lock import librosa
from tools.train_mini.bench import espeak, open_bench

PATH = Path(__file__).parents[2] / "docs" / "mini-spectrograms.png"
SENTENCE = "A tall fence keeps the goats out of the garden."
HIGHEST_HZ = 8_000
RANGE_DB = 70


def draw(path: Path = PATH) -> None:
    """Draws the lowest voice, one in the middle and the highest."""
    mpl.use("Agg")
    from matplotlib import pyplot

    bench = open_bench()
    # Names run from low to high within each sex.
    women, men = ([name for name in bench.voices if name[:2] == sex] for sex in ("af", "am"))
    shown = (men[0], men[-1], women[-1])
    figure, axes = pyplot.subplots(
        2, len(shown), figsize=(13, 5), sharey=True, layout="constrained"
    )
    for column, name in enumerate(shown):
        spoken = {
            "espeak-ng": espeak(SENTENCE, bench.manners[name]),
            "mini": bench.mini(SENTENCE, bench.voices[name]),
        }
        for row, (who, samples) in enumerate(spoken.items()):
            power = np.abs(librosa().stft(samples, n_fft=1024, hop_length=240)) ** 2
            level_db = librosa().power_to_db(power, ref=np.max, top_db=RANGE_DB)
            axes[row, column].imshow(
                level_db, origin="lower", aspect="auto", cmap="magma",
                extent=(0, samples.size / SAMPLE_RATE_HZ, 0, SAMPLE_RATE_HZ / 2 / 1000),
            )  # fmt: skip
            axes[row, column].set(title=f"{name}, {who}", ylim=(0, HIGHEST_HZ / 1000))
        axes[1, column].set_xlabel("s")
    for row in range(2):
        axes[row, 0].set_ylabel("kHz")
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


if __name__ == "__main__":
    draw()
