"""`kvw runs`: earlier runs."""

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kvoicewalk.cli import candidates, options
from kvoicewalk.cli.output import Output
from kvoicewalk.errors import ConfigError

if TYPE_CHECKING:
    from kvoicewalk.store import RunRecord, RunStore
    from kvoicewalk.store.results import BestRow


def list_runs(
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most this many runs.")] = 20,
    out: options.OutOption = None,
    json: options.JsonOption = False,
) -> None:
    """List earlier runs, newest first."""
    from rich.markup import escape
    from rich.table import Table

    from kvoicewalk.store.removal import folder_bytes

    output = Output(json)
    with _open(out) as store:
        every = store.list_runs()
        for note in store.notes:
            output.warn(note)
    records = every[:limit]
    if not records and not json:
        output.note("no runs yet; start one with: kvw rank TARGET")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("run", "model", "status", "best"):
        table.add_column(column, no_wrap=column != "best")
    for record in records:
        name = _best(record).name or "·"
        model = record.model.partition("@")[0]
        # The run's name holds the target's; a column of its own would not fit 80 columns.
        table.add_row(record.run_id, escape(model), record.status, escape(name))
    output.show({"runs": [_entry(record) for record in records]}, table)
    if not json:
        sizes = [folder_bytes(record.folder) for record in every]
        runs = "1 run" if len(every) == 1 else f"{len(every)} runs"
        output.note(f"{runs}, {_megabytes(sum(sizes))}. Delete with: kvw runs rm RUN")


def show(
    run: Annotated[
        str,
        typer.Argument(help="Run name, or its first letters.", autocompletion=candidates.runs),
    ] = "latest",
    out: options.OutOption = None,
    json: options.JsonOption = False,
) -> None:
    """Show one run: its settings, its result and its files."""
    from rich.markup import escape
    from rich.table import Table

    from kvoicewalk.report.rank_view import standings_table
    from kvoicewalk.store.results import RankRow

    output = Output(json)
    with _open(out) as store:
        record = store.get(run)
        voices = [row.payload for row in store.rows(record.run_id, "voice")]
    files = sorted(str(p.relative_to(record.folder)) for p in record.folder.rglob("*.*"))
    table = Table.grid(padding=(0, 2))
    for key, value in _entry(record).items():
        table.add_row(key, escape(str(value)) if value is not None else "·")
    for key, value in _outcome(record).items():
        table.add_row(key, escape(value))
    table.add_row("files", escape("  ".join(files)) or "·")
    data = {**_entry(record), "config": record.config, "result": record.result, "voices": voices}
    scored = [row for row in map(RankRow.read, voices) if row.score is not None]
    ranked = sorted(scored, key=lambda row: -(row.score or 0.0))
    output.show({**data, "files": files}, table, *([standings_table(ranked)] if ranked else []))


def resume(
    run: Annotated[
        str,
        typer.Argument(
            help="Run name, or its first letters. [default: the latest interrupted run]",
            autocompletion=candidates.runs,
        ),
    ] = "",
    out: options.OutOption = None,
    json: options.JsonLinesOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Continue an interrupted run as if it had never stopped."""
    from kvoicewalk.app.results import Narrated, Ranked
    from kvoicewalk.app.resume import find_resumable, resume_run
    from kvoicewalk.cli.shown import ShownEvents, show_ranking, show_search
    from kvoicewalk.cli.speak import show_narrated

    output = Output(json, quiet)
    with _open(out) as store:
        record = find_resumable(store, run)
    output.note(f"Going on with {record.run_id}.")
    result = resume_run(
        record, ShownEvents(output, has_lines=record.command not in ("rank", "speak"))
    )
    if isinstance(result, Narrated):
        show_narrated(result.data, output)
    elif isinstance(result, Ranked):
        show_ranking(result, output)
    else:
        show_search(result, output)


def remove(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Run names, or their first letters.",
            autocompletion=candidates.runs,
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
    out: options.OutOption = None,
    json: options.JsonOption = False,
) -> None:
    """Delete runs, with their voices, recordings and pages."""
    from kvoicewalk.store.removal import folder_bytes

    output = Output(json)
    with _open(out) as store:
        records = list({record.run_id: record for record in map(store.get, runs)}.values())
        sizes = {record.run_id: folder_bytes(record.folder) for record in records}
        if not yes:
            _ask([f"{one.folder}  {_megabytes(sizes[one.run_id])}" for one in records], output)
        for record in records:
            store.remove(record)
    removed = [{"run": name, "size_bytes": size} for name, size in sizes.items()]
    output.show({"removed": removed}, f"{len(removed)} deleted, {_megabytes(sum(sizes.values()))}.")


def _ask(runs: list[str], output: Output) -> None:
    if not _is_somebody_there():
        raise ConfigError("nobody can be asked here; --yes deletes without asking.")
    for run in runs:
        output.note(run)
    what = "this run" if len(runs) == 1 else f"these {len(runs)} runs"
    typer.confirm(f"Delete {what}?", default=False, abort=True, err=True)


def _is_somebody_there() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"


def _open(out: Any) -> "RunStore":
    from kvoicewalk.app.settings import resolve
    from kvoicewalk.store import RunStore

    config = resolve("runs", {"out_dir": str(out) if out else None}, None)
    return RunStore.open(config.out_dir)


def _entry(record: "RunRecord") -> dict[str, Any]:
    from kvoicewalk.store.removal import folder_bytes

    return {
        "run": record.run_id,
        "command": record.command,
        "target": record.target,
        "model": record.model,
        "status": record.status,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "folder": str(record.folder),
        "size_bytes": folder_bytes(record.folder),
        "note": record.note or None,
    }


def _outcome(record: "RunRecord") -> dict[str, str]:
    """Returns settings and result in words, as far as the run has them; `--json` has all."""
    from kvoicewalk.app.settings import section
    from kvoicewalk.report import plain
    from kvoicewalk.store.results import HeldOutRow

    settings, result, best = record.config, record.result or {}, _best(record)
    is_walk = record.command in ("walk", "clone")
    found = {
        "method": section(settings, "walk").get("method") if is_walk else None,
        "seed": section(settings, "synth").get("seed"),
        "text": section(settings, "target").get("text"),
        "best voice": best.name,
        "score": None if best.score is None else f"{best.score:.2f}",
        "likeness": None if best.target_similarity is None else f"{best.target_similarity:.3f}",
        "on new texts": HeldOutRow.read(result.get("held_out")).verdict,
        "page": result.get("page_path"),
    }
    return {key: plain.text(value) for key, value in found.items() if value not in (None, "")}


def _best(record: "RunRecord") -> "BestRow":
    from kvoicewalk.store.results import BestRow

    return BestRow.read((record.result or {}).get("best"))


COMMANDS: Mapping[str, Callable[..., None]] = {
    "list": list_runs,
    "show": show,
    "resume": resume,
    "rm": remove,
}
