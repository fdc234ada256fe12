"""How far a voice lies from where the stock voices lie.

A voice is told by its mean row, in units of each column's spread across the stock voices. The
stock voices are few and the columns many, so a plain covariance is singular; the prior has the
leading principal components with their own variances, and one variance for all that is left:

    d²(x) = Σᵢ≤k (aᵢ·u)² / λᵢ + |u − Σᵢ (aᵢ·u) aᵢ|² / σ²,   u = (x − mean) / spread

σ² and k are chosen by leaving one voice out: what the others say of a voice that they have not
seen. So are the distances that a percentile is read from: it tells which share of real voices
would look stranger still, had they been new.

Source of the model: Tipping and Bishop 1999, Probabilistic principal component analysis.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kvoicewalk.mutate import Vector
from kvoicewalk.search.space import MIN_SPREAD
from kvoicewalk.voices import STYLE_DIM, Voice

MIN_VOICES = 4  # fewer say nothing of one that is left out
COMPONENT_STEPS = (1, 2, 3, 5, 8, 12, 16, 20, 25, 30, 40)


@dataclass(frozen=True)
class StockPrior:
    """Squared distance from the stock voices, 1 at the typical distance of an unseen voice.

    Attributes:
        mean, spread: float64 (256,), of the stock voices' mean rows.
        axes: float64 (k, 256), orthonormal, of the rows in units of the spread.
        variances: float64 (k,), along the axes.
        residual_variance: in every direction outside of them.
        left_out: float64 (n_voices,), sorted, d² of each voice as the others see it.
    """

    mean: Vector = field(repr=False)
    spread: Vector = field(repr=False)
    axes: Vector = field(repr=False)
    variances: Vector = field(repr=False)
    residual_variance: float
    left_out: Vector = field(repr=False)

    def value(self, voice: Voice) -> float:
        """Returns d² over the median d² of a left-out voice: 0 at the mean, 1 is typical."""
        return self._squared(self._units(voice)) / self.scale

    def percentile(self, voice: Voice) -> float:
        """Returns the share of left-out stock voices that lie nearer, 0 to 100.

        Above all of them it stays below 100: n voices cannot tell more than n / (n + 1).
        """
        n_nearer = float(np.searchsorted(self.left_out, self._squared(self._units(voice))))
        return 100 * n_nearer / (self.left_out.size + 1)

    def gradient(self, voice: Voice) -> Vector:
        """Returns the derivative of `value` in an offset of all rows, float64 (256,)."""
        units = self._units(voice)
        along = self.axes @ units
        outside = units - along @ self.axes
        # ∂d²/∂u = 2 (Σ (aᵢ·u) aᵢ / λᵢ + outside / σ²). An offset of all rows moves their mean by as
        # much, and u by that over the spread.
        whole = (along / self.variances) @ self.axes + outside / self.residual_variance
        return np.asarray(2 * whole / self.spread / self.scale)

    @property
    def precision(self) -> Vector:
        """(256, 256), of d² as a function of u."""
        outside = np.eye(len(self.mean)) - self.axes.T @ self.axes
        along = (self.axes.T / self.variances) @ self.axes
        return np.asarray(along + outside / self.residual_variance)

    @property
    def scale(self) -> float:
        """Median d² of a left-out voice."""
        return float(np.median(self.left_out))

    def _units(self, voice: Voice) -> Vector:
        row = voice.rows.mean(axis=(0, 1), dtype=np.float64)
        return np.asarray((row - self.mean) / self.spread)

    def _squared(self, units: Vector) -> float:
        along = self.axes @ units
        outside = float(units @ units - along @ along)
        return float(np.sum(along**2 / self.variances)) + outside / self.residual_variance


def fit_prior(row_means: Vector, steps: Sequence[int] = COMPONENT_STEPS) -> StockPrior:
    """Fits the prior to stock voices.

    Args:
        row_means: float64 (n_voices, 256), at least 4.
        steps: numbers of components to choose from; those above n − 3 are left out.

    Raises:
        ValueError: fewer than 4 voices.
    """
    n_voices = len(row_means)
    if n_voices < MIN_VOICES:
        raise ValueError(f"a prior needs at least {MIN_VOICES} voices, found {n_voices}")
    mean = row_means.mean(axis=0)
    spread = np.maximum(row_means.std(axis=0, ddof=1), MIN_SPREAD)
    units = (row_means - mean) / spread
    parts = [_left_out_parts(units, index) for index in range(n_voices)]
    # n − 1 voices about their own centre span n − 2 axes; something must be left outside of them.
    fits = [_fit_left_out(parts, k) for k in steps if k <= n_voices - 3]
    _, n_kept, residual_variance, left_out = max(fits, key=lambda fit: fit[0])
    axes, variances = _components(units)
    return StockPrior(
        mean, spread, axes[:n_kept], variances[:n_kept], residual_variance, np.sort(left_out)
    )


def _components(units: Vector) -> tuple[Vector, Vector]:
    """Returns axes (n, 256) and variances (n,), largest first, of centred rows."""
    # units = U S A, so their covariance unitsᵀ units / (n − 1) = Aᵀ S² A / (n − 1).
    _, sizes, axes = np.linalg.svd(units, full_matrices=False)
    return axes, sizes**2 / (len(units) - 1)


def _left_out_parts(units: Vector, index: int) -> tuple[Vector, Vector, float]:
    """Returns what the other voices say of one: coefficients, their variances, squared length."""
    others = np.delete(units, index, axis=0)
    centre = others.mean(axis=0)
    axes, variances = _components(others - centre)
    gap = units[index] - centre
    return axes @ gap, variances, float(gap @ gap)


def _fit_left_out(
    parts: Sequence[tuple[Vector, Vector, float]], k: int
) -> tuple[float, int, float, Vector]:
    """Returns (log likelihood, k, residual variance, d² of each voice) of k components.

    The residual variance is the left-out voices' own mean square outside the components: within
    the fit it would be far too small.
    """
    # −2 log p(x) = d²(x) + log |C| + const, where log |C| = Σᵢ≤k log λᵢ + (256 − k) log σ²; the σ²
    # that makes it least is the mean square outside, over 256 − k dimensions.
    outside = np.array([length - np.sum(along[:k] ** 2) for along, _, length in parts])
    residual_variance = float(outside.mean()) / (STYLE_DIM - k)
    inside = np.array([np.sum(along[:k] ** 2 / var[:k]) for along, var, _ in parts])
    log_volume = np.array([np.sum(np.log(var[:k])) for _, var, _ in parts])
    log_volume += (STYLE_DIM - k) * np.log(residual_variance)
    left_out = inside + outside / residual_variance
    return -0.5 * float(np.sum(left_out + log_volume)), k, residual_variance, left_out
