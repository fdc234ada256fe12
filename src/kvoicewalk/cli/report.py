"""`kvw report`: the listening page of a run, or of several side by side."""

from typing import Annotated

import typer

from kvoicewalk.cli import candidates, options
from kvoicewalk.cli.output import Output


def report(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...",
            help="Run names, or their first letters; several are compared. [default: the latest]",
            autocompletion=candidates.runs,
        ),
    ] = None,
    out: options.OutOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Make a run's listening page again; of several runs, one that compares them.

    The page is one file that needs no network: players, figures, curves, and a blind test.
    """
    from kvoicewalk.app.settings import resolve
    from kvoicewalk.report.page import write_comparison, write_run_page
    from kvoicewalk.store import RunStore

    output = Output(json, quiet)
    config = resolve("report", {"out_dir": str(out) if out else None})
    with RunStore.open(config.out_dir) as store:
        found = {one.run_id: one for one in (store.get(name) for name in runs or ["latest"])}
        records = list(found.values())
        if len(records) == 1:
            path = write_run_page(store, records[0])
        else:
            path = write_comparison(store, records)
    result = {"page_path": str(path), "runs": list(found), "n_bytes": path.stat().st_size}
    output.show(result, str(path))
    output.note("Open it in a browser; it needs no network.")
