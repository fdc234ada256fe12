"""What a search moves: a vector z, and the whole voice that it stands for.

    classic   every number of the voice on its own (the original's); 130,560 dimensions
    shared    one offset a column, the same for all text lengths; 256 dimensions
    pca       the stock voices' leading components, then `shared` for the rest

With `shared` and `pca` all 510 rows move together, so a voice that is found on texts of one length
holds at the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from kvoicewalk.errors import Setting, VoiceError
from kvoicewalk.mutate import Floats, Vector
from kvoicewalk.voices import N_ROWS, PROSODY, STYLE_DIM, TIMBRE, Voice

Half = Literal["timbre", "prosody"]

N_COMPONENTS = 20
RESIDUAL_UNIT = 0.3  # what the components do not reach moves in smaller steps
MIN_SPREAD = 1e-4


class Space(Protocol):
    """A parametrisation of voices.

    Attributes:
        start: z of the voice that the search starts from, (n_dims,).
        unit: what one step in each dimension is worth, (n_dims,); 0 locks it.
    """

    start: Floats
    unit: Floats

    def decode(self, z: Floats, name: str) -> Voice:
        """Returns the voice that z, (n_dims,), stands for."""


class SmoothSpace(Space, Protocol):
    """A space whose voices move by one offset for all rows."""

    def pull(self, row_gradient: Vector) -> Vector:
        """Takes a gradient from rows to z: the transpose of `decode`'s derivative.

        Args:
            row_gradient: float64 (256,), of a loss with respect to the offset that all rows share.

        Returns:
            float64 (n_dims,), of the same loss with respect to z.
        """


@dataclass(frozen=True)
class Population:
    """Statistics of voices.

    Attributes:
        mean: float32 (510, 1, 256), of all voices.
        spread: float32 (510, 1, 256), standard deviation across voices, of each number.
        row_means: float64 (n_voices, 256), each voice's mean row.
    """

    mean: npt.NDArray[np.float32] = field(repr=False)
    spread: npt.NDArray[np.float32] = field(repr=False)
    row_means: npt.NDArray[np.float64] = field(repr=False)

    @property
    def column_spread(self) -> npt.NDArray[np.float64]:
        """Standard deviation across voices of each column of the mean row, (256,)."""
        return np.asarray(np.maximum(self.row_means.std(axis=0, ddof=1), MIN_SPREAD))


def describe_population(voices: Sequence[Voice]) -> Population:
    """Returns the statistics of at least two voices.

    Raises:
        VoiceError: fewer than two.

    Source: RobViren/kvoicewalk `utilities/voice_generator.py` (mean, and n − 1 under the root).
    """
    if len(voices) < 2:
        raise VoiceError(
            f"a search needs at least two voices to measure their spread; found {len(voices)}."
        )
    stacked = np.stack([voice.rows for voice in voices])
    return Population(
        mean=stacked.mean(axis=0),
        spread=stacked.std(axis=0, ddof=1),
        row_means=stacked.astype(np.float64).mean(axis=(1, 2)),
    )


class ClassicSpace:
    """Every number moves by itself, in units of its own spread across the population."""

    def __init__(self, base: Voice, population: Population) -> None:
        self.start: Floats = base.rows.reshape(-1)
        self.unit: Floats = population.spread.reshape(-1)

    def decode(self, z: Floats, name: str) -> Voice:
        """See `Space.decode`."""
        return Voice(name, z.reshape(N_ROWS, 1, STYLE_DIM).astype(np.float32))


class SharedSpace:
    """One offset a column for all rows, in units of the column's spread across voices."""

    def __init__(self, base: Voice, population: Population, only: Half | None = None) -> None:
        self.start: Floats = np.zeros(STYLE_DIM)
        self.unit: Floats = half_mask(only)
        self._base = base.rows
        self._spread = population.column_spread

    def decode(self, z: Floats, name: str) -> Voice:
        """See `Space.decode`."""
        return shifted(self._base, z * self._spread, name)

    def pull(self, row_gradient: Vector) -> Vector:
        """See `SmoothSpace.pull`."""
        return row_gradient * self._spread


class PcaSpace:
    """Coefficients of the stock voices' components, then an offset outside of them."""

    def __init__(
        self,
        base: Voice,
        population: Population,
        only: Half | None = None,
        n_components: int = N_COMPONENTS,
    ) -> None:
        mask = half_mask(only)
        centred = (population.row_means - population.row_means.mean(axis=0)) * mask
        n_kept = min(n_components, len(centred) - 1)
        _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
        self._axes = axes[:n_kept]
        self._sizes = sizes[:n_kept] / np.sqrt(len(centred) - 1)
        self._base = base.rows
        self._spread = population.column_spread
        self.start: Floats = np.zeros(n_kept + STYLE_DIM)
        self.unit: Floats = np.concatenate((np.ones(n_kept), RESIDUAL_UNIT * mask))

    def decode(self, z: Floats, name: str) -> Voice:
        """See `Space.decode`."""
        n_kept = len(self._axes)
        rest = z[n_kept:] * self._spread
        rest = rest - (rest @ self._axes.T) @ self._axes
        return shifted(self._base, (z[:n_kept] * self._sizes) @ self._axes + rest, name)

    def pull(self, row_gradient: Vector) -> Vector:
        """See `SmoothSpace.pull`."""
        along = self._axes @ row_gradient
        outside = row_gradient - along @ self._axes
        return np.concatenate((along * self._sizes, outside * self._spread))


def make_space(
    kind: Literal["classic", "shared", "pca"],
    base: Voice,
    population: Population,
    only: Half | None = None,
) -> Space:
    """Returns the space that a configuration names.

    Raises:
        VoiceError: `only` with `classic`, which knows no halves.
    """
    if kind == "classic":
        if only is not None:
            smooth = Setting("params", "shared", "pca")
            raise VoiceError(Setting("only"), " works with ", smooth, ", not with classic.")
        return ClassicSpace(base, population)
    return make_smooth_space(kind, base, population, only)


def make_smooth_space(
    kind: Literal["shared", "pca"],
    base: Voice,
    population: Population,
    only: Half | None = None,
) -> SmoothSpace:
    """Returns a space in which a gradient can move."""
    return (SharedSpace if kind == "shared" else PcaSpace)(base, population, only)


def shifted(rows: npt.NDArray[np.float32], offset: npt.NDArray[np.float64], name: str) -> Voice:
    """Returns a voice whose rows are all moved by one offset, float64 (256,)."""
    return Voice(name, (rows.astype(np.float64) + offset).astype(np.float32))


def half_mask(only: Half | None) -> npt.NDArray[np.float64]:
    """Returns 1 for the columns that may move, 0 for the locked half, (256,)."""
    mask = np.ones(STYLE_DIM)
    if only == "timbre":
        mask[PROSODY] = 0.0
    if only == "prosody":
        mask[TIMBRE] = 0.0
    return mask
