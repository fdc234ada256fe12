"""Options that several commands share, each worded once."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from kvoicewalk import defaults
from kvoicewalk.cli import candidates
from kvoicewalk.languages import LANGUAGES, letter_of

Device = Literal["auto", "cpu", "cuda", "mps"]
Scoring = Literal["scaled", "classic"]
Encoders = Literal["both", "resemblyzer", "campplus"]
Lang = Literal["a", "b", "e", "f", "h", "i", "j", "p", "z"]  # kvoicewalk.languages, for typer
TargetsArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[TARGET]...",
        help="Recordings of one speaker: wav, flac, mp3, ogg and more. [default: the latest run's]",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        autocompletion=candidates.models,
        help="kokoro, mini (embedded, for a first try) or a folder. "
        f"[default: KVW_MODEL, else {defaults.MODEL}]",
    ),
]
DeviceOption = Annotated[
    Device | None,
    typer.Option(
        "--device",
        case_sensitive=False,
        metavar="NAME",
        help=f"auto, cpu, cuda or mps. [default: {defaults.DEVICE}]",
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", min=1, max=defaults.MAX_THREADS, help="CPU threads. [default: all]"),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        min=0,
        max=defaults.MAX_SEED,
        help=f"Random seed: the same one gives the same result. [default: {defaults.SEED}]",
    ),
]
LangOption = Annotated[
    Lang | None,
    typer.Option(
        "--lang",
        case_sensitive=False,
        metavar="LETTER",
        autocompletion=candidates.languages,
        help="Language that is spoken: "
        + ", ".join(f"{letter} {one.name}" for letter, one in LANGUAGES.items())
        + ". [default: that of the words given, else the voice's own, else a]",
    ),
]


def _print_script(ctx: typer.Context, name: str | None) -> None:
    if name is None or ctx.resilient_parsing:  # at a Tab nothing is printed
        return
    letter = letter_of(name)
    if letter is None:
        known = ", ".join(f"{one} ({language.name})" for one, language in LANGUAGES.items())
        raise typer.BadParameter(f"{name!r} is none of: {known}.")
    from kvoicewalk.texts import texts_of  # brings pydantic

    typer.echo("\n\n".join(texts_of(letter).script))
    raise typer.Exit()


ScriptOption = Annotated[
    str | None,
    typer.Option(
        "--print-script",
        metavar="LANG",
        is_eager=True,
        callback=_print_script,
        autocompletion=candidates.script_languages,
        help="Print a text to read aloud for a recording, about a minute, and exit. "
        "A letter as for --lang, a code (es) or a name (spanish).",
    ),
]
ChannelOption = Annotated[
    str | None,
    typer.Option(
        "--channel",
        metavar="WHICH",
        help="Audio channel to use: left, right or its number, from 1. "
        "[default: the channels with the voice]",
    ),
]
TextOption = Annotated[
    str | None,
    typer.Option(
        "--text", help="The words spoken in the recording; makes the comparison more exact."
    ),
]
TextFileOption = Annotated[
    Path | None,
    typer.Option(
        "--text-file", metavar="FILE", help="The words spoken in the recording, from a text file."
    ),
]
TranscribeOption = Annotated[
    bool,
    typer.Option(
        "--transcribe",
        help="Let Whisper write down the words of the recording (needs the optional extra asr).",
    ),
]
ScoringOption = Annotated[
    Scoring | None,
    typer.Option(
        "--scoring",
        case_sensitive=False,
        metavar="KIND",
        help=f"scaled, or classic (as the original kvoicewalk). [default: {defaults.SCORING}]",
    ),
]
EncodersOption = Annotated[
    Encoders | None,
    typer.Option(
        "--encoders",
        case_sensitive=False,
        metavar="NAMES",
        help="Speaker encoders to compare by: both, resemblyzer or campplus. "
        "[default: all that are installed]",
    ),
]
VoicesOption = Annotated[
    Path | None,
    typer.Option(
        "--voices",
        metavar="PATH",
        help="Use the voices in this folder or file instead of the model's.",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help=f"Where runs are kept. [default: {defaults.OUT_DIR}]"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]
JsonLinesOption = Annotated[
    bool, typer.Option("--json", help="Print JSON lines, one per improvement, for programs.")
]
MethodOption = Annotated[
    Literal["auto", "gradient", "cma", "random"] | None,
    typer.Option(
        "--method",
        case_sensitive=False,
        metavar="NAME",
        help="auto (gradient, then polish), gradient, cma or random (the original's). "
        f"[default: {defaults.METHOD}]",
    ),
]
PreviewOption = Annotated[
    bool,
    typer.Option(
        "--preview", help="Name a wav of each improvement as it is found, to listen meanwhile."
    ),
]
HeldOutOption = Annotated[
    bool | None,
    typer.Option(
        "--held-out/--no-held-out",
        help="Test the result on texts never used in a search. [default: --held-out]",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=defaults.MAX_WORKERS,
        help="How many voices are heard at once, by a process each; with --batch, how many "
        "speakers are cloned at once. [default: 1]",
    ),
]
ExecutorOption = Annotated[
    Literal["processes", "ray"] | None,
    typer.Option(
        "--executor",
        case_sensitive=False,
        metavar="KIND",
        help="Where workers run: processes (on this machine) or ray (a cluster; needs the optional "
        "extra ray). [default: processes]",
    ),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="WHERE",
        help="Which Ray cluster: local (started here), auto (already running here) or HOST:PORT; "
        "implies --executor ray. [default: auto]",
    ),
]
GpusOption = Annotated[
    float | None,
    typer.Option(
        "--gpus-per-worker", min=0, max=16, help="Share of a GPU for each Ray worker. [default: 0]"
    ),
]
IslandsOption = Annotated[
    int | None,
    typer.Option(
        "--islands",
        min=1,
        max=defaults.MAX_ISLANDS,
        help="Search from so many starts side by side and share what is best. [default: 1]",
    ),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Show no progress, only the result.")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Take settings from a run's config.json."),
]
