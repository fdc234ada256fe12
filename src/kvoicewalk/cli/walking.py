"""The walk itself: the body of `kvw walk`, and of resuming one."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kvoicewalk.cli.output import Output
from kvoicewalk.cli.population import Population
from kvoicewalk.cli.searching import (
    best_entry,
    count_outcomes,
    judge_held_out,
    report_improvement,
    save_best,
)

if TYPE_CHECKING:
    from kvoicewalk.cli.session import Session
    from kvoicewalk.config import WalkConfig
    from kvoicewalk.evaluate import Evaluation, Evaluator
    from kvoicewalk.search.base import Optimizer, Progress, SearchStep
    from kvoicewalk.search.space import Space
    from kvoicewalk.store import Run
    from kvoicewalk.voices import Voice


def walk(session: "Session", run: "Run", population: Population, output: Output) -> dict[str, Any]:
    """Walks from the population's best voice, or on from where the run was; returns the result.

    Raises:
        KvwError: the start or the saved search cannot be used.
    """
    from kvoicewalk.report.search_view import Budget, make_search_view
    from kvoicewalk.search.loop import search
    from kvoicewalk.search.random_walk import RandomWalk
    from kvoicewalk.store import MemoryCache

    config = session.config.walk
    space, base = make_walk_space(session, population)
    optimizer = RandomWalk(space, config, session.config.synth.seed)
    # Nothing that a walk proposes is met again in another run.
    evaluator = replace(session.evaluator, memory=MemoryCache())
    budget = Budget(config.step_budget, config.minutes and 60 * config.minutes)
    is_interrupted, held_out = False, None
    progress = _where_it_stands(session, run, optimizer, space, base.name, evaluator)
    view = make_search_view(output.stderr, "walking", lambda: budget, output.hides_progress)
    try:
        with view:
            view.start(progress.number, progress.evaluation, progress.used_s)
            for step in search(optimizer, evaluator, progress, config):
                _keep(session, run, optimizer, progress, step, output)
                view.update(step)
        _show(run, progress.evaluation, output)
        held_out = judge_held_out(session, progress.incumbent.voice, population.floor, output)
    except KeyboardInterrupt:
        is_interrupted = True
        # What is on disk counts: the interrupt may have come between a step and its rows.
        progress = _load(run, optimizer, space)
        _show(run, progress.evaluation, output)
    return {
        **_result(session, run, population, progress),
        "held_out": held_out,
        "is_interrupted": is_interrupted,
    }


def make_walk_space(session: "Session", population: Population) -> "tuple[Space, Voice]":
    """Returns the space of a walk, and the voice that it starts from.

    The classic walk starts from the population's mean and moves in units of its spread, as the
    original does; the others start from its best voice and move in units of all stock voices'.

    Raises:
        VoiceError: the start cannot be loaded, or was found with another model.
    """
    from kvoicewalk.search.space import describe_population, make_space
    from kvoicewalk.voices import mean_voice

    config = session.config.walk
    is_classic = config.params == "classic"
    voices = population.voices if is_classic else population.stock
    if config.start is not None:
        base = _start_voice(session, config)
    else:
        base = mean_voice(voices, "mean") if is_classic else population.voices[0]
    return make_space(config.params, base, describe_population(voices), config.only), base


def _start_voice(session: "Session", config: "WalkConfig") -> "Voice":
    from kvoicewalk.cli.voice_args import find_voice, refuse_other_models

    assert config.start is not None
    refuse_other_models([config.start], session.model.identity)
    return find_voice(config.start, session.model.voices)


def _where_it_stands(
    session: "Session",
    run: "Run",
    optimizer: "Optimizer",
    space: "Space",
    base_name: str,
    evaluator: "Evaluator",
) -> "Progress":
    from kvoicewalk.search.loop import begin
    from kvoicewalk.store.checkpoint import dump_evaluation, dump_incumbent, dump_state

    if run.rows("state"):
        return _load(run, optimizer, space)
    progress = begin(space, evaluator, base_name)
    save_best(session, run, progress.incumbent.voice, progress.evaluation, f"voice {base_name}")
    with run.batch():
        run.put("start", "start", dump_evaluation(progress.evaluation))
        run.put("state", "state", dump_state(optimizer, progress))
        run.put("incumbent", "incumbent", dump_incumbent(progress))
    return progress


def _load(run: "Run", optimizer: "Optimizer", space: "Space") -> "Progress":
    from kvoicewalk.store.checkpoint import restore

    (state,), (incumbent,) = run.rows("state"), run.rows("incumbent")
    return restore(optimizer, space, state.payload, incumbent.payload)


def _keep(
    session: "Session",
    run: "Run",
    optimizer: "Optimizer",
    progress: "Progress",
    step: "SearchStep",
    output: Output,
) -> None:
    from kvoicewalk.report.json import step_entry
    from kvoicewalk.store.checkpoint import dump_incumbent, dump_state

    if step.improvement is not None:
        voice, config = step.improvement.voice, session.config.walk
        recipe = f"step {step.number} of a walk, params {config.params}"
        facts = save_best(session, run, voice, step.evaluation, recipe)
        named = replace(voice, name=f"step-{step.number:06d}")
        path = run.save_improvement(named, session.evaluator.speak(voice), facts, config.n_kept)
        report_improvement(step, str(path), output)
    with run.batch():
        entry = step_entry(step.number, step.evaluation, step.outcome)
        run.put("step", str(step.number), entry, position=step.number)
        run.put("state", "state", dump_state(optimizer, progress))
        if step.improvement is not None:
            run.put("incumbent", "incumbent", dump_incumbent(progress))


def _result(
    session: "Session", run: "Run", population: Population, progress: "Progress"
) -> dict[str, Any]:
    from kvoicewalk.report.json import parts_entry, timing_entry

    return {
        "run": run.run_id,
        "model": session.model.identity,
        "target": session.target_name,
        "step": progress.number,
        **parts_entry(progress.evaluation),
        "best": best_entry(run, progress.evaluation),
        "floor": population.floor.name,
        "population_names": list(population.names),
        **count_outcomes(run),
        "scoring": session.config.score.scoring,
        "timing": {"used_s": progress.used_s, **timing_entry(session.evaluator.counts)},
    }


def _show(run: "Run", best: "Evaluation", output: Output) -> None:
    from kvoicewalk.report.search_view import search_table
    from kvoicewalk.store.checkpoint import read_evaluation

    (start,) = run.rows("start")
    rows = [("start", read_evaluation(start.payload)), ("best", best)]
    output.show_table(search_table(rows))
