"""Two optimizers in a row: `auto` follows the gradient, then polishes on the true score."""

from collections.abc import Mapping, Sequence
from typing import Any

from kvoicewalk.mutate import Floats
from kvoicewalk.requests import Reply, Request
from kvoicewalk.search.base import Candidate, Optimizer, Told


class Staged:
    """Asks the first until it has had its steps or brings nothing better; then the second.

    Both move in one space. The second begins at the incumbent.

    Attributes:
        is_second: whose turn it is.
    """

    def __init__(
        self, first: Optimizer, second: Optimizer, start: Floats, n_steps: int, patience: int
    ) -> None:
        """Takes both as they are made for a new search.

        Args:
            first: leads.
            second: polishes.
            start: z of the space's start, (n_dims,).
            n_steps: of the first, at most.
            patience: steps of the first without improvement, at most.
        """
        self._first, self._second = first, second
        self._incumbent = start
        self._n_steps, self._patience = n_steps, patience
        self._n_told = self._n_idle = 0
        self.is_second = False

    @property
    def _leading(self) -> Optimizer:
        return self._second if self.is_second else self._first

    def study(self) -> Sequence[Request]:
        """See `Optimizer.study`."""
        return self._leading.study()

    def learn(self, replies: Sequence[Reply]) -> None:
        """See `Optimizer.learn`."""
        self._leading.learn(replies)

    def ask(self, n: int) -> Sequence[Candidate]:
        """See `Optimizer.ask`."""
        return self._leading.ask(n)

    def tell(self, batch: Sequence[Told]) -> None:
        """See `Optimizer.tell`."""
        for told in batch:
            if told.is_accepted:
                self._incumbent = told.candidate.z
        self._leading.tell(batch)
        if self.is_second:
            return
        for told in batch:
            self._n_told += 1
            self._n_idle = 0 if told.is_accepted else self._n_idle + 1
        if self._n_told >= self._n_steps or self._n_idle >= self._patience:
            self.is_second = True
            self._second.restore(self._second.state(), self._incumbent, ())

    def adopt(self, incumbent: Floats) -> None:
        """See `Optimizer.adopt`."""
        self._incumbent = incumbent
        self._leading.adopt(incumbent)

    def state(self) -> dict[str, Any]:
        """See `Optimizer.state`."""
        return {
            "is_second": self.is_second,
            "n_told": self._n_told,
            "n_idle": self._n_idle,
            "first": self._first.state(),
            "second": self._second.state(),
        }

    def restore(
        self, state: Mapping[str, Any], incumbent: Floats, scores: Sequence[float | None]
    ) -> None:
        """See `Optimizer.restore`; each of the two gets the scores that it was told itself."""
        self.is_second = bool(state["is_second"])
        self._n_told, self._n_idle = int(state["n_told"]), int(state["n_idle"])
        self._incumbent = incumbent
        self._first.restore(state["first"], incumbent, scores[: self._n_told])
        self._second.restore(state["second"], incumbent, scores[self._n_told :])
