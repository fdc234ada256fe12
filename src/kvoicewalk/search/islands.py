"""Where searches that run side by side start: one at the start, the others around it."""

from typing import TypeVar

import numpy as np

from kvoicewalk.mutate import Floats, Vector
from kvoicewalk.search.space import SmoothSpace, Space
from kvoicewalk.seeds import island_start_seed
from kvoicewalk.voices import Voice

AROUND = 0.3  # standard deviation of the starts, in units of the space

S = TypeVar("S", bound=Space)


class MovedSpace:
    """A space whose search starts elsewhere: all voices lie where they lay.

    Attributes:
        start: z of the voice that the search starts from, (n_dims,).
        unit: see `Space`.
    """

    def __init__(self, space: Space, start: Floats) -> None:
        self.start, self.unit = start, space.unit
        self._space = space

    def decode(self, z: Floats, name: str) -> Voice:
        """See `Space.decode`."""
        return self._space.decode(z, name)

    def pull(self, row_gradient: Vector) -> Vector:
        """See `SmoothSpace.pull`; only where the space itself is smooth."""
        smooth: SmoothSpace = self._space  # type: ignore[assignment]
        return smooth.pull(row_gradient)


def island_space(space: S, k: int, seed: int) -> S:
    """Returns the space of the k-th search: the first one's is the space itself."""
    if k == 0:
        return space
    rng = np.random.default_rng(island_start_seed(seed, k))
    offset = AROUND * space.unit * rng.standard_normal(space.start.size)
    return MovedSpace(space, (space.start + offset).astype(space.start.dtype))  # type: ignore[return-value]
