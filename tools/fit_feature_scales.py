"""Makes `src/kvoicewalk/scoring/feature_scales.json` from recordings of many speakers.

    python tools/fit_feature_scales.py [../shared/data/cohort]

One clip a speaker. Each clip is cut in halves: the spread of a feature is its standard deviation
among the speakers' means, its weight grows with how much of its variance lies between speakers
rather than within one (the root of F − 1, F of a one-way analysis of variance; chance gives 1).
"""

import argparse
import json
from pathlib import Path

import numpy as np

from kvoicewalk.audio import read_utterance, resample
from kvoicewalk.scoring.scaled_features import FEATURE_NAMES, RATE_HZ, SCALES_PATH, scaled_features

COHORT = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "cohort"


def fit(folder: Path) -> dict[str, object]:
    """Returns what the file holds, fitted on every recording of a folder."""
    paths = sorted(folder.iterdir())
    halves = []
    for path in paths:
        clip = read_utterance(path)
        samples = resample(clip.samples, clip.sample_rate_hz, RATE_HZ)
        middle = samples.size // 2
        halves.append(
            [scaled_features(part, RATE_HZ) for part in (samples[:middle], samples[middle:])]
        )
    values = np.array(halves, dtype=np.float64)  # (n_speakers, 2, n_features)
    means = values.mean(axis=1)
    between = 2 * means.var(axis=0, ddof=1)
    within = ((values - means[:, None]) ** 2).sum(axis=(0, 1)) / len(paths)
    gain = np.maximum(between / within - 1.0, 0.0)
    weight = np.sqrt(gain) / np.sqrt(gain).sum()
    spread = means.std(axis=0, ddof=1)
    return {
        "made_by": "tools/fit_feature_scales.py",
        "n_speakers": len(paths),
        "features": {
            name: {"spread": round(float(s), 6), "weight": round(float(w), 6)}
            for name, s, w in zip(FEATURE_NAMES, spread, weight, strict=True)
        },
    }


def main() -> None:
    """Writes the scales."""
    parser = argparse.ArgumentParser(description="Fits the scaled features' spread and weight.")
    parser.add_argument("folder", nargs="?", type=Path, default=COHORT, help="one clip a speaker")
    SCALES_PATH.write_text(json.dumps(fit(parser.parse_args().folder), indent=1) + "\n")
    print(SCALES_PATH)


if __name__ == "__main__":
    main()
