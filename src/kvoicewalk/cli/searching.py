"""Runs a search for new voices, keeps it, shows it: what `walk` and `interpolate` share.

Everything that a step changes is on disk before the next one begins: first the voice files of an
improvement, then its rows, in one transaction. So a run that was killed goes on from its last step.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer

from kvoicewalk.cli.judging import HeldOutDesk
from kvoicewalk.cli.output import EXIT_INTERRUPTED, Output
from kvoicewalk.cli.paging import leave_material, leave_page
from kvoicewalk.cli.population import Population, find_population

if TYPE_CHECKING:
    from kvoicewalk.cli.session import Session
    from kvoicewalk.config import RunConfig
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.report.search_view import ShownStep
    from kvoicewalk.store import Run, RunRecord
    from kvoicewalk.store.records import EndStatus
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


Body = Callable[["Session", "Run", Population, Output], Found]


def search_and_show(
    config: "RunConfig", output: Output, body: Body, record: "RunRecord | None" = None
) -> dict[str, Any]:
    """Opens or goes on with a run, searches, judges, shows; returns what was shown, as data.

    Args:
        config: with the command, its target and model.
        output: where to.
        body: the search itself; an interrupt that it lets through leaves the run's result as
            it was.
        record: of the run to go on with; None starts one.

    Raises:
        KvwError: an input cannot be used.
        typer.Exit: interrupted; what was found is kept and shown.
    """
    from kvoicewalk.cli.session import open_run, open_session
    from kvoicewalk.cli.voice_args import refuse_other_models
    from kvoicewalk.store import RunStore

    started_s = time.monotonic()
    check_voices(config)
    with open_session(config, output, started_s) as session, RunStore.open(config.out_dir) as store:
        refuse_other_models(named_voices(config), session.model.identity)
        with open_run(store, session, record) as run:
            try:
                population = find_population(session, run, output)
                output.emit("stage", {"stage": config.command, "run": run.run_id})
                found = body(session, run, population, output)
            except KeyboardInterrupt:
                run.finish("interrupted")
                raise _interrupted(run, output) from None
            held_out, is_interrupted = None, found.is_interrupted
            if not is_interrupted:
                try:
                    held_out = judge_held_out(session, found.voice, population, output)
                    leave_material(
                        session, run.folder, population.stock, population.floor, found.voice, output
                    )
                except KeyboardInterrupt:
                    is_interrupted = True
            result = {**found.result, "held_out": held_out}
            status: EndStatus = "interrupted" if is_interrupted else "done"
            run.finish(status, result)
        page_path = None if is_interrupted else leave_page(store, run.run_id, output)
        output.emit("done", {**result, "status": status, "page_path": page_path})
        if is_interrupted:
            raise _interrupted(run, output)
        _say_done(result, run, page_path, output)
    return result


def named_voices(config: "RunConfig") -> list[str]:
    """Returns the voices that a config names: population, its floor, and start."""
    named = (*config.population.voices, config.population.floor, config.walk.start)
    return [spec for spec in named if spec is not None]


def check_voices(config: "RunConfig") -> None:
    """Looks at the voices that a config names before anything slow is loaded.

    Names within `--voices` are left for later.

    Raises:
        VoiceError: one is not there, or damaged.
    """
    from kvoicewalk.cli.voice_args import find_voice, is_file_like
    from kvoicewalk.models import stock_voice_source

    for spec in named_voices(config):
        if spec == config.walk.start or is_file_like(spec):
            find_voice(spec, stock_voice_source(config.model.name))


def save_best(
    session: "Session", run: "Run", voice: "Voice", evaluation: "Evaluation", recipe: str
) -> dict[str, Any]:
    """Writes best.pt, best.wav and best.json; returns the sidecar's facts."""
    from kvoicewalk.cli.session import sidecar

    method = session.config.command
    facts = sidecar(session, evaluation.voice_name, evaluation.score, method, recipe)
    run.save_best(voice, session.evaluator.speak(voice), facts)
    return facts


def best_entry(run: "Run", evaluation: "Evaluation") -> dict[str, Any]:
    """Returns the best voice's place in a result: where it lies and what it scored."""
    from kvoicewalk.report.json import parts_entry

    path = run.folder / "best.pt"
    return {
        "name": evaluation.voice_name,
        "voice_path": str(path),
        "wav_path": str(path.with_suffix(".wav")),
        **parts_entry(evaluation),
    }


def report_improvement(step: "ShownStep", voice_path: str, output: Output) -> None:
    """Prints the JSON line of an improvement."""
    from kvoicewalk.report.json import step_entry

    entry = step_entry(step.number, step.evaluation, step.outcome)
    output.emit("improvement", {**entry, "voice_path": voice_path})


def count_outcomes(run: "Run") -> dict[str, int]:
    """Returns how many of a run's steps were accepted, rejected and gated, over all its parts."""
    counted = Counter(str(row.payload.get("outcome")) for row in run.rows("step"))
    return {f"n_{outcome}": counted[outcome] for outcome in ("accepted", "rejected", "gated")}


def judge_held_out(
    session: "Session", voice: "Voice", population: Population, output: Output
) -> dict[str, Any] | None:
    """Scores a voice and the best stock voice on texts that no search speaks; shows both.

    Returns:
        The figures; None where none are wanted, or a text gives no speech: that spoils no run.
    """
    from dataclasses import replace

    config = session.config.held_out
    if not config.is_wanted:
        return None
    output.emit("stage", {"stage": "held_out"})
    desk = HeldOutDesk(session, population.floor, population.stock)
    return desk.judge(replace(voice, name="the new voice"), output)


def _interrupted(run: "Run", output: Output) -> typer.Exit:
    from kvoicewalk.cli.session import how_to_resume

    output.warn(f"interrupted; what was found is kept in {run.folder}. {how_to_resume(run)}")
    return typer.Exit(EXIT_INTERRUPTED)


def _say_done(result: dict[str, Any], run: "Run", page_path: str | None, output: Output) -> None:
    from kvoicewalk.report.words import speak_command

    best = result["best"]
    if page_path is not None:
        output.note(f"\nListen and compare: {page_path}")
    output.note(
        f"Hear it: {best['wav_path']}\nRun folder: {run.folder}\n"
        f"Next: {speak_command(best['voice_path'])}"
    )
