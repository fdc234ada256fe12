"""What Kokoro-82M's stock voices sound like, measured once for everybody.

Written by tools/measure_stock_voices.py on the kit's weights (docs/real-kokoro.md). On the hub's
own weights, and with other phonemes, a voice sounds a little different: the table tells which
voices to hear, and what is heard decides.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

TIMBRE_PATH = Path(__file__).with_name("kokoro_timbre.npz")
TABLE_PATH = Path(__file__).with_name("kokoro_stock.npz")
ENCODERS = ("resemblyzer", "campplus")


@dataclass(frozen=True)
class StockTable:
    """Measurements of stock voices, a row each.

    Attributes:
        rows: a voice's row, by its hash.
        embeddings: by encoder: float32 (n_voices, dimension), of length 1.
        prosody: float32 (n_voices, 3): pitch and range in semitones, pace in seconds a phoneme.
    """

    rows: Mapping[str, int] = field(repr=False)
    embeddings: Mapping[str, npt.NDArray[np.float32]] = field(repr=False)
    prosody: npt.NDArray[np.float32] = field(repr=False)


@functools.cache
def stock_table() -> StockTable:
    """Returns the table that comes with the package."""
    with np.load(TABLE_PATH, allow_pickle=False) as data:
        head = json.loads(data["head"].tobytes())
        embeddings = {name: _unit_rows(data[name].astype(np.float32)) for name in ENCODERS}
        prosody = data["prosody"]
    return StockTable({digest: i for i, digest in enumerate(head["hashes"])}, embeddings, prosody)


@dataclass(frozen=True)
class TimbreMap:
    """A linear map from speaker embeddings to a timbre half.

    Attributes:
        encoders: whose embeddings it takes, in this order.
        weights: float32 (n_numbers, 128), from their embeddings one after the other.
        mean: float32 (n_numbers,), of the embeddings it was learned with.
    """

    encoders: tuple[str, ...]
    weights: npt.NDArray[np.float32] = field(repr=False)
    mean: npt.NDArray[np.float32] = field(repr=False)

    def timbre(self, embeddings: Mapping[str, npt.NDArray[np.float32]]) -> npt.NDArray[np.float64]:
        """Returns the likely timbre, float64 (128,), in standard deviations from the mean voice."""
        heard = np.concatenate([embeddings[name] for name in self.encoders])
        return np.asarray((heard - self.mean).astype(np.float64) @ self.weights)


@functools.cache
def timbre_map(encoders: tuple[str, ...]) -> TimbreMap | None:
    """Returns the map for these encoders that comes with the package; None where there is none."""
    order = tuple(name for name in ENCODERS if name in encoders)
    if not order or len(order) < len(encoders):
        return None
    with np.load(TIMBRE_PATH, allow_pickle=False) as data:
        # Learned for each set of encoders on its own: with one ear less, another map is best.
        weights = data["weights-" + "+".join(order)].astype(np.float32)
        mean = np.concatenate([data[f"mean-{name}"] for name in order])
    return TimbreMap(order, weights, mean)


def _unit_rows(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / lengths, dtype=np.float32)
