"""The sweep itself: the body of `kvw interpolate`, and of resuming one.

A sweep that goes on begins again and is fast where it was: what it heard is remembered, and the
same scores lead it the same way.
"""

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
    from collections.abc import Sequence

    from kvoicewalk.cli.session import Session
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.search.sweep import SweepStep
    from kvoicewalk.store import Run


def sweep(session: "Session", run: "Run", population: Population, output: Output) -> dict[str, Any]:
    """Tries blends of all pairs of the population; returns the result.

    Raises:
        KvwError: a voice gives no finite speech, or a file cannot be written.
    """
    from kvoicewalk.report.json import parts_entry, timing_entry
    from kvoicewalk.report.search_view import Budget, make_search_view, search_table
    from kvoicewalk.search.sweep import interpolate

    evaluator = session.evaluator
    steps: list[SweepStep] = []
    is_interrupted, held_out = False, None
    first = population.voices[0]
    start = evaluator.evaluate(first)
    best = (start, first)
    save_best(session, run, first, start, "the likest voice of the population")
    view = make_search_view(
        output.stderr,
        "interpolating",
        lambda: Budget(steps[-1].n_total if steps else None),
        output.hides_progress,
    )
    assert start.score is not None
    config = session.config.interpolate
    try:
        with view:
            view.start(0, start, 0.0)
            for step in interpolate(population.voices, evaluator, config, start.score.score):
                if step.outcome == "accepted":
                    best = (step.evaluation, step.voice)
                    save_best(session, run, step.voice, step.evaluation, _recipe(step))
                    report_improvement(step, str(run.folder / "best.pt"), output)
                _keep(run, step)
                steps.append(step)
                view.update(step)
        output.show_table(search_table([("start", start), ("best", best[0])]))
        held_out = judge_held_out(session, best[1], population.floor, output)
    except KeyboardInterrupt:
        is_interrupted = True
        output.show_table(search_table([("start", start), ("best", best[0])]))
    return {
        "run": run.run_id,
        "model": session.model.identity,
        "target": session.target_name,
        "step": len(steps),
        **parts_entry(best[0]),
        "best": best_entry(run, best[0]),
        "population": [] if is_interrupted else _save_population(session, run, steps),
        "held_out": held_out,
        "floor": population.floor.name,
        **count_outcomes(run),
        "scoring": session.config.score.scoring,
        "timing": timing_entry(evaluator.counts),
        "is_interrupted": is_interrupted,
    }


def _keep(run: "Run", step: "SweepStep") -> None:
    from kvoicewalk.report.json import step_entry

    entry = step_entry(step.number, step.evaluation, step.outcome)
    more = {"pair": list(step.pair), "alpha": step.alpha}
    run.put("step", str(step.number), {**entry, **more}, position=step.number)


def _recipe(step: "SweepStep") -> str:
    return f"blend {step.voice.name} (alpha {step.alpha:g})"


def _save_population(
    session: "Session", run: "Run", steps: "Sequence[SweepStep]"
) -> list[dict[str, Any]]:
    from kvoicewalk.cli.session import sidecar
    from kvoicewalk.report.json import parts_entry
    from kvoicewalk.search.sweep import best_per_voice

    entries = []
    for step in best_per_voice(steps):
        method = session.config.command
        facts = sidecar(session, step.voice.name, step.evaluation.score, method, _recipe(step))
        path = run.save_voice(replace(step.voice, name=file_name(step.voice.name)), facts)
        found: Evaluation = step.evaluation
        entries.append(
            {"name": step.voice.name, "voice_path": str(path.absolute()), **parts_entry(found)}
        )
    return entries


def file_name(blend_name: str) -> str:
    """Returns a blend's name as a file can bear it: `a:0.75,b:0.25` → `a_0.75+b_0.25`."""
    return blend_name.replace(":", "_").replace(",", "+").replace("/", "_")
