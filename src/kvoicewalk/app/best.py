"""The best voice of a search: what a search comes back with, and what is kept of it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kvoicewalk.app.session import Session
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.store import Run
    from kvoicewalk.store.results import BestRow
    from kvoicewalk.voices import Voice


@dataclass(frozen=True)
class Found:
    """What a search comes back with.

    Attributes:
        result: of the run, as data.
        voice: the best one.
        is_interrupted: True where it has not come to its end.
    """

    result: dict[str, Any]
    voice: "Voice" = field(repr=False)
    is_interrupted: bool = False


def save_best(
    session: "Session", run: "Run", voice: "Voice", evaluation: "Evaluation", recipe: str
) -> dict[str, Any]:
    """Writes best.pt, best.wav and best.kvw.json; returns the sidecar's facts."""
    from kvoicewalk.app.session import sidecar

    method = session.config.command
    facts = sidecar(session, evaluation.voice_name, evaluation.score, method, recipe)
    run.save_best(voice, session.evaluator.speak(voice), facts)
    return facts


def best_row(run: "Run", evaluation: "Evaluation") -> "BestRow":
    """Returns the best voice's place in a result: where it lies and what it scored."""
    from kvoicewalk.store.results import BestRow, parts_of

    path = run.folder / "best.pt"
    return BestRow(
        name=evaluation.voice_name,
        voice_path=str(path),
        wav_path=str(path.with_suffix(".wav")),
        **parts_of(evaluation),
    )


def count_outcomes(run: "Run") -> dict[str, int]:
    """Returns how many of a run's steps were accepted, rejected and gated, over all its parts."""
    counted = Counter(str(row.payload.get("outcome")) for row in run.rows("step"))
    return {f"n_{outcome}": counted[outcome] for outcome in ("accepted", "rejected", "gated")}
