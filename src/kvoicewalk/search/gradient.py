"""Gradient descent: a few lessons, then the voice is judged.

Each `ask` runs some steps of Adam (Kingma and Ba 2015), every one on another short text, and hands
over the running average of its path: single lessons are noisy, their average is not. The loop
judges it by the true score on texts that no lesson speaks, and keeps the best, never the last.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kvoicewalk.config import GradientConfig
from kvoicewalk.errors import AudioError
from kvoicewalk.loss import LossSample
from kvoicewalk.mutate import Floats, Vector
from kvoicewalk.search.base import Candidate
from kvoicewalk.search.prior import StockPrior
from kvoicewalk.search.space import SmoothSpace
from kvoicewalk.voices import Voice

LossFunction = Callable[[Voice, int], LossSample]
EPSILON = 1e-8


class GradientDescent:
    """Asks for where the lessons lead.

    Attributes:
        n_lessons: begun so far; each has its own text and noise.
        n_skipped: of these, without a step: the voice made no speech, or no finite gradient.
        is_late: asked after each lesson; True hands over what was learned so far.
    """

    def __init__(
        self,
        space: SmoothSpace,
        sample: LossFunction,
        prior: StockPrior | None,
        config: GradientConfig,
    ) -> None:
        self._space, self._sample, self._prior, self._config = space, sample, prior, config
        self._z: Vector = np.array(space.start, dtype=np.float64)
        self._average = self._z.copy()
        self._mean, self._square = np.zeros_like(self._z), np.zeros_like(self._z)
        self.n_lessons = self.n_skipped = 0
        self._n_asked = 0
        self.is_late: Callable[[], bool] = lambda: False

    def ask(self) -> Candidate:
        """See `Optimizer.ask`."""
        # The first lessons bring most: they are judged soon.
        config = self._config
        for _ in range(min(config.n_lessons, config.first_lessons << min(self._n_asked, 30))):
            self._learn()
            if self.is_late():
                break
        self._n_asked += 1
        z = self._average.copy()
        return Candidate(
            z, self._space.decode(z, f"step{self._n_asked}"), is_lucky=config.is_confirmed
        )

    def learn(self, n_lessons: int, name: str) -> Voice:
        """Returns where so many lessons lead, by the running average; nobody judges it."""
        for _ in range(n_lessons):
            self._learn()
        return self._space.decode(self._average, name)

    def tell(self, candidate: Candidate, score: float | None, is_accepted: bool) -> None:
        """See `Optimizer.tell`; the path goes on whatever became of the candidate."""

    def state(self) -> dict[str, Any]:
        """See `Optimizer.state`."""
        return {
            "z": self._z.tolist(),
            "average": self._average.tolist(),
            "mean": self._mean.tolist(),
            "square": self._square.tolist(),
            "n_lessons": self.n_lessons,
            "n_skipped": self.n_skipped,
            "n_asked": self._n_asked,
        }

    def restore(
        self, state: Mapping[str, Any], incumbent: Floats, scores: Sequence[float | None]
    ) -> None:
        """See `Optimizer.restore`."""
        del incumbent, scores
        self._z, self._average, self._mean, self._square = (
            np.array(state[name]) for name in ("z", "average", "mean", "square")
        )
        self.n_lessons, self._n_asked = int(state["n_lessons"]), int(state["n_asked"])
        self.n_skipped = int(state.get("n_skipped", 0))  # states of older versions have none

    def _learn(self) -> None:
        config = self._config
        voice = self._space.decode(self._z, "lesson")
        row_gradient = self._row_gradient(voice)
        self.n_lessons += 1
        if row_gradient is None:
            self.n_skipped += 1
            return
        if self._prior is not None:
            row_gradient = row_gradient + config.prior_weight * self._prior.gradient(voice)
        self._z = self._z - self._step(self._space.pull(row_gradient))
        eta = config.averaging
        # Shamir and Zhang 2013, section 3
        share = (eta + 1) / (self._n_steps + eta)
        self._average = self._average + share * (self._z - self._average)

    def _row_gradient(self, voice: Voice) -> Vector | None:
        """Returns a lesson's gradient; None where the voice is silent or the gradient not finite.

        A resumed search would come to the same lesson: it must neither end the search nor reach
        Adam's means, which would not forget it.
        """
        try:
            found = self._sample(voice, self.n_lessons).gradient
        except AudioError:
            return None
        return found if np.isfinite(found).all() else None

    @property
    def _n_steps(self) -> int:
        return self.n_lessons - self.n_skipped

    def _step(self, gradient: Vector) -> Vector:
        """One step of Adam; locked dimensions have unit 0."""
        first, second = self._config.betas
        self._mean = first * self._mean + (1 - first) * gradient
        self._square = second * self._square + (1 - second) * gradient**2
        mean = self._mean / (1 - first**self._n_steps)
        square = self._square / (1 - second**self._n_steps)
        rate = self._config.rate / math.sqrt(1 + self._n_steps / self._config.rate_span)
        return np.asarray(rate * self._space.unit * mean / (np.sqrt(square) + EPSILON))
