"""Who speaks when: the encoder's windows along a recording, one voice or two."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

from kvoicewalk.audio import VAD_WINDOW_SAMPLES, raise_volume
from kvoicewalk.scoring.speaker import Embedding, Resemblyzer, cosine, pool_embeddings
from kvoicewalk.scoring.speaker.resemblyzer import PARTIAL_SAMPLES
from kvoicewalk.target.signal import Heard

WINDOWS_PER_S = 2.6  # of speech; twice the encoder's own
MAX_WINDOWS = 480  # a longer recording is heard in so many places, evenly spread
MIN_WINDOWS = 12  # about 6 s of speech; with fewer, one speaker's windows fall apart, too
PARTIAL_WINDOWS = -(-PARTIAL_SAMPLES // VAD_WINDOW_SAMPLES)

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Trace:
    """A recording's voice along time.

    Attributes:
        middles: int64 (n,), of the 30 ms window in the middle of each stretch of 1.6 s of speech.
        embeddings: float32 (n, 256), each of length 1.
    """

    middles: Indices = field(repr=False)
    embeddings: Embedding = field(repr=False)


@dataclass(frozen=True)
class Split:
    """The two most different voices in a recording, which may be one.

    Attributes:
        likeness: of the one's centroid to the other's, at most 1; one speaker: above 0.83.
        minor_share: of the one heard less, 0 to 0.5.
        is_main: bool (n,), which stretches are the other one's.
    """

    likeness: float
    minor_share: float
    is_main: npt.NDArray[np.bool_] = field(repr=False)


def trace_voice(heard: Heard, encoder: Resemblyzer) -> Trace:
    """Embeds stretches of 1.6 s of speech, pauses cut, evenly spread over a recording.

    Args:
        heard: with at least a window of speech.
        encoder: embeds.
    """
    raised = raise_volume(heard.samples)
    rows = np.flatnonzero(heard.is_speech)
    n_last = max(0, rows.size - PARTIAL_WINDOWS)
    n = int(np.clip(n_last * VAD_WINDOW_SAMPLES / 16_000 * WINDOWS_PER_S + 1, 1, MAX_WINDOWS))
    starts = np.linspace(0, n_last, n).astype(np.int64)
    stretches = np.zeros((n, PARTIAL_SAMPLES), dtype=np.float32)
    windows = raised[: heard.is_speech.size * VAD_WINDOW_SAMPLES].reshape(-1, VAD_WINDOW_SAMPLES)
    for stretch, start in zip(stretches, starts, strict=True):
        found = windows[rows[start : start + PARTIAL_WINDOWS]].ravel()[:PARTIAL_SAMPLES]
        stretch[: found.size] = found
    middles = rows[np.minimum(starts + PARTIAL_WINDOWS // 2, rows.size - 1)]
    return Trace(middles, encoder.embed_windows(stretches))


def split_voices(embeddings: Embedding) -> Split | None:
    """Parts stretches into the two most different voices, by k-means from the main axis.

    Returns:
        None where there are too few to tell.
    """
    if len(embeddings) < MIN_WINDOWS:
        return None
    points = embeddings.astype(np.float64)
    centred = points - points.mean(axis=0)
    is_first = centred @ np.linalg.svd(centred, full_matrices=False)[2][0] > 0
    if is_first.all() or not is_first.any():  # all alike
        return Split(1.0, 0.0, np.ones(len(points), dtype=bool))
    begin = np.stack([points[is_first].mean(axis=0), points[~is_first].mean(axis=0)])
    labels = kmeans2(points, begin, iter=20, minit="matrix", missing="raise")[1]
    is_main = labels == np.argmax(np.bincount(labels, minlength=2))
    one, other = (pool_embeddings(list(embeddings[which])) for which in (is_main, ~is_main))
    return Split(cosine(one, other), float(1 - is_main.mean()), is_main)
