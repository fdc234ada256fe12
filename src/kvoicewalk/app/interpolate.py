"""Blends of the likest stock voices: the search of `interpolate`, and of going on with one.

A sweep that goes on begins again and is fast where it was: what it heard is remembered, and the
same scores lead it the same way.
"""

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.best import (
    Found,
    best_row,
    count_outcomes,
    save_best,
)
from kvoicewalk.app.events import Events, SearchStart
from kvoicewalk.app.start import StartVoices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kvoicewalk.app.session import Session
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.search.sweep import SweepStep
    from kvoicewalk.store import Run

MAX_NAME_BYTES = 100


def sweep(session: "Session", run: "Run", population: StartVoices, events: Events) -> Found:
    """Tries blends of all pairs of the population.

    Raises:
        KvwError: the best stock voice gives no finite speech, or a file cannot be written.
        KeyboardInterrupt: a sweep that goes on was not yet where it had been.
    """
    from kvoicewalk.search.sweep import interpolate
    from kvoicewalk.store.checkpoint import dump_evaluation

    evaluator, config = session.evaluator, session.config.interpolate
    steps: list[SweepStep] = []
    n_before = len(run.rows("step"))
    first = population.voices[0]
    start = evaluator.evaluate(first)
    assert start.score is not None
    best, best_voice, recipe = start, first, "the likest voice of the population"
    if n_before == 0:
        save_best(session, run, first, start, recipe)
        run.put("start", "start", dump_evaluation(start))
    is_interrupted = False
    try:
        events.start(SearchStart(0, start))
        for step in interpolate(population.voices, session.crew, config, start.score.score):
            is_best, is_new = step.outcome == "accepted", step.number > n_before
            if is_best:
                best, best_voice, recipe = step.evaluation, step.voice, _recipe(step)
            # What stood there before is left alone until the sweep is where it was.
            if (is_best and is_new) or step.number == n_before:
                save_best(session, run, best_voice, best, recipe)
            if is_best and is_new:
                events.improvement(step, run.folder / "best.pt")
            _keep(run, step)
            steps.append(step)
            events.step(step)
    except KeyboardInterrupt:
        if len(steps) < n_before:
            raise
        is_interrupted = True
    events.compared(start, best)
    result = _result(session, run, population, best, len(steps))
    kept = [] if is_interrupted else _save_population(session, run, steps)
    return Found({**result, "population": kept}, best_voice, is_interrupted)


def _result(
    session: "Session", run: "Run", population: StartVoices, best: "Evaluation", n_steps: int
) -> dict[str, Any]:
    from kvoicewalk.store.results import SearchRow, parts_of, timing_of

    return SearchRow(
        run=run.run_id,
        model=session.model.identity,
        target=session.target_name,
        step=n_steps,
        **parts_of(best),
        best=best_row(run, best),
        floor=population.floor.name,
        **count_outcomes(run),
        scoring=session.config.score.scoring,
        timing=timing_of(session.evaluator.counts),
    ).dump()


def _keep(run: "Run", step: "SweepStep") -> None:
    from kvoicewalk.store.results import sweep_row

    run.put("step", str(step.number), sweep_row(step).dump(), position=step.number)


def _recipe(step: "SweepStep") -> str:
    return f"blend {step.evaluation.voice_name} (alpha {step.alpha:g})"


def _save_population(
    session: "Session", run: "Run", steps: "Sequence[SweepStep]"
) -> list[dict[str, Any]]:
    from kvoicewalk.app.session import sidecar
    from kvoicewalk.search.sweep import best_per_voice
    from kvoicewalk.store.results import BlendRow, parts_of

    entries = []
    for step in best_per_voice(steps):
        voice, method = step.voice, session.config.command
        facts = sidecar(session, voice.name, step.evaluation.score, method, _recipe(step))
        path = run.save_voice(replace(voice, name=file_name(voice.name)), facts)
        row = BlendRow(
            name=voice.name, voice_path=str(path.absolute()), **parts_of(step.evaluation)
        )
        entries.append(row.dump())
    return entries


def file_name(blend_name: str) -> str:
    """Returns a blend's name as a file can bear it: `a:0.75,b:0.25` → `a_0.75+b_0.25`.

    Blends of blends of blends have long names; those are cut and told apart by a hash.
    """
    name = re.sub(r'[:/\\*?"<>|]', "_", blend_name.replace(",", "+"))
    if len(name.encode("utf-8")) <= MAX_NAME_BYTES:
        return name
    short = name.encode("utf-8")[: MAX_NAME_BYTES - 9].decode("utf-8", "ignore")
    return f"{short}-{hashlib.sha256(name.encode('utf-8')).hexdigest()[:8]}"
