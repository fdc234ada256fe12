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
    from collections.abc import Callable, Sequence

    from kvoicewalk.app.session import Session
    from kvoicewalk.config import WalkConfig
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.search.base import SearchStep
    from kvoicewalk.search.gradient import GradientDescent
    from kvoicewalk.search.loop import Island
    from kvoicewalk.store import Run
    from kvoicewalk.voices import Voice


PAGE_S = 6.0  # for the listening page
JUDGING_MARGIN = 1.1  # other programs take their share of a machine
MIN_SEARCH_S = 5.0


def walk(session: "Session", run: "Run", population: StartVoices, events: Events) -> Found:
    """Walks from the population's best voice, or on from where the run was.

    Raises:
        KvwError: the start or the saved search cannot be used.
    """
    from kvoicewalk.search.loop import best_of, search
    from kvoicewalk.workers.spec import SearchSpec

    config, batch_size = plan_time(session, run, population, events), plan_batches(session, run)
    setup = make_search_setup(session, population, batch_size)
    islands, start = _where_they_stand(session, run, setup, events)
    evaluator = session.crew.prepare(SearchSpec(setup.space, setup.lessons), session.evaluator)
    session = replace(session, evaluator=evaluator)
    is_interrupted = False
    try:
        _announce(session, setup, islands, config, events)
        keeper, seed = _Keeper(session, run, islands, events), evaluator.seed
        for step in search(islands, session.crew, config, seed, batch_size):
            keeper.keep(step)
            events.step(step)
    except KeyboardInterrupt:
        is_interrupted = True
        # What is on disk counts: the interrupt may have come between a step and its rows.
        islands = _load(run, setup)
    best = best_of(islands)
    events.compared(start, best.evaluation)
    result = _result(session, run, population, islands)
    if setup.leaders:
        result["timing"] |= _lessons(setup.leaders, events)
    return Found(result, best.incumbent.voice, is_interrupted)


def plan_batches(session: "Session", run: "Run") -> int:
    """Returns how many candidates are proposed at once; as many as workers, where nobody says.

    With `cma`, as many as are heard in one pass, if those are more: a generation is proposed at
    once anyway. Other methods learn from each candidate.

    The plan is kept for resuming: with another number of workers the search stays the same.
    """
    kept = run.planned("batches")
    if kept is None:
        config = session.config
        at_once = session.crew.n_together if config.walk.method == "cma" else 1
        size = config.walk.batch_size or max(config.workers.n_workers, at_once)
        if run.rows("state"):  # of an earlier version
            size = 1
        kept = {"batch_size": size}
        run.plan("batches", kept)
    return int(str(kept["batch_size"]))


def _announce(
    session: "Session",
    setup: SearchSetup,
    islands: "Sequence[Island]",
    config: "WalkConfig",
    events: Events,
) -> None:
    """Tells where the search starts, and the gradients when their time is over."""
    from kvoicewalk.search.loop import best_of

    best, used_s = best_of(islands), islands[0].progress.used_s
    seconds = 60 * config.minutes if config.minutes is not None else None
    n_done = sum(island.progress.number for island in islands)
    budget = config.step_budget
    n_steps = None if budget is None else budget * len(islands)
    events.start(SearchStart(n_done, best.evaluation, used_s, n_steps, seconds))
    if setup.leaders and seconds is not None:
        # Target and probe text are about as long.
        spoken_s = 2 * session.evaluator.speak(best.incumbent.voice).duration_s
        is_late = _lateness(seconds - used_s - _pace(session) * spoken_s)
        for leader in setup.leaders:
            leader.is_late = is_late


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


def _where_they_stand(
    session: "Session", run: "Run", setup: SearchSetup, events: Events
) -> "tuple[list[Island], Evaluation]":
    """Begins, or takes up what was saved; returns where it stands, and the start's score."""
    from kvoicewalk.app.session import is_scored_alike
    from kvoicewalk.search.loop import best_of
    from kvoicewalk.store.checkpoint import dump_evaluation, read_evaluation

    is_new = not run.rows("state")
    if is_new:
        islands = _begin(session, setup)
        start = islands[0].progress.evaluation
    else:
        islands, start = _load(run, setup), read_evaluation(_row(run, "start", "start"))
        if not is_scored_alike(session, run):
            start = _score_anew(session, run, setup, islands, events)
        for kept in run.rows("counts"):  # none in runs of earlier versions
            session.evaluator.counts.add(kept.payload)
    # Also where it goes on: a kill between files and rows leaves files of a step to come.
    best = best_of(islands)
    number = best.last_improvement
    recipe = _recipe(session, number) if number else f"voice {setup.base.name}"
    save_best(session, run, best.incumbent.voice, best.evaluation, recipe)
    if is_new:
        with run.batch():
            run.put("start", "start", dump_evaluation(start))
            _put_islands(run, islands, islands)
    return islands, start


def _begin(session: "Session", setup: SearchSetup) -> "list[Island]":
    from kvoicewalk.search.base import Candidate, Progress
    from kvoicewalk.search.islands import island_space
    from kvoicewalk.search.loop import Island, score_all

    seed, base = session.config.synth.seed, setup.base.name
    starts = []
    for k in range(len(setup.optimizers)):
        z = island_space(setup.space, k, seed).start
        starts.append(Candidate(z, setup.space.decode(z, f"{base} {k + 1}" if k else base)))
    found = score_all(starts, session.crew)
    return [
        Island(optimizer, Progress(start, evaluation))
        for optimizer, start, evaluation in zip(setup.optimizers, starts, found, strict=True)
    ]


def _score_anew(
    session: "Session",
    run: "Run",
    setup: SearchSetup,
    islands: "Sequence[Island]",
    events: Events,
) -> "Evaluation":
    """Scores what a run has found under what is there now; returns the start's score."""
    from kvoicewalk.app.session import scored_anew
    from kvoicewalk.search.base import Candidate
    from kvoicewalk.search.loop import score_all
    from kvoicewalk.store.checkpoint import dump_evaluation, dump_incumbent

    events.warning(
        "this run began on another device, front end or package version: its best voice is scored "
        "anew, and what follows may differ from an uninterrupted run."
    )
    space = setup.space
    first = Candidate(space.start, space.decode(space.start, setup.base.name))
    bests = [island.progress.incumbent for island in islands]
    start, *found = score_all([first, *bests], session.crew)
    for island, evaluation in zip(islands, found, strict=True):
        island.progress.evaluation = evaluation
    with run.batch():
        run.put("start", "start", dump_evaluation(start))
        for k, island in enumerate(islands):
            run.put("incumbent", _of("incumbent", k), dump_incumbent(island.progress))
        scored_anew(session, run)
    return start


def _recipe(session: "Session", number: int) -> str:
    config = session.config.walk
    return f"step {number} of a walk, method {config.method}, params {config.space}"


def _load(run: "Run", setup: SearchSetup) -> "list[Island]":
    from kvoicewalk.search.loop import Island
    from kvoicewalk.store.checkpoint import restore

    steps = [row.payload for row in run.rows("step")]
    islands = []
    for k, optimizer in enumerate(setup.optimizers):
        state, incumbent = (_row(run, kind, _of(kind, k)) for kind in ("state", "incumbent"))
        own = [step for step in steps if step.get("island", 0) == k]
        islands.append(Island(optimizer, restore(optimizer, setup.space, state, incumbent, own)))
    return islands


def _of(kind: str, k: int) -> str:
    """Returns the name of an island's row; that of the first is as in runs without islands."""
    return kind if k == 0 else f"{kind}-{k}"


def _row(run: "Run", kind: str, name: str) -> dict[str, object]:
    found = next((row.payload for row in run.rows(kind) if row.name == name), None)
    if found is None:
        raise StoreError(f"run {run.run_id} lacks a part of its saved search; start a new run")
    return found


def _put_islands(run: "Run", islands: "Sequence[Island]", changed: "Sequence[Island]") -> None:
    """Writes where islands stand; the incumbents of those that have another one now."""
    from kvoicewalk.store.checkpoint import dump_incumbent, dump_state

    for k, island in enumerate(islands):
        run.put("state", _of("state", k), dump_state(island.optimizer, island.progress))
        if island in changed:
            run.put("incumbent", _of("incumbent", k), dump_incumbent(island.progress))


class _Keeper:
    """Writes a search down: files at each improvement, rows at the end of each batch."""

    def __init__(
        self, session: "Session", run: "Run", islands: "Sequence[Island]", events: Events
    ) -> None:
        self._session, self._run, self._events = session, run, events
        self._islands = islands
        self._incumbents = [island.progress.incumbent for island in islands]
        self._steps: list[SearchStep] = []

    def keep(self, step: "SearchStep") -> None:
        """Takes a step."""
        self._steps.append(step)
        if step.improvement is not None:
            self._save(step.improvement.voice, step)
        if step.is_checkpoint:
            self._write()

    def _save(self, voice: "Voice", step: "SearchStep") -> None:
        session, run = self._session, self._run
        facts = save_best(session, run, voice, step.evaluation, _recipe(session, step.number))
        named = replace(voice, name=f"step-{step.number:06d}")
        spoken, n_kept = session.evaluator.speak(voice), session.config.walk.n_kept
        path = run.save_improvement(named, spoken, facts, n_kept)
        self._events.improvement(step, path)

    def _write(self) -> None:
        from kvoicewalk.store.results import step_row

        now = [island.progress.incumbent for island in self._islands]
        changed = [
            island
            for island, before, after in zip(self._islands, self._incumbents, now, strict=True)
            if after is not before
        ]
        with self._run.batch():
            for step in self._steps:
                row = step_row(step.number, step.evaluation, step.outcome, step.island)
                self._run.put("step", str(step.number), row.dump(), position=step.number)
            _put_islands(self._run, self._islands, changed)
            counts = dataclasses.asdict(self._session.evaluator.counts)
            self._run.put("counts", "counts", counts)
        self._steps, self._incumbents = [], now


def _result(
    session: "Session", run: "Run", population: StartVoices, islands: "Sequence[Island]"
) -> dict[str, Any]:
    from kvoicewalk.search.loop import best_of
    from kvoicewalk.store.results import SearchRow, parts_of, timing_of

    progress = best_of(islands)
    return SearchRow(
        run=run.run_id,
        model=session.model.identity,
        target=session.target_name,
        step=sum(island.progress.number for island in islands),
        **parts_of(progress.evaluation),
        best=best_row(run, progress.evaluation),
        floor=population.floor.name,
        population_names=tuple(population.names),
        **count_outcomes(run),
        scoring=session.config.score.scoring,
        timing={"used_s": progress.used_s, **timing_of(session.evaluator.counts)},
    ).dump()


def _lessons(leaders: "Sequence[GradientDescent]", events: Events) -> dict[str, int]:
    """Returns how many lessons were given; says so where most of them taught nothing."""
    n_lessons = sum(leader.n_lessons for leader in leaders)
    n_skipped = sum(leader.n_skipped for leader in leaders)
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
