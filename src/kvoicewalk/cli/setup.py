"""`kvw setup`: fetch Kokoro-82M once."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kvoicewalk.cli import options
from kvoicewalk.cli.output import Output

if TYPE_CHECKING:
    from rich.table import Table


def setup(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Fetch without asking.")] = False,
    judges: Annotated[
        bool,
        typer.Option(
            "--judges",
            help="Fetch the models of the optional second judges (0.5 GB) instead of Kokoro.",
        ),
    ] = False,
    encoders: Annotated[
        bool,
        typer.Option(
            "--encoders",
            help="Fetch CAM++, a second speaker encoder (81 MB, 28 MB kept), instead of Kokoro.",
        ),
    ] = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Fetch Kokoro-82M once, into the Hugging Face cache."""
    from kvoicewalk.models.hub import REPO_ID, fetch_all, list_hub_files

    output = Output(json, quiet)
    if output.hides_progress:
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()
    if judges:
        _fetch_judges(output)
        return
    if encoders:
        _fetch_encoders(output)
        return
    files = list_hub_files()
    wanted = [file for file in files if not file.is_cached]
    n_bytes = sum(file.size_bytes or 0 for file in wanted)
    if wanted and not output.hides_progress:
        output.stderr.print(_plan_table([(f.name, f.size_bytes) for f in wanted]))
        output.stderr.print(f"{len(wanted)} files, {n_bytes / 1e6:.1f} MB, from {REPO_ID}")
    if wanted and not yes and sys.stdin is not None and sys.stdin.isatty():
        typer.confirm("Fetch them?", default=True, abort=True, err=True)
    fetch_all(file.name for file in wanted)
    output.show(
        {"repo": REPO_ID, "n_fetched": len(wanted), "fetched_bytes": n_bytes},
        f"Kokoro-82M is ready: {len(files)} files, {len(wanted)} new. "
        "Try: kvw speak af_heart Hello.",
    )


def _fetch_judges(output: Output) -> None:
    from kvoicewalk.judges import fetch_judges

    fetched = list(fetch_judges(output.note))
    output.show(
        {"fetched": fetched},
        f"The second judges are ready, {len(fetched)} new. They are used at the end of a search "
        "and in: kvw score VOICE --held-out",
    )


def _fetch_encoders(output: Output) -> None:
    from kvoicewalk.score.speaker.encoders import find_campplus
    from kvoicewalk.score.speaker.fetch import PACKAGE_BYTES, fetch_campplus

    path = find_campplus()
    fetched = [] if path is not None else ["campplus"]
    if path is None:
        output.note(f"fetching CAM++ ({PACKAGE_BYTES / 1e6:.0f} MB) …")
        path = fetch_campplus()
    output.show(
        {"fetched": fetched, "path": str(path)},
        f"The second speaker encoder is ready, {len(fetched)} new. All searches use it now.",
    )


def _plan_table(files: list[tuple[str, int | None]]) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("file")
    table.add_column("MB", justify="right")
    voices = [size or 0 for name, size in files if name.startswith("voices/")]
    for name, size in files:
        if not name.startswith("voices/"):
            table.add_row(name, f"{(size or 0) / 1e6:.1f}")
    if voices:
        table.add_row(f"{len(voices)} voices", f"{sum(voices) / 1e6:.1f}")
    return table
