"""Ranks the stock voices, or scores named ones, and keeps the run: `rank` and `score`."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.events import Events, InterruptedRunError
from kvoicewalk.app.language import settle_language
from kvoicewalk.app.page import write_page, write_page_inputs
from kvoicewalk.app.results import Ranked
from kvoicewalk.app.stock import known_likeness, likest_known, native_voices
from kvoicewalk.errors import SynthError

if TYPE_CHECKING:
    from kvoicewalk.app.session import Session
    from kvoicewalk.config import RankConfig, RunConfig
    from kvoicewalk.search.base import RankStep
    from kvoicewalk.store import Run, RunRecord
    from kvoicewalk.voices import Voice

    Judge = Callable[[Session, Sequence[Voice], Events, dict[str, Any]], None]

N_NATIVES_HEARD = 3  # of the stock voices of another language, beside the likest of all


def rank_voices(
    config: "RunConfig",
    events: Events,
    voice_names: Sequence[str] = (),
    record: "RunRecord | None" = None,
    judge: "Judge | None" = None,
) -> Ranked:
    """Scores the stock voices, or the named ones.

    Args:
        config: with the command, its target and model.
        events: hear of it.
        voice_names: files, names or mixes to score in full; none: the stock voices race, and
            the best is saved.
        record: of the run to go on with; None starts one.
        judge: adds to the result of voices that were all scored, as it goes, before the run ends.

    Raises:
        KvwError: an input cannot be used.
        InterruptedRunError: what was scored is kept, and comes with it.
    """
    from kvoicewalk.app.session import open_run, open_session, stock_voices
    from kvoicewalk.app.voice_spec import find_voices, refuse_other_models, tell_odd_voices
    from kvoicewalk.config import RankConfig
    from kvoicewalk.models import stock_voice_source
    from kvoicewalk.search.base import standings
    from kvoicewalk.store import RunStore

    voices = find_voices(voice_names, stock_voice_source(config.model.name))  # before the slow part
    if record is None:
        config = settle_language(config, events, voice_names)
    with open_session(config, events) as session, RunStore.open(config.out_dir) as store:
        refuse_other_models(voice_names, session.model.identity)
        tell_odd_voices(voices, session.model.identity, events.warning)
        if not voice_names:
            voices = stock_voices(session.model, config.rank.voices_path, events)
        with open_run(store, session, record) as run:
            rank_config = RankConfig(is_full=True) if voice_names else config.rank
            steps: list[RankStep] = []
            best, is_interrupted = None, False
            more: dict[str, Any] = {}
            try:
                hear(session, run, voices, rank_config, events, steps)
                if not voice_names:
                    best = _save_best(session, run, voices, steps)
                    write_page_inputs(session, run.folder, voices, None, None, events)
                if judge is not None:
                    judge(session, voices, events, more)
            except KeyboardInterrupt:
                is_interrupted = True
            result = _conclude(session, run, steps, {"best": best, **more}, is_interrupted)
        if best is not None and not is_interrupted:
            result["page_path"] = write_page(store, run.run_id, events)
    ranked = Ranked(result, run.folder, tuple(standings(steps)))
    if is_interrupted:
        raise InterruptedRunError(
            run.run_id, run.folder, ranked, is_resumable=config.command == "rank"
        )
    return ranked


def hear(
    session: "Session",
    run: "Run",
    voices: "Sequence[Voice]",
    config: "RankConfig",
    events: Events,
    steps: "list[RankStep] | None" = None,
    is_late: "Callable[[], bool]" = lambda: False,
) -> "list[RankStep]":
    """Ranks voices and keeps each step in the run.

    Args:
        session: scores.
        run: keeps.
        voices: to be ranked.
        config: the race.
        events: hear of each.
        steps: where they are added as they come, so that an interrupted caller has them.
        is_late: see `search.rank.rank`.
    """
    from kvoicewalk.search.base import standings
    from kvoicewalk.search.rank import rank
    from kvoicewalk.store.results import rank_row

    steps = [] if steps is None else steps
    with events.stage("rank", n_voices=len(voices)):
        known = known_likeness(session, voices)
        natives = native_voices(voices, session.evaluator.lang) if config.n_known_heard else []
        own = {voice.name for voice in likest_known(session, natives)[:N_NATIVES_HEARD]}
        for step in rank(voices, session.evaluator, config, session.crew, is_late, known, own):
            steps.append(step)
            run.put("voice", step.voice_name, rank_row(step).dump())
            events.step(step)
    mute = [step.voice_name for step in standings(steps) if step.is_mute]
    if mute:
        events.warning(
            f"no speech from {', '.join(mute)}: of another model, or damaged; ranked last."
        )
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
    from kvoicewalk.app.session import sidecar

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
    from kvoicewalk.search.base import standings
    from kvoicewalk.store.results import ranking_data, timing_of

    more = {
        **more,
        "scoring": session.config.score.scoring,
        # Of this run alone: what the cache remembered costs nothing the second time.
        "timing": timing_of(session.evaluator.counts),
    }
    result = ranking_data(
        run.run_id, session.model.identity, session.target_name, standings(steps), more
    )
    run.finish("interrupted" if is_interrupted else "done", result)
    return result
