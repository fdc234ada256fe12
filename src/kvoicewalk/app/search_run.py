"""Runs a search for new voices and keeps it: what `clone`, `walk` and `interpolate` share.

Everything that a step changes is on disk before the next one begins: first the voice files of an
improvement, then its rows, in one transaction. So a run that was killed goes on from its last step.
"""

import time
from typing import TYPE_CHECKING, Any, cast

from kvoicewalk.app.events import Events, InterruptedRunError, StageName
from kvoicewalk.app.judge import HeldOutJudge
from kvoicewalk.app.language import settle_language
from kvoicewalk.app.page import write_page, write_page_inputs
from kvoicewalk.app.results import Searched
from kvoicewalk.app.start import StartVoices, find_start_voices
from kvoicewalk.app.stock import with_best_start

if TYPE_CHECKING:
    from kvoicewalk.app.session import Session
    from kvoicewalk.config import RunConfig
    from kvoicewalk.store import RunRecord
    from kvoicewalk.store.records import EndStatus
    from kvoicewalk.voices import Voice


def run_search(config: "RunConfig", events: Events, record: "RunRecord | None" = None) -> Searched:
    """Opens or goes on with a run, searches, judges, writes the page.

    Args:
        config: with the command, its target and model.
        events: hear of it.
        record: of the run to go on with; None starts one.

    Raises:
        KvwError: an input cannot be used.
        InterruptedRunError: what was found is kept.
    """
    from kvoicewalk.app.interpolate import sweep
    from kvoicewalk.app.session import open_run, open_session
    from kvoicewalk.app.voice_spec import refuse_other_models
    from kvoicewalk.app.walk import walk
    from kvoicewalk.store import RunStore

    search = sweep if config.command == "interpolate" else walk
    started_s = time.monotonic()
    check_voices(config)
    if record is None:
        start = config.walk.start
        config = settle_language(config, events, [start] if start is not None else [])
    with open_session(config, events, started_s) as session, RunStore.open(config.out_dir) as store:
        refuse_other_models(named_voices(config), session.model.identity)
        with open_run(store, session, record) as run:
            try:
                population = find_start_voices(session, run, events)
                if config.command != "interpolate":
                    population = with_best_start(session, run, population, events)
                with events.stage(_stage_of(config), run_id=run.run_id):
                    found = search(session, run, population, events)
            except KeyboardInterrupt:
                run.finish("interrupted")
                raise InterruptedRunError(run.run_id, run.folder) from None
            held_out, is_interrupted = None, found.is_interrupted
            if not is_interrupted:
                try:
                    held_out = judge_held_out(session, found.voice, population, events)
                    write_page_inputs(
                        session, run.folder, population.stock, population.floor, found.voice, events
                    )
                except KeyboardInterrupt:
                    is_interrupted = True
            result = {**found.result, "held_out": held_out}
            status: EndStatus = "interrupted" if is_interrupted else "done"
            run.finish(status, result)
        page_path = None if is_interrupted else write_page(store, run.run_id, events)
    searched = Searched({**result, "status": status, "page_path": page_path}, run.folder)
    if is_interrupted:
        raise InterruptedRunError(run.run_id, run.folder, searched)
    return searched


def _stage_of(config: "RunConfig") -> StageName:
    return cast(StageName, config.command)


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
    from kvoicewalk.app.voice_spec import find_voice, parse_voice
    from kvoicewalk.models import stock_voice_source

    for spec in named_voices(config):
        if spec == config.walk.start or parse_voice(spec).kind == "file":
            find_voice(spec, stock_voice_source(config.model.name))


def judge_held_out(
    session: "Session", voice: "Voice", population: StartVoices, events: Events
) -> dict[str, Any] | None:
    """Scores a voice and the best stock voice on texts that no search speaks.

    Returns:
        The figures; None where none are wanted, or a text gives no speech: that spoils no run.
    """
    from dataclasses import replace

    config = session.config.held_out
    if not config.is_wanted:
        return None
    judge = HeldOutJudge(session, population.floor, population.stock)
    return judge.judge(replace(voice, name="the new voice"), events)
