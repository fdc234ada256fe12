"""Makes `src/kvoicewalk/scoring/speaker/likeness_scales.json` from recordings of known speakers.

    KVW_CAMPPLUS_DIR=~/.cache/kvoicewalk/real/campplus \
        python -m tools.fit_likeness_scales [../shared/data] [--out FILE]

The folder holds `targets/human_SPEAKER-*` (a few clips a speaker) and `cohort/SPEAKER-*` (one clip
each). Every pair of clips is compared by every encoder, as a search compares them: a likeness of 0
is the mean cosine of two speakers, 1 that of two clips of one. Both encoders must be there.
"""

import argparse
import itertools
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from kvoicewalk.audio import read_utterance
from kvoicewalk.config import ENCODER_NAMES, ScoreConfig
from kvoicewalk.scoring.speaker import EncoderSet, compare, open_encoders

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
OUT = Path(str(resources.files("kvoicewalk.scoring.speaker").joinpath("likeness_scales.json")))


@dataclass(frozen=True)
class Pairs:
    """Cosines of all pairs of clips by one encoder.

    Attributes:
        same: of one speaker.
        strangers: of two.
    """

    same: tuple[float, ...]
    strangers: tuple[float, ...]


def clips_of(data: Path) -> list[tuple[str, Path]]:
    """Returns (speaker, recording) for each clip of the folder."""
    targets = sorted((data / "targets").glob("human_*"))
    cohort = sorted((data / "cohort").iterdir())
    return [(p.name.removeprefix("human_").split("-")[0], p) for p in (*targets, *cohort)]


def measure(clips: Sequence[tuple[str, Path]], encoders: EncoderSet) -> dict[str, Pairs]:
    """Returns the cosines of all pairs of clips, by each encoder's name."""
    heard = [(speaker, encoders.embed(read_utterance(path))) for speaker, path in clips]
    same: list[dict[str, float]] = []
    strangers: list[dict[str, float]] = []
    for (one, a), (other, b) in itertools.combinations(heard, 2):
        (same if one == other else strangers).append(compare(a, b))
    return {
        name: Pairs(tuple(x[name] for x in same), tuple(x[name] for x in strangers))
        for name in encoders.names
    }


def fit(clips: Sequence[tuple[str, Path]], encoders: EncoderSet) -> dict[str, Any]:
    """Returns what the file holds."""
    found = measure(clips, encoders)
    pairs = next(iter(found.values()))
    return {
        "made_by": "tools/fit_likeness_scales.py",
        "data": "LibriSpeech (CC BY 4.0), as redistributed in resemble-ai/Resemblyzer audio_data",
        "n_speakers": len({speaker for speaker, _ in clips}),
        "n_clips": len(clips),
        "n_pairs_same": len(pairs.same),
        "n_pairs_strangers": len(pairs.strangers),
        "encoders": {
            name: {
                "strangers": round(statistics.fmean(one.strangers), 4),
                "same": round(statistics.fmean(one.same), 4),
            }
            for name, one in found.items()
        },
    }


def main() -> None:
    """Prints and writes the scales."""
    parser = argparse.ArgumentParser(description="Fits what each encoder's cosines mean.")
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    encoders = open_encoders(ScoreConfig(encoders=ENCODER_NAMES))
    text = json.dumps(fit(clips_of(options.data), encoders), indent=2) + "\n"
    options.out.write_text(text, encoding="utf-8")
    print(text + str(options.out))


if __name__ == "__main__":
    main()
