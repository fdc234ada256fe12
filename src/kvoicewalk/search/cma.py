"""CMA-ES, by the package `cma`: full covariance in few dimensions, the diagonal alone in many.

The package works on generations, which are handed out in pieces as large as is asked for and told
when they are complete. The same seed and the same scores lead to the same place, so it is resumed
by telling it again the scores that it was told.

Source: Hansen and Ostermeier 2001; restarts with larger generations: Auger and Hansen 2005.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kvoicewalk.config import CmaConfig
from kvoicewalk.mutate import Floats, Vector
from kvoicewalk.search.base import Candidate, Told, Untaught
from kvoicewalk.search.space import Space

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it wants matplotlib, for plots that nobody asks for
    import cma

MAX_FULL_DIMS = 40  # a full covariance learns too slowly above


class CovarianceSearch(Untaught):
    """Asks for a generation's candidates in turn, and for the next only when all are told.

    Attributes:
        n_restarts: so far; each begins at the best candidate, with a larger generation.
    """

    def __init__(
        self, space: Space, config: CmaConfig, seed: int, starts: Sequence[Floats] = ()
    ) -> None:
        """Begins at the space's start.

        Args:
            space: whose unlocked dimensions are searched.
            config: sizes.
            seed: of all draws.
            starts: z of more voices to hear in the first generation, each (n_dims,).
        """
        self._space, self._config, self._seed = space, config, seed
        self._is_free = space.unit > 0
        self._starts = [self._inward(z) for z in starts]
        self._next_start: Vector | None = None
        self._begin()

    def ask(self, n: int) -> list[Candidate]:
        """See `Optimizer.ask`."""
        points = self._rest()[:n]
        names = (f"step{self._n_told + k}" for k in range(1, len(points) + 1))
        zs = [self._outward(point) for point in points]
        return [
            Candidate(z, self._space.decode(z, name)) for z, name in zip(zs, names, strict=True)
        ]

    def tell(self, batch: Sequence[Told]) -> None:
        """See `Optimizer.tell`; a gated candidate counts as the worst of its generation."""
        for told in batch:
            self._take(told.score)

    def adopt(self, incumbent: Floats) -> None:
        """See `Optimizer.adopt`: the next generation is the first of a search from there."""
        self._adopted.append((self._n_told, np.asarray(incumbent, dtype=np.float64)))
        self._next_start = self._inward(incumbent)

    def state(self) -> dict[str, Any]:
        """See `Optimizer.state`; it grows with each adoption, which are few."""
        return {"seed": self._seed, "adopted": [[n, z.tolist()] for n, z in self._adopted]}

    def restore(
        self, state: Mapping[str, Any], incumbent: Floats, scores: Sequence[float | None]
    ) -> None:
        """See `Optimizer.restore`."""
        del incumbent
        self._seed = int(state["seed"])
        self._begin()
        adopted = [(int(n), np.array(z)) for n, z in state.get("adopted", ())]
        for n_told in range(len(scores) + 1):
            while adopted and adopted[0][0] == n_told:
                self.adopt(adopted.pop(0)[1])
            if n_told < len(scores):
                self._rest()
                self._take(scores[n_told])

    def _begin(self) -> None:
        self._rng = np.random.Generator(np.random.PCG64(self._seed))
        self._n_told = 0
        self._adopted: list[tuple[int, Vector]] = []
        self._next_start = None
        self._generation: list[Vector] = []
        self._scores: list[float | None] = []
        self._best_score = -np.inf
        self._best = self._inward(self._space.start)
        self.n_restarts = 0
        self._strategy = self._make_strategy()
        for start in self._starts:
            self._strategy.inject([start], force=True)

    def _make_strategy(self) -> Any:
        # Unless it is given a source of normal numbers, the package seeds numpy's global one.
        options: dict[str, Any] = {
            "randn": lambda *shape: self._rng.standard_normal(shape),
            "seed": np.nan,
            "verbose": -9,
            "CMA_diagonal": self._best.size > MAX_FULL_DIMS,
        }
        size = self._config.n_candidates or 4 + int(3 * np.log(self._best.size))
        options["popsize"] = size * self._config.growth**self.n_restarts
        return cma.CMAEvolutionStrategy(self._best, self._config.start_size, options)

    def _rest(self) -> list[Vector]:
        """Returns the points of the generation that are not told yet, each (n_free,)."""
        if not self._generation:
            if self._next_start is not None:
                self._best, self._next_start = self._next_start, None
                self._strategy = self._make_strategy()
            self._generation = [np.asarray(point) for point in self._strategy.ask()]
        return self._generation[len(self._scores) :]

    def _take(self, score: float | None) -> None:
        if score is not None and score > self._best_score:
            self._best_score, self._best = score, self._rest()[0].copy()
        self._n_told += 1
        self._scores.append(score)
        if len(self._scores) < len(self._generation):
            return
        known = [one for one in self._scores if one is not None]
        worst = min(known, default=0.0) - 1.0
        self._strategy.tell(
            self._generation, [-(worst if one is None else one) for one in self._scores]
        )
        self._generation, self._scores = [], []
        if self._strategy.stop():
            self.n_restarts += 1
            self._strategy = self._make_strategy()

    def _inward(self, z: Floats) -> Vector:
        return np.asarray((z / np.where(self._is_free, self._space.unit, 1.0))[self._is_free])

    def _outward(self, point: Vector) -> Vector:
        z = np.array(self._space.start, dtype=np.float64)
        z[self._is_free] = point * self._space.unit[self._is_free]
        return z
