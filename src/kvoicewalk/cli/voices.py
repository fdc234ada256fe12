"""`kvw voices`: list, inspect, mix and adjust voices."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kvoicewalk.app.settings import resolve
from kvoicewalk.cli import candidates, options
from kvoicewalk.cli.inputs import common_flags
from kvoicewalk.cli.output import Output
from kvoicewalk.errors import VoiceError
from kvoicewalk.languages import LANGUAGES

if TYPE_CHECKING:
    from kvoicewalk.models.base import VoiceSource
    from kvoicewalk.voices import Voice


VoiceArgument = Annotated[
    str,
    typer.Argument(
        help="A voice file, a stock voice's name, or a mix.", autocompletion=candidates.voices
    ),
]


def list_voices(
    model: options.ModelOption = None,
    voices: options.VoicesOption = None,
    json: options.JsonOption = False,
) -> None:
    """List the stock voices of a model, or of a folder or file."""
    from rich.markup import escape
    from rich.table import Table

    from kvoicewalk.voices import voice_lang

    names = _source(model, voices).names
    if not names:
        raise VoiceError("no voices here. Run 'kvw setup' to fetch Kokoro's, or name --voices.")
    entries = [{"name": name, "lang": voice_lang(name)} for name in names]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("voice")
    table.add_column("language")
    for entry in entries:
        language = LANGUAGES.get(entry["lang"] or "")
        table.add_row(escape(str(entry["name"])), language.name if language else "·")
    Output(json).show({"voices": entries}, table)


def info(
    voice: VoiceArgument,
    model: options.ModelOption = None,
    voices: options.VoicesOption = None,
    json: options.JsonOption = False,
) -> None:
    """Show what a voice file holds and where it came from."""
    from kvoicewalk.app.voice_spec import model_of_voice, parse_voice
    from kvoicewalk.models.known import what_is_odd
    from kvoicewalk.voices import read_sidecar

    belongs_to = model_of_voice(voice)
    found = _load(voice, model or belongs_to, voices)
    facts = _facts(found)
    facts["model"] = belongs_to
    if parse_voice(voice).kind == "file":
        facts["sidecar"] = read_sidecar(Path(voice).expanduser()) or None
    lines = []
    for key, value in facts.items():
        if key != "sidecar":
            shown = f"{value:.4f}" if isinstance(value, float) else str(value or "·")
            lines.append((key.replace("_", " "), shown))
    for key, value in (facts.get("sidecar") or {}).items():
        lines.append((f"sidecar: {key}", str(value)))
    width = max(len(key) for key, _ in lines)
    # No table: it would fold the hash and paths, which then cannot be copied.
    output = Output(json)
    output.show(facts, *(f"{key:<{width}}  {value}" for key, value in lines))
    for told in (*found.notes, what_is_odd(found, belongs_to or "kokoro")):
        if told is not None:
            output.warn(told)


def mix(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="Voices and weights: af_heart:0.7,af_bella:0.3; or as elsewhere: a+b, a(2)+b.",
            autocompletion=candidates.voices,
        ),
    ],
    save: Annotated[Path, typer.Option("--save", metavar="FILE", help="The new voice file.")],
    model: options.ModelOption = None,
    voices: options.VoicesOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE where it is there already.")
    ] = False,
    json: options.JsonOption = False,
) -> None:
    """Mix voices, stock ones or files, into a new one."""
    from kvoicewalk.app.saved_voice import check_place
    from kvoicewalk.app.voice_spec import model_of_voice

    check_place(save, force)
    belongs_to = model_of_voice(recipe)
    mixed = _load(recipe, model or belongs_to, voices)
    source = resolve("voices", common_flags(model or belongs_to)).model.name
    facts = {"voice_path": str(save), "recipe": recipe, "hash": mixed.hash}
    _save(mixed, save, {**facts, "method": "mix"}, source)
    Output(json).show(facts, f"{save}")


def adjust(
    voice: VoiceArgument,
    save: Annotated[Path, typer.Option("--save", metavar="FILE", help="The new voice file.")],
    pitch: Annotated[
        float, typer.Option("--pitch", help="Semitones higher; lower with a minus. -12 to 12.")
    ] = 0.0,
    pace: Annotated[
        float, typer.Option("--pace", help="Times faster: 1.1 is a tenth faster. 0.5 to 2.")
    ] = 1.0,
    liveliness: Annotated[
        float,
        typer.Option("--liveliness", help="Times the range of pitch: 0.7 is flatter. 0.5 to 2."),
    ] = 1.0,
    brightness: Annotated[
        float, typer.Option("--brightness", help="dB more above 2.5 kHz: 3 is clearer. -12 to 12.")
    ] = 0.0,
    model: options.ModelOption = None,
    lang: options.LangOption = None,
    device: options.DeviceOption = None,
    threads: options.ThreadsOption = None,
    seed: options.SeedOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE where it is there already.")
    ] = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Change how a voice speaks: pitch, pace, liveliness, brightness. It stays a plain voice."""
    from kvoicewalk.app.adjust import Adjustment, adjust_voice
    from kvoicewalk.app.saved_voice import check_place
    from kvoicewalk.app.voice_spec import model_of_voice
    from kvoicewalk.cli.shown import ShownEvents

    wanted = Adjustment(pitch, liveliness, pace, brightness)
    check_place(save, force)
    belongs_to = model or model_of_voice(voice)
    config = resolve("voices", common_flags(belongs_to, device, threads, seed, None, lang))
    output = Output(json, quiet)
    found = adjust_voice(config, voice, wanted, ShownEvents(output))
    facts = {"voice_path": str(save), "recipe": voice, **asdict(wanted), "hash": found.hash}
    _save(found, save, {**facts, "method": "adjust"}, config.model.name)
    output.show(facts, f"{save}")


def _save(voice: "Voice", save: Path, facts: Mapping[str, Any], source: str) -> None:
    from kvoicewalk.app.saved_voice import save_with_sidecar

    save_with_sidecar(voice, save, {**facts, "model": Path(source).name, "model_source": source})


def _source(model: str | None, voices: Path | None) -> "VoiceSource":
    from kvoicewalk.models import stock_voice_source
    from kvoicewalk.voices import VoiceLibrary

    if voices is not None:
        return VoiceLibrary.open(voices)
    name = resolve("voices", common_flags(model)).model.name
    return stock_voice_source(name)


def _load(spec: str, model: str | None, voices: Path | None) -> "Voice":
    from kvoicewalk.app.voice_spec import find_voice

    return find_voice(spec, _source(model, voices))


def _facts(voice: "Voice") -> dict[str, Any]:
    import numpy as np

    from kvoicewalk.voices import PROSODY, TIMBRE, voice_lang

    rows = voice.rows[:, 0, :].astype(np.float64)
    norms = np.linalg.norm(rows, axis=1)
    return {
        "name": voice.name,
        "lang": voice_lang(voice.name),
        "shape": list(voice.rows.shape),
        "hash": voice.hash,
        "norm_first_row": float(norms[0]),
        "norm_last_row": float(norms[-1]),
        "rms_timbre": float(np.sqrt((rows[:, TIMBRE] ** 2).mean())),
        "rms_prosody": float(np.sqrt((rows[:, PROSODY] ** 2).mean())),
        "std_across_rows": float(rows.std(axis=0).mean()),
    }


COMMANDS: Mapping[str, Callable[..., None]] = {
    "list": list_voices,
    "info": info,
    "mix": mix,
    "adjust": adjust,
}
