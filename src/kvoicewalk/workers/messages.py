"""What goes to a worker: a task whose voice travels as its z where the worker knows the space."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kvoicewalk.evaluate import Gate
from kvoicewalk.mutate import Floats
from kvoicewalk.requests import Request, Stage
from kvoicewalk.search.space import Space
from kvoicewalk.voices import Voice
from kvoicewalk.workers.dispatch import Task


@dataclass(frozen=True)
class Parcel:
    """A task on its way; see `Request`.

    Attributes:
        task: its number.
        name: of the voice.
        rows: of the voice, float32 (510, 1, 256); None where its z says enough.
    """

    task: int
    stage: Stage
    name: str
    rows: npt.NDArray[np.float32] | None = field(repr=False)
    z: Floats | None = field(repr=False)
    gate: Gate | None
    seed: int | None
    text: str
    number: int


def pack(task: Task, has_space: bool) -> Parcel:
    """Returns a task as it is sent.

    Args:
        task: to be sent.
        has_space: whether the worker knows the space in which z lies.
    """
    request = task.request
    z = request.z if has_space else None
    rows = request.voice.rows if z is None else None
    return Parcel(
        task.number, request.stage, request.voice.name, rows, z, request.gate, request.seed,
        request.text, request.number,
    )  # fmt: skip


def unpack(parcel: Parcel, space: Space | None) -> Request:
    """Returns the request of a task that was sent."""
    if parcel.rows is not None:
        voice = Voice(parcel.name, parcel.rows)
    else:
        assert space is not None
        assert parcel.z is not None
        voice = space.decode(parcel.z, parcel.name)
    return Request(
        parcel.stage, voice, parcel.z, parcel.gate, parcel.seed, parcel.text, parcel.number
    )
