"""The walk: the search of `walk` and `clone`, and of going on with one."""

import dataclasses
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.best import (
    Found,
    best_row,
    count_outcomes,
    save_best,
)
from kvoicewalk.app.events import Events, SearchStart
from kvoicewalk.app.judge import judging_s
from kvoicewalk.app.method import SearchSetup, make_search_setup
from kvoicewalk.app.start import StartVoices
from kvoicewalk.errors import Message, Setting, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kvoicewalk.app.session import Session
    from kvoicewalk.config import WalkConfig
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.search.base import Optimizer, Progress, SearchStep
    from kvoicewalk.search.gradient import GradientDescent
    from kvoicewalk.search.space import Space
    from kvoicewalk.store import Run


PAGE_S = 6.0  # for the listening page
JUDGING_MARGIN = 1.1  # other programs take their share of a machine
MIN_SEARCH_S = 5.0


def walk(session: "Session", run: "Run", population: StartVoices, events: Events) -> Found:
    """Walks from the population's best voice, or on from where the run was.

    Raises:
        KvwError: the start or the saved search cannot be used.
    """
    from kvoicewalk.search.loop import search
    from kvoicewalk.store import MemoryCache

    config = plan_time(session, run, population, events)
    setup = make_search_setup(session, population)
    optimizer, space = setup.optimizer, setup.space
    progress, start = _where_it_stands(session, run, setup, events)
    # Nothing that a walk proposes is met again in another run.
    session = replace(session, evaluator=replace(session.evaluator, memory=MemoryCache()))
    is_interrupted = False
    try:
        seconds = 60 * config.minutes if config.minutes is not None else None
        events.start(
            SearchStart(
                progress.number, progress.evaluation, progress.used_s, config.step_budget, seconds
            )
        )
        if setup.leader is not None and seconds is not None:
            # Target and probe text are about as long.
            spoken_s = 2 * session.evaluator.speak(progress.incumbent.voice).duration_s
            left_s = seconds - progress.used_s - _pace(session) * spoken_s
            setup.leader.is_late = _lateness(left_s)
        for step in search(optimizer, session.evaluator, progress, config):
            _keep(session, run, optimizer, progress, step, events)
            events.step(step)
    except KeyboardInterrupt:
        is_interrupted = True
        # What is on disk counts: the interrupt may have come between a step and its rows.
        progress = _load(run, optimizer, space)
    events.compared(start, progress.evaluation)
    result = _result(session, run, population, progress)
    if setup.leader is not None:
        result["timing"] |= _lessons(setup.leader, events)
    return Found(result, progress.incumbent.voice, is_interrupted)


def plan_time(
    session: "Session", run: "Run", population: StartVoices, events: Events
) -> "WalkConfig":
    """Returns the walk's config, with the minutes that are left to the search itself.

    `clone --minutes` counts everything: loading and ranking are spent, and judging is still to
    come, at the pace of speech measured so far. The plan is kept for resuming.
    """
    config = session.config.walk
    if session.config.command != "clone" or config.minutes is None:
        return config
    kept = run.planned("time")
    if kept is None:
        start = population.start or population.voices[0]
        pace = _pace(session)
        to_judge_s = JUDGING_MARGIN * judging_s(session, start, population.floor, pace)
        spent_s = time.monotonic() - session.started_s
        search_s = 60 * config.minutes - spent_s - to_judge_s - PAGE_S
        kept = {"search_s": max(search_s, MIN_SEARCH_S), "judging_s": to_judge_s}
        run.plan("time", kept)
        events.note(
            f"{config.minutes:g} min: {spent_s:.0f} s spent, {kept['search_s']:.0f} s to search, "
            f"about {to_judge_s + PAGE_S:.0f} s to judge and to write the page."
        )
        if search_s < MIN_SEARCH_S:
            least = (spent_s + to_judge_s + PAGE_S + MIN_SEARCH_S) / 60
            events.warning(f"too short to keep; on this machine it takes at least {least:.1f} min.")
    return config.model_copy(update={"minutes": float(str(kept["search_s"])) / 60})


def _lateness(seconds: float) -> "Callable[[], bool]":
    """Returns what tells whether so much time has passed since now."""
    deadline_s = time.monotonic() + seconds
    return lambda: time.monotonic() > deadline_s


def _pace(session: "Session") -> float:
    """Returns seconds that a second of speech takes to make and to embed."""
    counts = session.evaluator.counts
    if counts.spoken_s:
        return sum(counts.stage_s.values()) / counts.spoken_s
    # The ranking was remembered from an earlier run: one utterance tells.
    evaluator, voice = session.evaluator, session.model.voices.load(session.model.voices.names[0])
    started_s = time.monotonic()
    utterance = evaluator.speak(voice)
    evaluator.scorer.encoders.embed(utterance)
    return (time.monotonic() - started_s) / utterance.duration_s


def _where_it_stands(
    session: "Session", run: "Run", setup: SearchSetup, events: Events
) -> "tuple[Progress, Evaluation]":
    """Begins, or takes up what was saved; returns where it stands, and the start's score."""
    from kvoicewalk.app.session import is_scored_alike, scored_anew
    from kvoicewalk.search.loop import begin
    from kvoicewalk.store.checkpoint import (
        dump_evaluation,
        dump_incumbent,
        dump_state,
        read_evaluation,
    )

    optimizer, space, base = setup.optimizer, setup.space, setup.base
    is_new = not run.rows("state")
    if is_new:
        progress = begin(space, session.evaluator, base.name)
        start = progress.evaluation
    else:
        progress, start = _load(run, optimizer, space), read_evaluation(_row(run, "start"))
        if not is_scored_alike(session, run):
            events.warning(
                "this run began on another device, front end or package version: its best voice is "
                "scored anew, and what follows may differ from an uninterrupted run."
            )
            evaluator = session.evaluator
            progress.evaluation = evaluator.evaluate(progress.incumbent.voice)
            start = evaluator.evaluate(space.decode(space.start, base.name))
            with run.batch():
                run.put("start", "start", dump_evaluation(start))
                run.put("incumbent", "incumbent", dump_incumbent(progress))
                scored_anew(session, run)
        for kept in run.rows("counts"):  # none in runs of earlier versions
            session.evaluator.counts.add(kept.payload)
    # Also where it goes on: a kill between files and rows leaves files of a step to come.
    number = progress.last_improvement
    recipe = _recipe(session, number) if number else f"voice {base.name}"
    save_best(session, run, progress.incumbent.voice, progress.evaluation, recipe)
    if is_new:
        with run.batch():
            run.put("start", "start", dump_evaluation(start))
            run.put("state", "state", dump_state(optimizer, progress))
            run.put("incumbent", "incumbent", dump_incumbent(progress))
    return progress, start


def _recipe(session: "Session", number: int) -> str:
    config = session.config.walk
    return f"step {number} of a walk, method {config.method}, params {config.space}"


def _load(run: "Run", optimizer: "Optimizer", space: "Space") -> "Progress":
    from kvoicewalk.store.checkpoint import restore

    steps = [row.payload for row in run.rows("step")]
    return restore(optimizer, space, _row(run, "state"), _row(run, "incumbent"), steps)


def _row(run: "Run", kind: str) -> dict[str, object]:
    rows = run.rows(kind)
    if not rows:
        raise StoreError(f"run {run.run_id} lacks a part of its saved search; start a new run")
    return rows[0].payload


def _keep(
    session: "Session",
    run: "Run",
    optimizer: "Optimizer",
    progress: "Progress",
    step: "SearchStep",
    events: Events,
) -> None:
    from kvoicewalk.store.checkpoint import dump_incumbent, dump_state
    from kvoicewalk.store.results import step_row

    if step.improvement is not None:
        voice, config = step.improvement.voice, session.config.walk
        facts = save_best(session, run, voice, step.evaluation, _recipe(session, step.number))
        named = replace(voice, name=f"step-{step.number:06d}")
        path = run.save_improvement(named, session.evaluator.speak(voice), facts, config.n_kept)
        events.improvement(step, path)
    with run.batch():
        row = step_row(step.number, step.evaluation, step.outcome)
        run.put("step", str(step.number), row.dump(), position=step.number)
        run.put("state", "state", dump_state(optimizer, progress))
        run.put("counts", "counts", dataclasses.asdict(session.evaluator.counts))
        if step.improvement is not None:
            run.put("incumbent", "incumbent", dump_incumbent(progress))


def _result(
    session: "Session", run: "Run", population: StartVoices, progress: "Progress"
) -> dict[str, Any]:
    from kvoicewalk.store.results import SearchRow, parts_of, timing_of

    return SearchRow(
        run=run.run_id,
        model=session.model.identity,
        target=session.target_name,
        step=progress.number,
        **parts_of(progress.evaluation),
        best=best_row(run, progress.evaluation),
        floor=population.floor.name,
        population_names=tuple(population.names),
        **count_outcomes(run),
        scoring=session.config.score.scoring,
        timing={"used_s": progress.used_s, **timing_of(session.evaluator.counts)},
    ).dump()


def _lessons(leader: "GradientDescent", events: Events) -> dict[str, int]:
    """Returns how many lessons the gradient gave; says so where most of them taught nothing."""
    n_lessons, n_skipped = leader.n_lessons, leader.n_skipped
    if 2 * n_skipped > n_lessons:
        found = (
            f"{n_skipped} of {n_lessons} lessons taught nothing: the voice was silent, or its "
            "gradient not finite. "
        )
        start, method = Setting("start"), Setting("method", "random")
        events.warning(
            Message(found, "Start from another voice (", start, "), or take ", method, ".")
        )
    return {"n_lessons": n_lessons, "n_lessons_skipped": n_skipped}
