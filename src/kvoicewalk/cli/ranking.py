"""Scores voices, saves the run, shows the standings: the body of `rank`, `score` and `demo`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from kvoicewalk.cli.output import EXIT_INTERRUPTED, Output
from kvoicewalk.cli.paging import leave_material, leave_page
from kvoicewalk.errors import SynthError

if TYPE_CHECKING:
    from kvoicewalk.cli.session import Session
    from kvoicewalk.config import RankConfig, RunConfig
    from kvoicewalk.search.base import RankStep
    from kvoicewalk.store import Run, RunRecord
    from kvoicewalk.voices import Voice

    Judge = Callable[[Session, Sequence[Voice], Output, dict[str, Any]], None]


def rank_and_show(
    config: "RunConfig",
    output: Output,
    voice_names: Sequence[str] = (),
    extend: Callable[[dict[str, Any]], None] | None = None,
    record: "RunRecord | None" = None,
    judge: "Judge | None" = None,
) -> dict[str, Any]:
    """Scores the stock voices, or the named ones; returns what was shown, as data.

    Args:
        config: with the command, its target and model.
        output: where to.
        voice_names: files, names or mixes to score in full; none: the stock voices race, and
            the best is saved.
        extend: adds to the result of a finished run, before it is shown.
        record: of the run to go on with; None starts one.
        judge: adds to the result of voices that were all scored, as it goes, before the run ends.

    Raises:
        KvwError: an input cannot be used.
        typer.Exit: interrupted; what was scored is kept and shown.
    """
    from kvoicewalk.cli.session import how_to_resume, open_run, open_session, stock_voices
    from kvoicewalk.cli.voice_args import find_voices, refuse_other_models, tell_odd_voices
    from kvoicewalk.config import RankConfig
    from kvoicewalk.models import stock_voice_source
    from kvoicewalk.store import RunStore

    voices = find_voices(voice_names, stock_voice_source(config.model.name))  # before the slow part
    with open_session(config, output) as session, RunStore.open(config.out_dir) as store:
        refuse_other_models(voice_names, session.model.identity)
        tell_odd_voices(voices, session.model.identity, output.warn)
        if not voice_names:
            voices = stock_voices(session.model, config.rank.voices_path, output)
        with open_run(store, session, record) as run:
            rank_config = RankConfig(is_full=True) if voice_names else config.rank
            steps: list[RankStep] = []
            best, is_interrupted = None, False
            more: dict[str, Any] = {}
            try:
                hear(session, run, voices, rank_config, output, steps)
                if not voice_names:
                    best = _save_best(session, run, voices, steps)
                    leave_material(session, run.folder, voices, None, None, output)
                if judge is not None:
                    judge(session, voices, output, more)
            except KeyboardInterrupt:
                is_interrupted = True
            result = _conclude(session, run, steps, {"best": best, **more}, is_interrupted)
        if best is not None and not is_interrupted:
            result["page_path"] = leave_page(store, run.run_id, output)
    if extend and not is_interrupted:
        extend(result)
    _show(result, steps, run.folder, output)
    if is_interrupted:
        hint = f" {how_to_resume(run)}" if config.command == "rank" else ""
        output.warn(f"interrupted; what was heard is kept in {run.folder}.{hint}")
        raise typer.Exit(EXIT_INTERRUPTED)
    return result


def hear(
    session: "Session",
    run: "Run",
    voices: "Sequence[Voice]",
    config: "RankConfig",
    output: Output,
    steps: "list[RankStep] | None" = None,
    is_late: "Callable[[], bool]" = lambda: False,
) -> "list[RankStep]":
    """Ranks voices, keeps each step in the run and shows it.

    Args:
        session: scores.
        run: keeps.
        voices: to be ranked.
        config: the race.
        output: where it is shown.
        steps: where they are added as they come, so that an interrupted caller has them.
        is_late: see `search.rank.rank`.
    """
    from kvoicewalk.evaluate import SerialExecutor
    from kvoicewalk.report.json import voice_entry
    from kvoicewalk.report.live import make_rank_view
    from kvoicewalk.search.base import standings
    from kvoicewalk.search.rank import rank

    steps = [] if steps is None else steps
    with make_rank_view(output.stderr, output.hides_progress) as view:
        for step in rank(voices, session.evaluator, config, SerialExecutor(), is_late):
            steps.append(step)
            run.put("voice", step.voice_name, voice_entry(step))
            view.update(step)
    mute = [step.voice_name for step in standings(steps) if step.is_mute]
    if mute:
        output.warn(f"no speech from {', '.join(mute)}: of another model, or damaged; ranked last.")
    return steps


def best_of(steps: "Sequence[RankStep]") -> "RankStep":
    """Returns the step of the best voice.

    Raises:
        SynthError: no voice gives speech.
    """
    from kvoicewalk.search.base import standings

    best = standings(steps)[0]
    if best.is_mute:
        raise SynthError("none of the voices gives speech on this model; name others.")
    return best


def _save_best(
    session: "Session", run: "Run", voices: "Sequence[Voice]", steps: "Sequence[RankStep]"
) -> dict[str, Any]:
    from kvoicewalk.cli.session import sidecar

    step = best_of(steps)
    voice = next(voice for voice in voices if voice.name == step.voice_name)
    facts = sidecar(
        session, voice.name, step.score, session.config.command, f"stock voice {voice.name}"
    )
    path = run.save_best(voice, session.evaluator.speak(voice), facts)
    return {
        "name": step.voice_name,
        "voice_path": str(path),
        "wav_path": str(path.with_suffix(".wav")),
        "score": step.score.score if step.score else None,
    }


def _conclude(
    session: "Session",
    run: "Run",
    steps: "Sequence[RankStep]",
    more: dict[str, Any],
    is_interrupted: bool,
) -> dict[str, Any]:
    from kvoicewalk.report.json import ranking_object, timing_entry
    from kvoicewalk.search.base import standings

    more = {
        **more,
        "scoring": session.config.score.scoring,
        # Of this run alone: what the cache remembered costs nothing the second time.
        "timing": timing_entry(session.evaluator.counts),
    }
    result = ranking_object(
        run.run_id, session.model.identity, session.target_name, standings(steps), more
    )
    run.finish("interrupted" if is_interrupted else "done", result)
    return result


def _show(
    result: dict[str, Any], steps: "Sequence[RankStep]", folder: Path, output: Output
) -> None:
    from kvoicewalk.report.live import standings_table
    from kvoicewalk.report.words import speak_command
    from kvoicewalk.search.base import standings

    output.show(result, standings_table(standings(steps)))
    best = result["best"]
    if best:
        page_path = result.get("page_path")
        page = f"Listen and compare: {page_path}\n" if page_path else ""
        output.note(
            f"\nBest voice: {best['name']}. Hear it: {best['wav_path']}\n{page}"
            f"Run folder: {folder}\n"
            f"Next: {speak_command(best['voice_path'])}"
        )
