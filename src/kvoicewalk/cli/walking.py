"""The walk itself: the body of `kvw walk`, and of resuming one."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kvoicewalk.cli.output import Output
from kvoicewalk.cli.population import Population
from kvoicewalk.cli.searching import (
    Found,
    best_entry,
    count_outcomes,
    report_improvement,
    save_best,
)
from kvoicewalk.errors import StoreError

if TYPE_CHECKING:
    from kvoicewalk.cli.session import Session
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.search.base import Optimizer, Progress, SearchStep
    from kvoicewalk.search.space import Space
    from kvoicewalk.store import Run
    from kvoicewalk.voices import Voice


def walk(session: "Session", run: "Run", population: Population, output: Output) -> Found:
    """Walks from the population's best voice, or on from where the run was.

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
    budget = Budget(config.step_budget, config.minutes and 60 * config.minutes)
    progress, start = _where_it_stands(session, run, optimizer, space, base)
    # Nothing that a walk proposes is met again in another run.
    session = replace(session, evaluator=replace(session.evaluator, memory=MemoryCache()))
    view = make_search_view(output.stderr, "walking", lambda: budget, output.hides_progress)
    is_interrupted = False
    try:
        with view:
            view.start(progress.number, progress.evaluation, progress.used_s)
            for step in search(optimizer, session.evaluator, progress, config):
                _keep(session, run, optimizer, progress, step, output)
                view.update(step)
    except KeyboardInterrupt:
        is_interrupted = True
        # What is on disk counts: the interrupt may have come between a step and its rows.
        progress = _load(run, optimizer, space)
    _show(start, progress.evaluation, output)
    result = _result(session, run, population, progress)
    return Found(result, progress.incumbent.voice, is_interrupted)


def make_walk_space(session: "Session", population: Population) -> "tuple[Space, Voice]":
    """Returns the space of a walk, and the voice that it starts from.

    It starts from the population's mean, unless a start is named. The classic walk moves in units
    of the population's spread, as the original does; the others in units of all stock voices'.

    Raises:
        VoiceError: there are too few voices to measure their spread.
    """
    from kvoicewalk.search.space import describe_population, make_space
    from kvoicewalk.voices import mean_voice

    config = session.config.walk
    voices = population.voices if config.params == "classic" else population.stock
    base = population.start or mean_voice(population.voices, "mean")
    return make_space(config.params, base, describe_population(voices), config.only), base


def _where_it_stands(
    session: "Session", run: "Run", optimizer: "Optimizer", space: "Space", base: "Voice"
) -> "tuple[Progress, Evaluation]":
    """Begins, or takes up what was saved; returns where it stands, and the start's score."""
    from kvoicewalk.search.loop import begin
    from kvoicewalk.store.checkpoint import (
        dump_evaluation,
        dump_incumbent,
        dump_state,
        read_evaluation,
    )

    is_new = not run.rows("state")
    if is_new:
        progress = begin(space, session.evaluator, base.name)
        start = progress.evaluation
    else:
        progress, start = _load(run, optimizer, space), read_evaluation(_row(run, "start"))
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
    return f"step {number} of a walk, params {session.config.walk.params}"


def _load(run: "Run", optimizer: "Optimizer", space: "Space") -> "Progress":
    from kvoicewalk.store.checkpoint import restore

    return restore(optimizer, space, _row(run, "state"), _row(run, "incumbent"))


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
    output: Output,
) -> None:
    from kvoicewalk.report.json import step_entry
    from kvoicewalk.store.checkpoint import dump_incumbent, dump_state

    if step.improvement is not None:
        voice, config = step.improvement.voice, session.config.walk
        facts = save_best(session, run, voice, step.evaluation, _recipe(session, step.number))
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


def _show(start: "Evaluation", best: "Evaluation", output: Output) -> None:
    from kvoicewalk.report.search_view import search_table

    output.show_table(search_table([("start", start), ("best", best)]))
