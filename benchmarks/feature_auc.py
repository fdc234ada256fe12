"""Prints how well each feature term tells speakers apart: ROC-AUC, classic beside scaled.

    python benchmarks/feature_auc.py [../shared/data]

`targets` holds 3 speakers × 6 clips, `cohort` one clip each of 30 others. Every recording, for
both terms, is read to 24 kHz as the program does and then brought to 16 kHz. A pair's score is the
mean of both directions (either clip as the target), because the classic penalty is not symmetric:
with one direction alone its AUC depends on the order of the file names.
Scales are those in the package, fitted on `cohort` alone; so `targets × cohort` is not unseen on
its cohort side.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from kvoicewalk.audio import read_utterance, resample
from kvoicewalk.scoring.classic_features import (
    classic_feature_penalty,
    classic_feature_similarity,
    classic_features,
)
from kvoicewalk.scoring.scaled_features import (
    load_scales,
    scaled_feature_similarity,
    scaled_features,
)

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
RATE_HZ = 16_000
N_DRAWS, SEED = 2_000, 0

Matrix = npt.NDArray[np.float64]
Compare = Callable[[int, int], float]


def comparisons(clips: list[npt.NDArray[np.float32]]) -> dict[str, Compare]:
    """Returns each term's score of (target, utterance) by clip number; higher is closer."""
    classic = [classic_features(clip, RATE_HZ) for clip in clips]
    scaled = [scaled_features(clip, RATE_HZ) for clip in clips]
    scales = load_scales()

    def penalty(t: int, x: int) -> float:
        return classic_feature_penalty(classic[x], classic[t])

    return {
        "classic, −penalty": lambda t, x: -penalty(t, x),
        "classic, similarity": lambda t, x: classic_feature_similarity(penalty(t, x)),
        "scaled, similarity": lambda t, x: scaled_feature_similarity(scaled[x], scaled[t], scales),
    }


def draw_counts(groups: npt.NDArray[np.str_], rng: np.random.Generator) -> Matrix:
    """Returns how often each clip is drawn when every group is resampled with replacement."""
    counts = np.zeros(groups.size)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        np.add.at(counts, rng.choice(members, members.size), 1)
    return counts


def auc_interval(
    compare: Compare, pairs: npt.NDArray[np.intp], speakers: npt.NDArray[np.str_], n_targets: int
) -> tuple[float, float, float]:
    """Returns AUC and its 95 % interval, clips resampled within each speaker (cohort: as one)."""
    is_same = speakers[pairs[:, 0]] == speakers[pairs[:, 1]]
    scores = np.array([(compare(i, j) + compare(j, i)) / 2 for i, j in pairs.tolist()])
    groups = np.where(np.arange(speakers.size) < n_targets, speakers, "cohort")
    rng = np.random.default_rng(SEED)
    draws = []
    for _ in range(N_DRAWS):
        counts = draw_counts(groups, rng)
        weight = counts[pairs[:, 0]] * counts[pairs[:, 1]]
        if weight[is_same].sum() > 0 and weight[~is_same].sum() > 0:
            draws.append(roc_auc_score(is_same, scores, sample_weight=weight))
    low, high = np.percentile(draws, (2.5, 97.5))
    return float(roc_auc_score(is_same, scores)), float(low), float(high)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="ROC-AUC of the feature terms.")
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    data = parser.parse_args().data
    targets = sorted((data / "targets").glob("human_*"))
    cohort = sorted((data / "cohort").iterdir())
    speakers = np.array(
        [path.name.removeprefix("human_").split("-")[0] for path in (*targets, *cohort)]
    )
    clips = []
    for path in (*targets, *cohort):
        clip = read_utterance(path)
        clips.append(resample(clip.samples, clip.sample_rate_hz, RATE_HZ))
    n = len(targets)
    within = np.array([(i, j) for i in range(n) for j in range(i + 1, n)])
    same = within[speakers[within[:, 0]] == speakers[within[:, 1]]]
    across = np.array([(i, j) for i in range(n) for j in range(n, len(clips))])
    against = np.concatenate((same, across))
    print(f"within targets:   {len(same)} same-, {len(within) - len(same)} different-speaker pairs")
    print(f"targets × cohort: {len(same)} same-, {len(across)} different-speaker pairs")
    print(f"95 % interval: {N_DRAWS} draws of clips within each speaker, seed {SEED}\n")
    print(f"{'term':22}{'within targets':>26}{'targets × cohort':>26}")
    for name, compare in comparisons(clips).items():
        cells = (auc_interval(compare, pairs, speakers, n) for pairs in (within, against))
        print(
            f"{name:22}" + "".join(f"{a:10.3f} [{low:.3f}, {high:.3f}]" for a, low, high in cells)
        )


if __name__ == "__main__":
    main()
