"""What a use case tells while it works: the one way from `app` to whoever watches."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from kvoicewalk.app.results import Ranked, Searched

if TYPE_CHECKING:
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.judges import Reading
    from kvoicewalk.reading.pieces import SpeechStep
    from kvoicewalk.search.base import RankStep, SearchStep
    from kvoicewalk.search.sweep import SweepStep
    from kvoicewalk.verdict import Standing, Verdict

    Step: TypeAlias = RankStep | SearchStep | SweepStep | SpeechStep

StageName = Literal[
    "load",
    "speak",
    "examine",
    "rank",
    "floor",
    "start",
    "adjust",
    "clone",
    "interpolate",
    "walk",
    "held_out",
]


@dataclass(frozen=True)
class Stage:
    """A part of the work that takes a while.

    Attributes:
        name: what is done; "floor" ranks the stock voices for a judgement alone.
        n_voices: to be ranked; None in other stages.
        run_id: of the search that begins; "" in other stages.
        n_characters: to be spoken; None in other stages.
    """

    name: StageName
    n_voices: int | None = None
    run_id: str = ""
    n_characters: int | None = None


@dataclass(frozen=True)
class SearchStart:
    """Where a search begins or goes on.

    Attributes:
        number: steps taken before.
        evaluation: of the best voice so far.
        used_s: seconds spent on these steps.
        n_steps: at most; None where only time counts, or where each step tells.
        seconds: at most; None where only steps count.
    """

    number: int
    evaluation: "Evaluation"
    used_s: float = 0.0
    n_steps: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Judgement:
    """What the held-out texts, the verdict and the second judges say of one voice.

    Attributes:
        voice_name: as it is shown.
        standing: the voice between floor and ceiling.
        verdict: in words.
        readings: of the second judges.
    """

    voice_name: str
    standing: "Standing"
    verdict: "Verdict"
    readings: "tuple[Reading, ...]" = field(default=())


class Events:
    """Hears nothing: derive from it and override what is of interest.

    All methods are called in the thread that runs the use case. One that raises ends it.
    """

    def note(self, message: str) -> None:
        """Something in passing."""

    def warning(self, message: str) -> None:
        """Something that may spoil the result."""

    def begin(self, stage: Stage) -> None:
        """A stage begins. Stages do not overlap."""

    def end(self, stage: Stage) -> None:
        """A stage is over, or was broken off."""

    def start(self, start: SearchStart) -> None:
        """A search begins to step."""

    def step(self, step: "Step") -> None:
        """A voice was heard, or a piece of a text is spoken (`SpeechStep`)."""

    def improvement(self, step: "SearchStep | SweepStep", voice_path: Path) -> None:
        """A step is the best so far, and its voice is on disk."""

    def compared(self, start: "Evaluation", best: "Evaluation") -> None:
        """A search came to its end, or was interrupted: where it began, and the best."""

    def judged(self, judgement: Judgement) -> None:
        """A voice was judged on texts that no search speaks."""

    @contextmanager
    def stage(self, name: StageName, **facts: Any) -> Iterator[None]:
        """Begins a stage, and ends it whatever happens; for use cases."""
        stage = Stage(name, **facts)
        self.begin(stage)
        try:
            yield
        finally:
            self.end(stage)


class InterruptedRunError(KeyboardInterrupt):
    """Ctrl-C in a use case; what was found is kept.

    Attributes:
        run_id: of the run.
        folder: of the run.
        result: what was found so far; None where that is not known.
        is_resumable: whether the run can go on from where it was.
        lacks_page: True where all is done but the listening page.
    """

    def __init__(
        self,
        run_id: str,
        folder: Path,
        result: Ranked | Searched | None = None,
        *,
        is_resumable: bool = True,
        lacks_page: bool = False,
    ) -> None:
        super().__init__(f"run {run_id} was interrupted")
        self.run_id, self.folder, self.result = run_id, folder, result
        self.is_resumable, self.lacks_page = is_resumable, lacks_page


class InterruptedSpeechError(KeyboardInterrupt):
    """Ctrl-C while a text is spoken into a file; what was spoken is kept.

    Attributes:
        wav_path: the file to be, which is not there yet.
        part_path: the folder with what was spoken.
        duration_s: of the speech so far.
        run_id: of the run that goes on with `resume`; "" where the same call goes on.
    """

    def __init__(
        self, wav_path: Path, part_path: Path, duration_s: float, run_id: str = ""
    ) -> None:
        super().__init__(f"{wav_path} was interrupted")
        self.wav_path, self.part_path = wav_path, part_path
        self.duration_s, self.run_id = duration_s, run_id
