"""The random walk: the incumbent plus noise, kept where it is better.

With a fixed range of step sizes this is the original's walk. With adaptation the size follows the
one-fifth success rule (Rechenberg 1973): it grows while more than one step in five succeeds, and
shrinks while fewer do.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kvoicewalk.config import WalkConfig
from kvoicewalk.mutate import Floats, add_noise
from kvoicewalk.search.base import Candidate, Told, Untaught
from kvoicewalk.search.space import Space

SUCCESS_SHARE = 0.2
ADAPTATION = 0.3  # how fast the logarithm of the size follows
MIN_SIZE, MAX_SIZE = 1e-3, 2.0


class RandomWalk(Untaught):
    """Asks for the incumbent plus noise.

    Attributes:
        size: of the next adapted step, in units of the space.
    """

    def __init__(self, space: Space, config: WalkConfig, seed: int) -> None:
        self._space, self._config = space, config
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._incumbent = space.start
        self._n_asked = 0
        self.size = config.start_size

    def ask(self, n: int) -> list[Candidate]:
        """See `Optimizer.ask`."""
        return [self._propose() for _ in range(n)]

    def _propose(self) -> Candidate:
        self._n_asked += 1
        low, high = self._config.size_range
        size = self.size if self._config.is_adaptive else self._rng.uniform(low, high)
        z = add_noise(self._rng, self._incumbent, self._space.unit, size)
        return Candidate(z, self._space.decode(z, f"step{self._n_asked}"))

    def tell(self, batch: Sequence[Told]) -> None:
        """See `Optimizer.tell`."""
        for told in batch:
            if told.is_accepted:
                self._incumbent = told.candidate.z
            # In balance where the share of successes is one fifth: its mean change is then zero.
            change = ADAPTATION * (float(told.is_accepted) - SUCCESS_SHARE) / (1 - SUCCESS_SHARE)
            self.size = min(MAX_SIZE, max(MIN_SIZE, self.size * math.exp(change)))

    def adopt(self, incumbent: Floats) -> None:
        """See `Optimizer.adopt`."""
        self._incumbent = incumbent

    def state(self) -> dict[str, Any]:
        """See `Optimizer.state`."""
        return {
            "generator": self._rng.bit_generator.state,
            "n_asked": self._n_asked,
            "size": self.size,
        }

    def restore(
        self, state: Mapping[str, Any], incumbent: Floats, scores: Sequence[float | None]
    ) -> None:
        """See `Optimizer.restore`."""
        del scores
        self._rng.bit_generator.state = state["generator"]
        self._n_asked = int(state["n_asked"])
        self.size = float(state["size"])
        self._incumbent = incumbent
