"""`kvw voices`: voices as files: converted, put into other programs, fetched."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kvoicewalk.cli import candidates, options
from kvoicewalk.cli.output import Output
from kvoicewalk.defaults import RUNTIMES, VOICE_FORMATS

if TYPE_CHECKING:
    from kvoicewalk.app.install import InstallResult
    from kvoicewalk.models.base import VoiceSource

ForceOption = Annotated[bool, typer.Option("--force", help="Replace what is there already.")]


def convert(
    voices: Annotated[
        list[str],
        typer.Argument(
            metavar="VOICE...",
            help="Voice files of any form, also with several voices; folders of them; stock "
            "voices' names; mixes. One voice of a file with several: FILE/NAME.",
            autocompletion=candidates.voices,
        ),
    ],
    save: Annotated[
        Path,
        typer.Option(
            "--save",
            metavar="PATH",
            help="The new file, its ending tells the form: .pt, .bin, .npz, .npy, .safetensors, "
            ".json or .voic; or a folder, for a file each.",
        ),
    ],
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help=f"{', '.join(VOICE_FORMATS[:-1])} or {VOICE_FORMATS[-1]}, whatever the ending. "
            "[default: by the ending; pt in a folder]",
            autocompletion=candidates.voice_formats,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name of the voice in the file.")
    ] = None,
    model: options.ModelOption = None,
    force: ForceOption = False,
    json: options.JsonOption = False,
) -> None:
    """Write voices in another program's form; the numbers stay the same."""
    from kvoicewalk.app.convert import convert_voices

    written = convert_voices(
        voices, save, stock=_stock(voices, model), form=form, name=name, replaces=force
    )
    output = Output(json)
    for note in dict.fromkeys(note for one in written for note in one.notes):
        output.warn(note)
    files = [
        {
            "path": str(one.path),
            "format": one.form,
            "voices": [{"name": name, "hash": digest} for name, digest in one.voices],
        }
        for one in written
    ]
    output.show({"files": files}, *(str(one.path) for one in written))


def install(
    voice: Annotated[
        str,
        typer.Argument(
            help="A voice file, FILE/NAME, a stock voice's name, or a mix.",
            autocompletion=candidates.voices,
        ),
    ],
    runtime: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="PROGRAM",
            help=f"{', '.join(RUNTIMES[:-1])} or {RUNTIMES[-1]}.",
            autocompletion=candidates.runtimes,
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            metavar="DIR",
            help="The program's folder, or its file of voices. [default: where it usually is]",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Name of the voice there, such as af_mine. [default: the file's]",
        ),
    ] = None,
    model: options.ModelOption = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace a voice of that name; what was there is kept."),
    ] = False,
    json: options.JsonOption = False,
) -> None:
    """Put a voice into another program that speaks with Kokoro, and tell how to use it there."""
    from kvoicewalk.app.install import find_for_install, install_voice

    found = find_for_install(voice, _stock([voice], model))
    done = install_voice(found, runtime, folder=folder, name=name, replaces=force)
    output = Output(json)
    data = {
        key: [str(path) for path in value] if key.endswith("_paths") else value
        for key, value in {**asdict(done), "path": str(done.path)}.items()
    }
    output.show(data, *_lines(done))
    for note in done.notes:
        output.warn(note)


def pull(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Voices to fetch. [default: all]",
            autocompletion=candidates.kokoro_voices,
        ),
    ] = None,
    save: Annotated[
        Path, typer.Option("--save", metavar="DIR", help="Folder for the files.")
    ] = Path("kokoro-voices"),
    force: ForceOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Fetch Kokoro-82M's stock voices into a folder, as .pt files."""
    from kvoicewalk.app.pull import pull_voices
    from kvoicewalk.cli.shown import ShownEvents

    output = Output(json, quiet)
    if output.hides_progress:
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()
    done = pull_voices(names or (), save, ShownEvents(output), replaces=force)
    output.show(
        {"folder": str(done.folder), "written": done.written, "present": done.present},
        f"{save}: {len(done.written) + len(done.present)} voices, {len(done.written)} new.",
    )


def _lines(done: "InstallResult") -> list[str]:
    rows = [
        ("voice", done.name),
        ("file", str(done.path)),
        *(("also written", str(path)) for path in done.written_paths if path != done.path),
        *(("kept", str(path)) for path in done.backup_paths),
        ("row", f"{done.row} for a text of n phonemes, at most {done.longest}"),
        ("restart", done.restart),
        ("say", done.say),
    ]
    width = max(len(key) for key, _ in rows)
    return [f"{key:<{width}}  {value}" for key, value in rows]


def _stock(specs: list[str], model: str | None) -> "VoiceSource":
    from kvoicewalk.app.settings import resolve
    from kvoicewalk.app.voice_spec import names_mini
    from kvoicewalk.cli.inputs import common_flags
    from kvoicewalk.models import stock_voice_source

    named = model or ("mini" if any(map(names_mini, specs)) else None)
    return stock_voice_source(resolve("voices", common_flags(named)).model.name)


COMMANDS: Mapping[str, Callable[..., None]] = {
    "convert": convert,
    "install": install,
    "pull": pull,
}
