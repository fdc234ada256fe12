"""What a judge is, and how a panel of them is heard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kvoicewalk.audio import Utterance

NO_TIME = "no time left"


class UnavailableError(Exception):
    """A judge is not there; the message says what to do, in a few words."""


def require_files(folder: Path | None, names: Sequence[str]) -> None:
    """Checks that a model's folder holds its files.

    Raises:
        UnavailableError: there is no folder, or one of the files lacks.
    """
    if folder is None:
        raise UnavailableError("not fetched: kvw setup --judges")
    for name in names:
        if not (folder / name).is_file():
            raise UnavailableError(f"not there: {folder} holds no {name}")


class Judge(Protocol):
    """Says something about speech that no search is led by.

    Attributes:
        name: for programs.
        label: for people, with scale and direction.
    """

    @property
    def name(self) -> str:
        """For programs."""

    @property
    def label(self) -> str:
        """For people: what it measures, its scale, which direction is better."""

    def require(self) -> None:
        """Checks that all is there, without loading it.

        Raises:
            UnavailableError: a package or its model is missing.
        """

    def judge(self, speech: Sequence[Utterance], target: Sequence[Utterance]) -> float | None:
        """Hears speech of one voice.

        Args:
            speech: with its text each.
            target: the recording's clips.

        Returns:
            None where it cannot tell: the words of `speech` are not known.

        Raises:
            UnavailableError: a package or its model is missing.
        """


@dataclass(frozen=True)
class Reading:
    """What one judge says.

    Attributes:
        name, label: of the judge.
        value: of the voice; None with a note.
        floor: of the best stock voice.
        target: of the recording itself; None where that has no meaning.
        note: why there is no value; "" where there is one.
    """

    name: str
    label: str
    value: float | None
    floor: float | None
    target: float | None
    note: str = ""


def hear_judges(
    panel: Sequence[Judge],
    voice: Sequence[Utterance],
    floor: Callable[[], Sequence[Utterance]],
    clips: Sequence[Utterance],
    is_late: Callable[[], bool] = lambda: False,
) -> list[Reading]:
    """Lets each judge hear the voice, the best stock voice and the recording.

    `floor` lets the best stock voice speak; without a judge it never does. A missing judge has a
    reading without value, never a guess; so has one whose turn comes when it is late.
    """
    return [_reading(judge, voice, floor, clips, is_late) for judge in panel]


def _reading(
    judge: Judge,
    voice: Sequence[Utterance],
    floor: Callable[[], Sequence[Utterance]],
    clips: Sequence[Utterance],
    is_late: Callable[[], bool],
) -> Reading:
    own: float | None = None
    below: float | None = None
    top: float | None = None
    try:
        judge.require()
        if is_late():
            note = NO_TIME
        else:
            own, below, top = (judge.judge(speech, clips) for speech in (voice, floor(), clips))
            note = "" if own is not None else "cannot tell"
    except UnavailableError as error:
        note = str(error)
    return Reading(judge.name, judge.label, own, below, top, note)
