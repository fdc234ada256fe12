"""A search as rows of the run database: what it goes on from after any end.

The state is one small row, overwritten at each step. The incumbent is another, with its z as exact
bytes, overwritten at each improvement. What the optimizer was told stands in the rows of the steps,
which are written once. No pickles.
"""

import base64
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from kvoicewalk.errors import StoreError
from kvoicewalk.evaluate import Evaluation
from kvoicewalk.mutate import Floats
from kvoicewalk.scoring.combine import Score
from kvoicewalk.search.base import Candidate, Optimizer, Progress
from kvoicewalk.search.space import Space

DTYPES = ("float32", "float64")


def dump_state(optimizer: Optimizer, progress: Progress) -> dict[str, Any]:
    """Returns the optimizer's state and the counts, as plain JSON data."""
    return {
        "number": progress.number,
        "last_improvement": progress.last_improvement,
        "used_s": progress.used_s,
        "optimizer": optimizer.state(),
    }


def dump_incumbent(progress: Progress) -> dict[str, Any]:
    """Returns the best candidate and its score, as plain JSON data."""
    return {
        "name": progress.incumbent.voice.name,
        **_pack(progress.incumbent.z),
        "evaluation": dump_evaluation(progress.evaluation),
    }


def dump_evaluation(evaluation: Evaluation) -> dict[str, Any]:
    """Returns an evaluation as plain JSON data."""
    return asdict(evaluation)


def read_evaluation(data: Mapping[str, Any]) -> Evaluation:
    """Returns the evaluation that `dump_evaluation` wrote, number for number.

    Raises:
        StoreError: it is damaged, or of a voice that was not scored.
    """
    with _damage_named():
        parts = {key: float(part) for key, part in data["score"].items()}
        alike = data.get("likeness")  # runs of earlier versions had neither of the two
        found = data.get("similarities") or {}
        return Evaluation(
            str(data["voice_name"]),
            float(data["target_similarity"]),
            Score(**parts),
            likeness=None if alike is None else float(alike),
            similarities={str(name): float(value) for name, value in found.items()},
        )


def restore(
    optimizer: Optimizer,
    space: Space,
    state: Mapping[str, Any],
    incumbent: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
) -> Progress:
    """Brings an optimizer, and what its loop needs, back to where they were.

    Args:
        optimizer: made as it was for the interrupted search.
        space: the same.
        state: from `dump_state`.
        incumbent: from `dump_incumbent`.
        steps: one for each step so far, in order; of each its "score", None where the gate closed.

    Raises:
        StoreError: the rows are damaged, incomplete, or of another kind of search.
    """
    with _damage_named():
        z = _unpack(incumbent, space.start.size)
        candidate = Candidate(z, space.decode(z, str(incumbent["name"])))
        number = int(state["number"])
        if len(steps) != number:
            raise ValueError(f"{len(steps)} steps where {number} were expected")
        scores = [None if step["score"] is None else float(step["score"]) for step in steps]
        optimizer.restore(state["optimizer"], z, scores)
        return Progress(
            candidate,
            read_evaluation(incumbent["evaluation"]),
            number,
            int(state["last_improvement"]),
            float(state["used_s"]),
        )


@contextlib.contextmanager
def _damage_named() -> Iterator[None]:
    """Turns what damaged rows raise into one StoreError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise StoreError(
            f"the run's saved search cannot be used ({type(error).__name__}: {error}); start anew"
        ) from error


def _pack(z: Floats) -> dict[str, str]:
    kind = str(z.dtype)
    assert kind in DTYPES
    data = np.ascontiguousarray(z).astype(z.dtype.newbyteorder("<")).tobytes()
    return {"dtype": kind, "z": base64.b64encode(data).decode("ascii")}


def _unpack(packed: Mapping[str, Any], n_dims: int) -> Floats:
    if packed["dtype"] not in DTYPES:
        raise ValueError(f"numbers of type {packed['dtype']!r}")
    kind = np.dtype(packed["dtype"])
    data = base64.b64decode(packed["z"], validate=True)
    z: Floats = np.frombuffer(data, dtype=kind.newbyteorder("<")).astype(kind)
    if z.size != n_dims or not np.isfinite(z).all():
        raise ValueError(f"{z.size} numbers where {n_dims} finite ones were expected")
    return z
