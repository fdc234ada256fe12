"""Clones many speakers: one run each, all on one loaded model; goes on where it was cut off.

The batch's folder is a folder of runs like any other. What is done is known by the runs themselves:
the latest one with a target's recordings. So the same command goes on, also beside another one.
"""

import contextlib
import multiprocessing
import multiprocessing.process
import multiprocessing.synchronize
import os
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kvoicewalk.app.batch_list import BatchTarget
from kvoicewalk.app.events import Events
from kvoicewalk.errors import KvwError, WorkerError

if TYPE_CHECKING:
    from kvoicewalk.config import RunConfig
    from kvoicewalk.store import RunRecord

Status = Literal["done", "failed", "interrupted", "running"]
SUMMARY_NAME = "summary"
END_S = 2.0  # that a process has to end after each of two requests, before it is killed
# Parts of a config in which a run differs from the command that finds it done; (): all of a part.
TOLD_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "model": ("name",),
    "target": ("words",),
    "synth": ("seed", "speed"),
    "score": ("scoring",),
    "rank": ("voices_path",),
    "walk": (),
    "gradient": (),
    "cma": (),
}


_is_over: "multiprocessing.synchronize.Event | None" = None  # of a process of the pool


@dataclass(frozen=True)
class BatchRow:
    """What became of one speaker.

    Attributes:
        name: of the speaker.
        status: "running" where another process has it in hand.
        reason: of a failure, or with which other settings it was made; "" else.
        is_new: True where it was made now.
        run: name of the run's folder; "" where there is none.
        result: of the run, as data; {} where it is not done.
        warnings: that came up while it was made in another process.
    """

    name: str
    status: Status
    reason: str = ""
    is_new: bool = False
    run: str = ""
    result: Mapping[str, Any] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()


class BatchEvents(Events):
    """Hears what a batch tells besides what its runs tell."""

    def target(self, target: BatchTarget, number: int, n_targets: int) -> None:
        """A speaker's turn comes; not told where several come at once."""

    def row(self, row: BatchRow, n_done: int, n_targets: int) -> None:
        """A speaker is done, or cannot be."""


def run_batch(
    config: "RunConfig", targets: Sequence[BatchTarget], events: BatchEvents, n_at_once: int = 1
) -> list[BatchRow]:
    """Clones all targets; what is done is left alone.

    Args:
        config: of each run; its target is put in, its `out_dir` is the batch's own.
        targets: to be cloned.
        events: hear of it.
        n_at_once: processes that each clone one after the other; 1: this one.

    Returns:
        A row a target, in their order.

    Raises:
        WorkerError: a process died.
        KeyboardInterrupt: all runs are kept; the same call goes on.
    """
    if n_at_once == 1 or len(targets) == 1:
        return _in_turn(config, targets, events)
    return _at_once(config, targets, events, n_at_once)


def _in_turn(
    config: "RunConfig", targets: Sequence[BatchTarget], events: BatchEvents
) -> list[BatchRow]:
    from kvoicewalk.app.session import models_kept

    rows = []
    with models_kept():
        for number, target in enumerate(targets, 1):
            events.target(target, number, len(targets))
            row = clone_target(config, target, events)
            rows.append(row)
            events.row(row, number, len(targets))
    return rows


def clone_target(config: "RunConfig", target: BatchTarget, events: Events) -> BatchRow:
    """Clones one target, goes on with its run, or finds it done.

    Raises:
        InterruptedRunError: Ctrl-C; what was found is kept.
    """
    from kvoicewalk.app.resume import resume_run
    from kvoicewalk.app.search_run import run_search

    record = _latest(config, target)
    others = _other_settings(_config_of(config, target), record.config if record else {})
    if record is not None and record.status == "done":
        return BatchRow(target.name, "done", others, False, record.run_id, record.result or {})
    if record is not None and record.status == "running":
        return BatchRow(target.name, "running", "another process has it in hand", False)
    try:
        if record is not None and record.status == "interrupted":
            found = resume_run(record, events)
        else:
            found = run_search(_config_of(config, target), events)
    except KvwError as error:
        return BatchRow(target.name, "failed", str(error), True)
    data: dict[str, Any] = found.data
    reason = others if record is not None and record.status == "interrupted" else ""
    return BatchRow(target.name, "done", reason, True, str(data.get("run", "")), data)


def _other_settings(config: "RunConfig", made_with: Mapping[str, Any]) -> str:
    """Returns, in words, what a run was begun with that the command of now does not say."""
    from kvoicewalk.config_file import dump_config

    data, found = dump_config(config), []
    for part, names in TOLD_SETTINGS.items():
        wanted, was = data[part], made_with.get(part)
        if isinstance(was, Mapping):
            own = names or tuple(wanted)
            # Words that nobody gave may have been written down by Whisper.
            asked = [one for one in own if one != "words" or wanted[one] is not None]
            found += [one for one in asked if one in was and was[one] != wanted[one]]
    return f"made with other settings: {', '.join(found)}" if found else ""


def _config_of(config: "RunConfig", target: BatchTarget) -> "RunConfig":
    from kvoicewalk.config import RunConfig
    from kvoicewalk.config_file import dump_config

    data = dump_config(config)
    own = {"paths": [str(path) for path in target.paths], "words": target.words}
    data["target"] = {**data["target"], **own}
    if target.words is not None:
        data["target"] |= {"text": target.words, "is_text_open": True}
    return RunConfig.model_validate(data)


def _latest(config: "RunConfig", target: BatchTarget) -> "RunRecord | None":
    """Returns the latest run of a target in the batch's folder."""
    from kvoicewalk.store import RunStore

    wanted = [str(path) for path in target.paths]
    with RunStore.open(config.out_dir) as store:
        for record in store.list_runs(commands=("clone",)):
            own = record.config.get("target")
            if isinstance(own, dict) and own.get("paths") == wanted:
                return record
    return None


def _at_once(
    config: "RunConfig", targets: Sequence[BatchTarget], events: BatchEvents, n_at_once: int
) -> list[BatchRow]:
    rows: dict[str, BatchRow] = {}
    own = _on_share(config, n_at_once)
    with _pool(n_at_once) as pool:
        waiting = {pool.submit(_clone_quietly, own, one): one for one in targets}
        try:
            for done in as_completed(waiting):
                row = _row_of(done, waiting[done])
                rows[row.name] = row
                for warning in row.warnings:
                    events.warning(f"{row.name}: {warning}")
                events.row(row, len(rows), len(targets))
        except BrokenProcessPool as error:
            raise WorkerError(
                "a process died, most often for want of memory; the same command goes on, better "
                "with fewer at once."
            ) from error
    return [rows[target.name] for target in targets]


def _row_of(done: "Future[BatchRow]", target: BatchTarget) -> BatchRow:
    try:
        return done.result()
    except KeyboardInterrupt:
        raise KeyboardInterrupt from None
    except KvwError as error:
        return BatchRow(target.name, "failed", str(error), True)


@contextlib.contextmanager
def _pool(n: int) -> "Iterator[ProcessPoolExecutor]":
    """Opens processes; Ctrl-C in this one ends what they do, too, as it ends a run: resumably."""
    from kvoicewalk.workers.processes import without_main

    context = multiprocessing.get_context("spawn")
    is_over = context.Event()
    with without_main():  # as long as it may start processes
        pool = ProcessPoolExecutor(n, context, _begin, (is_over,))
        try:
            yield pool
        except KeyboardInterrupt:
            is_over.set()  # for what lies in the pool's own queue
            pool.shutdown(wait=False, cancel_futures=True)
            _end(multiprocessing.active_children())
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _end(processes: "Sequence[multiprocessing.process.BaseProcess]") -> None:
    """Asks processes to end, twice: the first request may fall into an import that swallows it."""
    for _ in range(2):
        for one in processes:
            if one.pid is not None and one.is_alive():
                with contextlib.suppress(OSError):
                    os.kill(one.pid, signal.SIGINT)
        for one in processes:
            one.join(END_S)
    for one in processes:
        if one.is_alive():
            one.kill()  # its run goes on as after any other death


def _begin(is_over: "multiprocessing.synchronize.Event") -> None:
    """Makes a process of the pool fit for its first target."""
    global _is_over  # noqa: PLW0603
    from kvoicewalk.app.session import keep_models
    from kvoicewalk.environment import prepare_process
    from kvoicewalk.scoring.librosa_lock import wait_quietly

    _is_over = is_over
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who has nothing in hand need not be stopped
    wait_quietly()
    prepare_process()
    keep_models()


class _Warnings(Events):
    """Keeps what is to be told where somebody sees it."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def warning(self, message: str) -> None:
        self.told.append(str(message))


def _clone_quietly(config: "RunConfig", target: BatchTarget) -> BatchRow:
    """Clones a target in a process of its own, whose models stay loaded for the next."""
    assert _is_over is not None
    events = _Warnings()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if _is_over.is_set():
            raise KeyboardInterrupt
        row = clone_target(config, target, events)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return replace(row, warnings=tuple(events.told))


def _on_share(config: "RunConfig", n: int) -> "RunConfig":
    """Returns the config with this process' share of the cores."""
    from kvoicewalk.workers.crew import n_cores

    n_threads = config.model.n_threads or max(1, n_cores() // n)
    model = config.model.model_copy(update={"n_threads": n_threads})
    return config.model_copy(update={"model": model})


def summary_row(row: BatchRow) -> dict[str, Any]:
    """Returns a speaker's line of the summary, as plain values; None for what is not known."""
    result = row.result
    judged = result.get("held_out") or {}
    best = result.get("best") or {}
    line: dict[str, Any] = {
        "speaker": row.name,
        "status": row.status,
        "share_of_gap": judged.get("share_of_gap"),
        "likeness": result.get("likeness"),
        "held_out": judged.get("target_similarity"),
        "floor": judged.get("floor"),
        "ceiling": judged.get("ceiling"),
        "floor_voice": judged.get("floor_voice"),
    }
    for encoder in judged.get("encoders") or ():
        line[f"{encoder['name']}_share"] = encoder.get("share_of_gap")
    return line | {
        "verdict": judged.get("verdict"),
        "verdict_kind": judged.get("verdict_kind"),
        "voice": best.get("voice_path"),
        "run": row.run,
        "reason": row.reason,
    }


def write_summary(rows: Iterable[BatchRow], folder: Path) -> tuple[Path, Path]:
    """Writes summary.csv and summary.html; returns their paths.

    Raises:
        StoreError: one cannot be written.
    """
    import csv
    import io

    from kvoicewalk.report.batch_page import batch_page
    from kvoicewalk.store import write_text_atomic

    folder.mkdir(parents=True, exist_ok=True)  # where none came as far as a run
    lines = [summary_row(row) for row in rows]
    columns = list(dict.fromkeys(key for line in lines for key in line))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in line.items()} for line in lines)
    paths = folder / f"{SUMMARY_NAME}.csv", folder / f"{SUMMARY_NAME}.html"
    write_text_atomic(paths[0], text.getvalue())
    write_text_atomic(paths[1], batch_page(lines, folder))
    return paths


def _cell(value: Any) -> Any:
    """Returns a value that no spreadsheet takes for a formula."""
    is_formula = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if is_formula else value
