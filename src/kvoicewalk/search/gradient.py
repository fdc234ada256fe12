"""Gradient descent: a few lessons, then the voice is judged.

Before each `ask` come some steps of Adam (Kingma and Ba 2015), every one on other short texts, and
what is handed over is the running average of their path: single lessons are noisy, their average is
not. The loop judges it by the true score on texts that no lesson speaks, and keeps the best, never
the last.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kvoicewalk.config import GradientConfig
from kvoicewalk.errors import AudioError
from kvoicewalk.mutate import Floats, Vector
from kvoicewalk.requests import LossSample, Reply, Request
from kvoicewalk.search.base import Candidate, Told
from kvoicewalk.search.prior import StockPrior
from kvoicewalk.search.space import SmoothSpace
from kvoicewalk.voices import Voice

EPSILON = 1e-8


class GradientDescent:
    """Asks for where the lessons lead.

    Attributes:
        n_lessons: begun so far; each has its own text and noise.
        n_skipped: of these, without a say: the voice made no speech, or no finite gradient.
        is_late: asked after each step; True hands over what was learned so far.
    """

    def __init__(
        self,
        space: SmoothSpace,
        prior: StockPrior | None,
        config: GradientConfig,
        batch_size: int = 1,
        seed: int | None = None,
    ) -> None:
        """Begins at the space's start.

        Args:
            space: where the path lies.
            prior: keeps it near the stock voices; None: nothing does.
            config: sizes.
            batch_size: lessons a step, unless the config says.
            seed: of the lessons; None: that of whoever gives them.
        """
        self._seed = seed
        self._space, self._prior, self._config = space, prior, config
        self._batch_size = config.batch_size or batch_size
        self._z: Vector = np.array(space.start, dtype=np.float64)
        self._average = self._z.copy()
        self._mean, self._square = np.zeros_like(self._z), np.zeros_like(self._z)
        self.n_lessons = self.n_skipped = self._n_steps = 0
        self._n_asked = self._n_studied = 0
        self.is_late: Callable[[], bool] = lambda: False

    def study(self) -> list[Request]:
        """See `Optimizer.study`: the lessons of the next step."""
        # The first lessons bring most: they are judged soon.
        config = self._config
        wanted = min(config.n_lessons, config.first_lessons << min(self._n_asked, 30))
        if self._n_studied >= wanted or (self._n_studied and self.is_late()):
            return []
        n = min(self._batch_size, wanted - self._n_studied)
        return self.lessons(n)

    def lessons(self, n: int) -> list[Request]:
        """Returns the next lessons, whatever is to be asked."""
        voice = self._space.decode(self._z, "lesson")
        numbers = range(self.n_lessons, self.n_lessons + n)
        return [
            Request("lesson", voice, z=self._z, number=number, seed=self._seed)
            for number in numbers
        ]

    def learn(self, replies: Sequence[Reply]) -> None:
        """See `Optimizer.learn`: one step by the mean of the lessons' gradients.

        A lesson on which the voice is silent, or its gradient not finite, has no say: a resumed
        search would come to it again, and Adam's means would not forget it.
        """
        gradients = [one.gradient for one in replies if isinstance(one, LossSample)]
        usable = [one for one in gradients if np.isfinite(one).all()]
        self.n_lessons += len(replies)
        self.n_skipped += len(replies) - len(usable)
        self._n_studied += len(replies)
        if not usable:
            return
        row_gradient = np.mean(usable, axis=0)
        if self._prior is not None:
            voice = self._space.decode(self._z, "lesson")
            row_gradient = row_gradient + self._config.prior_weight * self._prior.gradient(voice)
        self._n_steps += 1
        self._z = self._z - self._step(self._space.pull(row_gradient))
        eta = self._config.averaging
        # Shamir and Zhang 2013, section 3
        share = (eta + 1) / (self._n_steps + eta)
        self._average = self._average + share * (self._z - self._average)

    def ask(self, n: int) -> list[Candidate]:
        """See `Optimizer.ask`: one candidate, since there is one path."""
        del n
        self._n_asked += 1
        self._n_studied = 0
        z = self._average.copy()
        voice = self._space.decode(z, f"step{self._n_asked}")
        return [Candidate(z, voice, is_lucky=self._config.is_confirmed)]

    def average(self, name: str) -> Voice:
        """Returns where the lessons lead, by the running average."""
        return self._space.decode(self._average, name)

    def tell(self, batch: Sequence[Told]) -> None:
        """See `Optimizer.tell`; the path goes on whatever became of the candidate."""

    def adopt(self, incumbent: Floats) -> None:
        """See `Optimizer.adopt`: the path goes on there, and its average with it."""
        self._z = np.array(incumbent, dtype=np.float64)
        self._average = self._z.copy()

    def state(self) -> dict[str, Any]:
        """See `Optimizer.state`."""
        return {
            "z": self._z.tolist(),
            "average": self._average.tolist(),
            "mean": self._mean.tolist(),
            "square": self._square.tolist(),
            "n_lessons": self.n_lessons,
            "n_skipped": self.n_skipped,
            "n_steps": self._n_steps,
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
        self._n_steps = int(state.get("n_steps", self.n_lessons - self.n_skipped))
        self._n_studied = 0

    def _step(self, gradient: Vector) -> Vector:
        """One step of Adam; locked dimensions have unit 0."""
        first, second = self._config.betas
        self._mean = first * self._mean + (1 - first) * gradient
        self._square = second * self._square + (1 - second) * gradient**2
        mean = self._mean / (1 - first**self._n_steps)
        square = self._square / (1 - second**self._n_steps)
        # Lessons count, not steps: a batch is a step as long as its lessons are few.
        n_before = self._n_steps * self._batch_size
        rate = self._config.rate * math.sqrt(
            self._batch_size / (1 + n_before / self._config.rate_span)
        )
        return np.asarray(rate * self._space.unit * mean / (np.sqrt(square) + EPSILON))


def follow(
    descent: GradientDescent,
    sample: Callable[[Voice, int], LossSample],
    n_lessons: int,
    name: str,
) -> Voice:
    """Returns where so many lessons lead, by the running average; nobody judges it.

    Args:
        descent: follows.
        sample: gives a lesson to a voice, by its number.
        n_lessons: one a step.
        name: of the voice.
    """
    for _ in range(n_lessons):
        (lesson,) = descent.lessons(1)
        try:
            found: Reply = sample(lesson.voice, lesson.number)
        except AudioError:
            found = None
        descent.learn([found])
    return descent.average(name)
