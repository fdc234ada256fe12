"""Events → the terminal: progress, notices and tables, or JSON lines."""

import shlex
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.events import (
    Events,
    InterruptedRunError,
    InterruptedSpeechError,
    Judgement,
    SearchStart,
    Stage,
)
from kvoicewalk.app.results import Ranked, Searched
from kvoicewalk.cli.output import Output
from kvoicewalk.defaults import OUT_DIR

if TYPE_CHECKING:
    from kvoicewalk.app.events import Step
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.judges import Reading
    from kvoicewalk.report.live import View
    from kvoicewalk.search.base import SearchStep
    from kvoicewalk.search.sweep import SweepStep

BUSY_WORDS = {
    "load": "loading …",
    "examine": "listening …",
    "adjust": "adjusting …",
    "start": "hearing where to start from …",
    "held_out": "judging on texts that the search never spoke …",
}
LONG_CHARACTERS = 1_000  # a minute or so of speech: from here on progress is shown
SEARCH_TITLES = {"clone": "walking", "walk": "walking", "interpolate": "interpolating"}


class ShownEvents(Events):
    """Shows a use case as it goes on."""

    def __init__(self, output: Output, has_lines: bool = False, has_previews: bool = False) -> None:
        """Shows nothing yet.

        Args:
            output: where to.
            has_lines: True for commands whose JSON is lines as they come, not one object.
            has_previews: True names the speech of each improvement, to listen meanwhile.
        """
        self._output, self._has_lines, self._has_previews = output, has_lines, has_previews
        self._open = ExitStack()
        self._stage = Stage("load")
        self._update: Callable[[Any], None] | None = None

    def note(self, message: str) -> None:
        """See `Events.note`."""
        self._output.note(message)

    def warning(self, message: str) -> None:
        """See `Events.warning`."""
        self._output.warn(message)

    def begin(self, stage: Stage) -> None:
        """See `Events.begin`."""
        self._stage = stage
        self._emit_stage(stage)
        if stage.name in BUSY_WORDS:
            self._be_busy(BUSY_WORDS[stage.name])
        elif stage.name == "speak":
            self._show_speech(stage.n_characters or 0)
        elif stage.name in ("rank", "floor"):
            from kvoicewalk.report.rank_view import RankProgress

            if stage.name == "floor":
                self.note("ranking the stock voices: the best of them is the floor.")
            self._update = RankProgress(self._open_view()).update

    def end(self, stage: Stage) -> None:
        """See `Events.end`."""
        del stage
        self._close()

    def start(self, start: SearchStart) -> None:
        """See `Events.start`."""
        from kvoicewalk.report.search_view import SearchProgress

        title = SEARCH_TITLES[self._stage.name]
        progress = SearchProgress(self._open_view(), title, start.n_steps, start.seconds)
        progress.start(start.number, start.evaluation, start.used_s)
        self._update = progress.update

    def step(self, step: "Step") -> None:
        """See `Events.step`."""
        if self._update is not None:
            self._update(step)

    def improvement(self, step: "SearchStep | SweepStep", voice_path: Path) -> None:
        """See `Events.improvement`."""
        from kvoicewalk.store.results import step_row

        row = step_row(step.number, step.evaluation, step.outcome)
        self._output.emit("improvement", {**row.dump(), "voice_path": str(voice_path)})
        if self._has_previews:
            self._output.note(f"hear step {step.number}: {voice_path.with_suffix('.wav')}")

    def compared(self, start: "Evaluation", best: "Evaluation") -> None:
        """See `Events.compared`."""
        from kvoicewalk.report.search_view import search_table

        self._close()
        self._output.show_table(search_table([("start", start), ("best", best)]))

    def judged(self, judgement: Judgement) -> None:
        """See `Events.judged`."""
        from rich.markup import escape

        from kvoicewalk.report.held_out_view import (
            encoders_table,
            held_out_table,
            judges_table,
            unheard,
        )

        output, standing, name = self._output, judgement.standing, judgement.voice_name
        output.show_table(held_out_table(standing, name))
        if len(standing.ceiling_by_encoder) > 1:
            output.show_table(encoders_table(standing, name))
        if any(not reading.note for reading in judgement.readings):
            output.show_table(judges_table(judgement.readings, name, standing.floor_name))
        missing = unheard([with_way_out(one) for one in judgement.readings])
        if missing:
            output.note(missing)
        output.show_table(f"\n{escape(name)}: {escape(judgement.verdict.words)}")

    def _show_speech(self, n_characters: int) -> None:
        from kvoicewalk.report.speech_view import SpeechProgress

        if n_characters < LONG_CHARACTERS:
            self._be_busy("speaking …")
        else:
            self._update = SpeechProgress(self._open_view()).update

    def _open_view(self) -> "View":
        from kvoicewalk.report.live import make_view

        return self._open.enter_context(make_view(self._output.stderr, self._output.hides_progress))

    def _close(self) -> None:
        self._update = None
        self._open.close()

    def _emit_stage(self, stage: Stage) -> None:
        if not self._has_lines:
            return
        facts: dict[str, Any] = {"stage": stage.name}
        if stage.name == "rank":
            facts["n_voices"] = stage.n_voices
        elif stage.name in SEARCH_TITLES:
            facts["run"] = stage.run_id
        elif stage.name != "held_out":
            return
        self._output.emit("stage", facts)

    def _be_busy(self, words: str) -> None:
        """Shows that something takes a while: a spinner on a terminal, a line elsewhere."""
        if self._output.hides_progress:
            return
        if self._output.stderr.is_interactive:
            self._open.enter_context(self._output.stderr.status(words))
        else:
            self.note(words)


def with_way_out(reading: "Reading") -> "Reading":
    """Returns what a judge says; where the time was up, with the command that has it heard."""
    from kvoicewalk.judges.base import NO_TIME

    if reading.note != NO_TIME:
        return reading
    return replace(reading, note=f"{NO_TIME}: kvw score VOICE --held-out")


def show_search(searched: Searched, output: Output) -> None:
    """Prints the end of a search: its JSON line, or where to listen and what comes next."""
    from kvoicewalk.report.words import speak_command
    from kvoicewalk.store.results import BestRow

    output.emit("done", searched.data)
    best, page_path = BestRow.read(searched.data["best"]), searched.data["page_path"]
    if page_path is not None:
        output.note(f"\nListen and compare: {page_path}")
    output.note(
        f"Hear it: {best.wav_path}\nRun folder: {searched.folder}\n"
        f"Next: {speak_command(best.voice_path)}"
    )


def show_ranking(ranked: Ranked, output: Output) -> None:
    """Prints a ranking: its JSON object, or a table and what comes next."""
    from kvoicewalk.report.rank_view import standings_table
    from kvoicewalk.report.words import speak_command
    from kvoicewalk.store.results import BestRow, rank_row

    output.show(ranked.data, standings_table([rank_row(step) for step in ranked.standings]))
    if ranked.data["best"]:
        best = BestRow.read(ranked.data["best"])
        page_path = ranked.data.get("page_path")
        page = f"Listen and compare: {page_path}\n" if page_path else ""
        output.note(
            f"\nBest voice: {best.name}. Hear it: {best.wav_path}\n{page}"
            f"Run folder: {ranked.folder}\n"
            f"Next: {speak_command(best.voice_path)}"
        )


def show_interrupted(error: InterruptedRunError, output: Output) -> None:
    """Prints what is there of a run that was interrupted, and how to go on with it."""
    if error.lacks_page:
        output.warn(
            f"the run is finished, its page is not; make it with: kvw report {error.run_id}"
        )
        return
    what = "found"
    if isinstance(error.result, Ranked):
        what = "heard"
        show_ranking(error.result, output)
    elif error.result is not None:
        output.emit("done", error.result.data)
    hint = f" {how_to_resume(error.folder)}" if error.is_resumable else ""
    output.warn(f"interrupted; what was {what} is kept in {error.folder}.{hint}")


def show_interrupted_speech(
    error: InterruptedSpeechError, arguments: Sequence[str], output: Output
) -> None:
    """Prints how much of a text is spoken, and how to go on.

    Args:
        error: what was interrupted.
        arguments: of the command, after its name.
        output: where to.
    """
    from kvoicewalk.report.live import format_seconds

    if error.run_id:
        way = how_to_resume(error.wav_path.parent)
    else:
        again = shlex.join(["kvw", *(one for one in arguments if one != "--restart")])
        way = f"Go on with the same command: {again}"
    kept = f"{format_seconds(error.duration_s)} of speech are kept in {error.part_path}"
    output.warn(f"interrupted; {kept}. {way}")


def how_to_resume(folder: Path) -> str:
    """Returns the command that goes on with the latest run that was cut off, for people."""
    out_dir = folder.parent
    is_default = out_dir == Path(OUT_DIR)
    return "Go on with: kvw runs resume" + (
        "" if is_default else f" --out {shlex.quote(str(out_dir))}"
    )
