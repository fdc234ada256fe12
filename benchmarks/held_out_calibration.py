"""Does a voice equal to the target close the whole gap, and a stranger none of it?

    uv run python -m benchmarks.held_out_calibration

Real recordings of ../shared/data stand in for voices: the other clips of the target's speaker for
a perfect copy, the likest of 30 strangers for the best stock voice. For each of three speakers
every choice of one clip, or of three neighbouring ones, is the target once. Speech is cut and
joined to pieces of about 6 s, as long as a held-out text. No synthesis.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.bench_targets import CLIPS_DIR
from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, read_utterance
from kvoicewalk.held_out import make_yardstick, share_of_gap
from kvoicewalk.scoring.speaker import (
    Embeddings,
    EncoderSet,
    Resemblyzer,
    compare,
    joint_similarity,
)

SPEAKERS = ("1688", "2033", "2414")
COHORT_DIR = CLIPS_DIR.parent / "cohort"
PIECE_S = 6.0


@dataclass(frozen=True)
class Row:
    """One choice of target clips.

    Attributes:
        ceiling, floor, copy: likeness to the target.
        share: of the gap that the copy closes.
    """

    ceiling: float
    floor: float
    copy: float
    share: float


def pieces(clips: Sequence[Utterance]) -> list[Utterance]:
    """Joins speech and cuts it into equal pieces of about `PIECE_S`."""
    samples = np.concatenate([clip.samples for clip in clips])
    n_pieces = max(1, round(samples.size / SAMPLE_RATE_HZ / PIECE_S))
    return [Utterance(part, SAMPLE_RATE_HZ) for part in np.array_split(samples, n_pieces)]


def rows(speaker: str, n_clips: int, strangers: list[Embeddings], encoders: EncoderSet
         ) -> Iterator[Row]:  # fmt: skip
    """Yields one row a choice of `n_clips` neighbouring clips."""
    clips = [read_utterance(path) for path in sorted(CLIPS_DIR.glob(f"human_{speaker}-*"))]
    for first in range(len(clips)):
        chosen = [clips[(first + i) % len(clips)] for i in range(n_clips)]
        others = [clip for clip in clips if not any(clip is one for one in chosen)]
        yardstick = make_yardstick(chosen, encoders)

        def likeness(own: Embeddings, references: Sequence[Embeddings]) -> float:
            return statistics.fmean(joint_similarity(compare(own, one)) for one in references)

        references = list(yardstick.references)
        floor = max(likeness(one, references) for one in strangers)
        copy = statistics.fmean(
            likeness(encoders.embed(piece), references) for piece in pieces(others)
        )
        share = share_of_gap(copy, floor, yardstick.ceiling)
        yield Row(yardstick.ceiling, floor, copy, share if share is not None else float("nan"))


def main() -> None:
    """Prints the distributions."""
    encoders = EncoderSet.alone(Resemblyzer())
    strangers = [encoders.embed(read_utterance(path)) for path in sorted(COHORT_DIR.glob("*.flac"))]
    for n_clips in (1, 3):
        found = {s: list(rows(s, n_clips, strangers, encoders)) for s in SPEAKERS}
        for speaker, own in found.items():
            print(
                f"{n_clips} clip(s), {speaker}: ceiling "
                f"{_span([row.ceiling for row in own])}, likest of 30 strangers "
                f"{_span([row.floor for row in own])}, own other clips "
                f"{_span([row.copy for row in own])}, share {_span([row.share for row in own])}"
            )
        shares = [row.share for own in found.values() for row in own]
        print(f"{n_clips} clip(s): median share of a perfect copy {statistics.median(shares):.2f}")


def _span(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
