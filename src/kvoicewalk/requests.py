"""What is to be heard of a voice, and what comes back: small enough to be sent to other machines.

A search hands out `Request`s and gets `Reply`s in their order; who hears them, in this process, in
others or elsewhere, is the `Executor`'s business and changes no number.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from kvoicewalk.evaluate import Evaluation, Gate, Glance
from kvoicewalk.mutate import Floats
from kvoicewalk.voices import Voice

Stage = Literal["screen", "compare", "score", "glance", "lesson"]


@dataclass(frozen=True)
class LossSample:
    """What one text taught.

    Attributes:
        loss: lower is better.
        gradient: float64 (256,), of the loss in an offset that all rows share.
        parts: the loss before weighting, by name.
    """

    loss: float
    gradient: npt.NDArray[np.float64] = field(repr=False)
    parts: Mapping[str, float]


@dataclass(frozen=True)
class Request:
    """One voice to be heard.

    Attributes:
        stage: how: likeness on a short text (`screen`) or on the target text (`compare`), all three
            parts of the score (`score`), a look at every second window (`glance`), or a gradient on
            a lesson text (`lesson`).
        voice: who speaks.
        z: where the voice lies in the search's space, (n_dims,), for whoever has that space: some
            kilobytes instead of half a megabyte. None: it lies in none.
        gate: of `score`; ends it early.
        seed: of `score` and `lesson`; None takes the evaluator's own.
        text: of `screen`.
        number: of the lesson.
    """

    stage: Stage
    voice: Voice = field(repr=False)
    z: Floats | None = field(default=None, repr=False)
    gate: Gate | None = None
    seed: int | None = None
    text: str = ""
    number: int = 0


Reply: TypeAlias = "Evaluation | Glance | LossSample | float | None"
"""By stage: `score` an Evaluation, `glance` a Glance, `lesson` a LossSample, `screen` and `compare`
the likeness; None where the voice gives no speech."""


class Executor(Protocol):
    """Has requests heard.

    Attributes:
        n_workers: that hear at once.
    """

    n_workers: int

    def run(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Yields the reply to each request, in their order, each as soon as all up to it are there.

        Requests are taken as they can be heard. A caller who stops early loses the replies that
        were still to come.

        Raises:
            KvwError: a request cannot be answered at all.
        """
