"""Voices to start from, besides the likest stock voice: guesses that cost no speech.

    timbre   a linear map from the target's embeddings to the timbre half, learned on speech that
             Kokoro made (tools/train_timbre_prediction.py)
    prosody  a blend of the stock voices' prosody halves that comes to the target's pitch, range
             and pace

A guess is drawn towards the mean voice until it lies no further out than stock voices do. Whether
it is any good is told by hearing it, never here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy.optimize

from kvoicewalk.models.stock_table import TimbreMap
from kvoicewalk.mutate import Vector
from kvoicewalk.score.prosody import Prosody
from kvoicewalk.score.speaker import Embeddings
from kvoicewalk.search.prior import StockPrior
from kvoicewalk.search.space import Population
from kvoicewalk.voices import PROSODY, TIMBRE, Voice

# Differences that weigh alike: a semitone of pitch or of range, a tenth of pace.
PROSODY_UNITS = (1.0, 1.0, 0.1)
# Many voices with a little weight each sound more natural than two far apart: the sum of squared
# weights counts like a semitone where one voice has all of it.
SPREAD_WEIGHT = 1.0
SUM_WEIGHT = 100.0  # makes the weights' sum 1, as good as exactly
MAX_PERCENTILE = 90.0
SHRINKING, MAX_SHRINKINGS = 0.8, 10


@dataclass(frozen=True)
class StockProsody:
    """Stock voices and how each speaks.

    Attributes:
        voices: one a row.
        figures: float (n_voices, 3): pitch and range in semitones, pace in seconds a phoneme.
    """

    voices: Sequence[Voice] = field(repr=False)
    figures: npt.NDArray[np.float64] = field(repr=False)


def blend_prosody(stock: StockProsody, target: Prosody) -> npt.NDArray[np.float64] | None:
    """Returns the weight of each stock voice, (n_voices,), that add up to 1 and are at least 0.

    Solves, for weights w ≥ 0,  Σ ((Fᵀ w − f) / unit)² + SPREAD_WEIGHT |w|² + SUM_WEIGHT² (Σ w − 1)²
    where F are the voices' figures and f the target's; pace is taken as its logarithm.

    Returns:
        None where the target's pitch is not known.
    """
    wanted = (target.pitch_semitones, target.range_semitones, target.pace_s)
    if target.pitch_semitones is None:
        return None
    figures = stock.figures.copy()
    figures[:, 2] = np.log(figures[:, 2])
    rows, aims = [], []
    for column, (value, size) in enumerate(zip(wanted, PROSODY_UNITS, strict=True)):
        if value is not None:
            rows.append(figures[:, column] / size)
            aims.append((np.log(value) if column == 2 else value) / size)
    n = len(stock.voices)
    matrix = np.vstack([*rows, SUM_WEIGHT * np.ones(n), np.sqrt(SPREAD_WEIGHT) * np.eye(n)])
    weights, _ = scipy.optimize.nnls(matrix, np.concatenate([aims, [SUM_WEIGHT], np.zeros(n)]))
    return np.asarray(weights / weights.sum())


def with_prosody(voice: Voice, stock: StockProsody, weights: npt.NDArray[np.float64]) -> Voice:
    """Returns a voice with its own timbre half and a blend of stock prosody halves."""
    rows = voice.rows.copy()
    halves = np.stack([one.rows[..., PROSODY] for one in stock.voices]).astype(np.float64)
    rows[..., PROSODY] = np.tensordot(weights, halves, axes=1)
    return Voice(voice.name, rows.astype(np.float32))


def guess_timbre(
    guess: TimbreMap, target: Embeddings, population: Population, prior: StockPrior
) -> Voice:
    """Returns the mean stock voice with the timbre that the target's embeddings make likely.

    Args:
        guess: from embeddings to the timbre half.
        target: by each encoder that the map was learned with.
        population: all stock voices.
        prior: fitted to them; the guess is drawn in until it lies within their 90th percentile.
    """
    units = guess.timbre(target)
    for _ in range(MAX_SHRINKINGS):
        if prior.percentile(_at(population, units)) <= MAX_PERCENTILE:
            break
        units = units * SHRINKING
    return _at(population, units)


def _at(population: Population, units: Vector) -> Voice:
    rows = population.mean.astype(np.float64)
    rows[..., TIMBRE] += units * population.column_spread[TIMBRE]
    return Voice("guess", rows.astype(np.float32))
