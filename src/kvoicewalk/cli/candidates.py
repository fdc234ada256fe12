"""What a shell offers where Tab is pressed: names of models, voices, runs, languages, forms.

Called at every Tab, so nothing heavy is loaded: no torch, no pydantic, no numpy. Where nothing fits
what is typed already, the shell offers files.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import typer

from kvoicewalk import defaults
from kvoicewalk.bundle import bundled_dir
from kvoicewalk.environment import read_environment
from kvoicewalk.languages import LANGUAGES

Candidate = tuple[str, str]
KOKORO_VOICES = Path(__file__).parents[1] / "models" / "kokoro_voices.json"
RUN_NAME = re.compile(r"\d{8}-\d{6}-[a-z0-9-]+")
MAX_RUNS = 50


def models() -> list[Candidate]:
    """Returns what `--model` names, beside folders."""
    return [("kokoro", "Kokoro-82M"), ("mini", "embedded, for a first try")]


def voices(ctx: typer.Context, incomplete: str) -> list[Candidate]:
    """Returns the model's stock voices, with their languages, and voice files that fit."""
    model = ctx.params.get("model") or read_environment().model or defaults.MODEL
    found = [(name, _language(name)) for name in sorted(_stock_names(str(model)))]
    return [*found, *((path.name, "file") for path in _voice_files(incomplete))]


def kokoro_voices() -> list[Candidate]:
    """Returns Kokoro-82M's stock voices, with their languages."""
    return [(name, _language(name)) for name in sorted(_stock_names("kokoro"))]


def runs(ctx: typer.Context) -> list[str]:
    """Returns the names of the latest runs, newest first."""
    folder = Path(str(ctx.params.get("out") or defaults.OUT_DIR)).expanduser()
    try:
        names = [path.name for path in folder.iterdir() if RUN_NAME.fullmatch(path.name)]
    except OSError:
        return []
    return sorted(names, reverse=True)[:MAX_RUNS]


def languages() -> list[Candidate]:
    """Returns the letters of `--lang`, with the languages that they stand for."""
    return [(letter, one.name) for letter, one in LANGUAGES.items()]


def script_languages() -> list[Candidate]:
    """Returns the codes that `--print-script` takes."""
    return list({one.texts: (one.texts, one.name) for one in LANGUAGES.values()}.values())


def runtimes() -> list[str]:
    """Returns the programs that voices are put into."""
    return list(defaults.RUNTIMES)


def voice_formats() -> list[str]:
    """Returns the forms that voices are written in."""
    return list(defaults.VOICE_FORMATS)


def _stock_names(model: str) -> Iterator[str]:
    if model.lower() == "kokoro":
        yield from json.loads(KOKORO_VOICES.read_text(encoding="utf-8"))
        return
    folder = bundled_dir("voices") if model.lower() == "mini" else Path(model).expanduser()
    below = folder / "voices" if model.lower() != "mini" else folder
    try:
        yield from (path.stem for path in below.glob("*.pt"))
    except OSError:
        return


def _voice_files(incomplete: str) -> list[Path]:
    if not incomplete or "/" in incomplete:
        return []
    try:
        return sorted(path for path in Path().glob("*.pt") if path.name.startswith(incomplete))
    except OSError:
        return []


def _language(name: str) -> str:
    known = LANGUAGES.get(name[:1]) if name[2:3] == "_" else None
    return known.name if known else ""
