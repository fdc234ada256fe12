"""`kvw clone --batch`: many speakers, a line each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from kvoicewalk.app.batch import BatchEvents, BatchRow, run_batch, summary_row, write_summary
from kvoicewalk.app.batch_list import BatchTarget, read_batch
from kvoicewalk.cli.output import EXIT_ERROR, EXIT_INTERRUPTED, Output

if TYPE_CHECKING:
    from kvoicewalk.app.events import Stage


class ShownBatch(BatchEvents):
    """Shows a batch as it goes on: whose turn it is, and what became of each."""

    def __init__(self, output: Output) -> None:
        """Shows nothing yet."""
        self._output, self._name = output, ""

    def target(self, target: BatchTarget, number: int, n_targets: int) -> None:
        """See `BatchEvents.target`."""
        self._name = target.name
        if not self._output.hides_progress:
            self._output.note(f"{number} of {n_targets}: {target.name} …")

    def warning(self, message: str) -> None:
        """See `Events.warning`."""
        self._output.warn(f"{self._name}: {message}" if self._name else message)

    def begin(self, stage: "Stage") -> None:
        """See `Events.begin`; a batch shows no stages."""

    def row(self, row: BatchRow, n_done: int, n_targets: int) -> None:
        """See `BatchEvents.row`."""
        self._output.emit("target", {**summary_row(row), "n_done": n_done, "n_total": n_targets})
        self._output.show_table(f"{n_done} of {n_targets}: {_told(row)}")


def clone_batch(
    path: Path, flags: Mapping[str, Any], config_path: Path | None, output: Output
) -> None:
    """Clones the speakers of a list into a folder of their own beneath `--out`.

    Args:
        path: of the list.
        flags: of the command.
        config_path: of a configuration.
        output: where to.
    """
    from kvoicewalk.app.settings import resolve
    from kvoicewalk.store import slug

    targets = read_batch(path)
    config = resolve("clone", dict(flags), config_path)
    folder = config.out_dir / f"batch-{slug(path.stem)}"
    n_at_once = config.workers.n_workers if config.workers.executor == "processes" else 1
    alone = config.workers.model_copy(update={"n_workers": 1})
    own = alone if n_at_once > 1 else config.workers
    config = config.model_copy(update={"out_dir": folder, "workers": own})
    rows: Sequence[BatchRow]
    try:
        rows = run_batch(config, targets, ShownBatch(output), n_at_once)
    except KeyboardInterrupt:
        output.warn("interrupted; what was done is kept, and the same command goes on from there.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    table, page = write_summary(rows, folder)
    n_others = sum(row.status == "done" and bool(row.reason) for row in rows)
    if n_others:
        output.warn(
            f"{n_others} of {len(rows)} were made earlier with other settings; with another --out "
            "they are made anew."
        )
    n_failed = sum(row.status == "failed" for row in rows)
    result = {
        "event": "batch",
        "n_targets": len(rows),
        "n_done": sum(row.status == "done" for row in rows),
        "n_failed": n_failed,
        "summary_path": str(table),
        "page_path": str(page),
    }
    output.show(result, f"{table}\n{page}")
    if n_failed:
        output.warn(f"{n_failed} of {len(rows)} speakers could not be cloned; see above.")
        raise typer.Exit(EXIT_ERROR)


def _told(row: BatchRow) -> str:
    from rich.markup import escape

    said = summary_row(row)
    share = said["share_of_gap"]
    if row.status != "done":
        return escape(f"{row.name}: {row.reason or row.status}")
    if said["verdict_kind"] == "untold":
        words = said["verdict"].rstrip(".")
    else:
        words = "done" if share is None else f"{share:.0%} of the gap closed"
    more = [] if row.is_new else ["was there"]
    more += [row.reason] if row.reason else []
    earlier = f" ({', '.join(more)})" if more else ""
    return escape(f"{row.name}: {words}{earlier}")
