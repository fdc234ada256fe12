"""Voices to start from, besides the likest stock voice: guesses that cost no speech.

    timbre   a linear map from the target's embeddings to the timbre half, learned on speech that
             Kokoro made (tools/train_timbre_prediction.py)
    prosody  a blend of the stock voices' prosody halves that comes to the target's pitch, range
             and pace

A guess is drawn in until it lies no further out than stock voices do. Whether it is any good is
told by hearing it, never here; what is heard of it says in which direction it missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy.optimize

from kvoicewalk.models.stock_table import TimbreMap
from kvoicewalk.mutate import Vector
from kvoicewalk.scoring.prosody import Prosody
from kvoicewalk.scoring.speaker import Embeddings
from kvoicewalk.search.prior import StockPrior
from kvoicewalk.search.space import Population
from kvoicewalk.voices import PROSODY, TIMBRE, Voice

# Differences that weigh alike: a semitone of pitch or of range, a tenth of pace.
PROSODY_UNITS = (1.0, 1.0, 0.1)
# Many voices with a little weight each sound more natural than two far apart: the sum of squared
# weights counts like a semitone where one voice has all of it.
SPREAD_WEIGHT = 1.0
SUM_WEIGHT = 100.0  # makes the weights' sum 1, as good as exactly
MAX_PERCENTILE = 95.0
DRAWING, MAX_DRAWINGS = 0.05, 1_000  # by how much a guess is drawn in at a time


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
        prior: fitted to them; the guess is drawn in until it lies within their 95th percentile.
    """
    mean = Voice("guess", population.mean)
    return _drawn_in(mean, guess.timbre(target), prior)


def correct_timbre(
    guess: TimbreMap, voice: Voice, heard: Embeddings, target: Embeddings, prior: StockPrior
) -> Voice:
    """Returns a voice moved by what the difference between target and its own speech makes likely.

    A step of Gauss and Newton with the map in place of the inverse derivative.

    Args:
        guess: from embeddings to the timbre half.
        voice: to be corrected.
        heard: in the voice's own speech, by each encoder that the map was learned with.
        target: likewise.
        prior: as for `guess_timbre`.
    """
    return _drawn_in(voice, guess.timbre(target) - guess.timbre(heard), prior)


def _drawn_in(voice: Voice, move: Vector, prior: StockPrior) -> Voice:
    """Returns a voice whose timbre is moved by `move`, (128,), in units of the prior's spread.

    Drawn in, the timbre u becomes what is least in |u' − u|² + τ d²(u'): directions in which stock
    voices hardly differ give way first. τ grows until the prior is content.
    """
    row = voice.rows.mean(axis=(0, 1), dtype=np.float64)
    own = ((row - prior.mean) / prior.spread)[TIMBRE]
    precision = prior.precision[TIMBRE, TIMBRE]
    draw = np.linalg.inv(
        np.eye(len(own)) + DRAWING * len(own) / float(np.trace(precision)) * precision
    )
    units = own + move
    for _ in range(MAX_DRAWINGS):
        found = _with_timbre(voice, (units - own) * prior.spread[TIMBRE])
        if prior.percentile(found) <= MAX_PERCENTILE:
            break
        units = draw @ units
    return found


def _with_timbre(voice: Voice, offset: Vector) -> Voice:
    rows = voice.rows.astype(np.float64)
    rows[..., TIMBRE] += offset
    return Voice(voice.name, rows.astype(np.float32))
