"""Options that several commands share, each worded once."""

from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from kvoicewalk import defaults
from kvoicewalk.languages import LANGUAGES

# typer reads these at run time; Optional[...] is spelled out for Python 3.10's sake.
Device = Literal["auto", "cpu", "cuda", "mps"]
Scoring = Literal["scaled", "classic"]
Lang = Literal["a", "b", "e", "f", "h", "i", "j", "p", "z"]  # kvoicewalk.languages, for typer
TargetsArgument = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Argument(
        metavar="[TARGET]...",
        help="Recordings of one speaker: wav, flac, mp3, ogg and more. [default: the latest run's]",
    ),
]
ModelOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--model",
        metavar="NAME",
        help="kokoro, mini (embedded, for a first try) or a folder. "
        f"[default: KVW_MODEL, else {defaults.MODEL}]",
    ),
]
DeviceOption = Annotated[
    Optional[Device],  # noqa: UP045
    typer.Option(
        "--device",
        case_sensitive=False,
        metavar="NAME",
        help=f"auto, cpu, cuda or mps. [default: {defaults.DEVICE}]",
    ),
]
ThreadsOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--threads", min=1, max=defaults.MAX_THREADS, help="CPU threads. [default: all]"),
]
SeedOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--seed",
        min=0,
        max=defaults.MAX_SEED,
        help=f"Seed of all synthesis. [default: {defaults.SEED}]",
    ),
]
LangOption = Annotated[
    Optional[Lang],  # noqa: UP045
    typer.Option(
        "--lang",
        case_sensitive=False,
        metavar="LETTER",
        help="Language of the text: "
        + ", ".join(f"{letter} {one.name}" for letter, one in LANGUAGES.items())
        + ".",
    ),
]
ChannelOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--channel",
        metavar="WHICH",
        help="Of the recordings: left, right or a number from 1. [default: those with the voice]",
    ),
]
TextOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--text", help="Words spoken in the target; sharpens the comparison."),
]
TextFileOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--text-file", metavar="FILE", help="Words spoken in the target, from a text file."
    ),
]
TranscribeOption = Annotated[
    bool,
    typer.Option(
        "--transcribe", help="Let Whisper write down the words of the target (extra asr)."
    ),
]
ScoringOption = Annotated[
    Optional[Scoring],  # noqa: UP045
    typer.Option(
        "--scoring",
        case_sensitive=False,
        metavar="KIND",
        help=f"scaled, or classic (the original's). [default: {defaults.SCORING}]",
    ),
]
VoicesOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--voices", metavar="PATH", help="Voices from this folder or file instead."),
]
OutOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--out", metavar="DIR", help=f"Where runs are kept. [default: {defaults.OUT_DIR}]"
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="One JSON object on stdout, for programs.")
]
JsonLinesOption = Annotated[
    bool, typer.Option("--json", help="JSON lines on stdout, one an improvement, for programs.")
]
MethodOption = Annotated[
    Optional[Literal["auto", "gradient", "cma", "random"]],  # noqa: UP045
    typer.Option(
        "--method",
        case_sensitive=False,
        metavar="NAME",
        help="auto (gradient, then polish), gradient, cma or random (the original's). "
        f"[default: {defaults.METHOD}]",
    ),
]
HeldOutOption = Annotated[
    Optional[bool],  # noqa: UP045
    typer.Option(
        "--held-out/--no-held-out",
        help="Judge the result on texts never searched with. [default: --held-out]",
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the result.")]
ConfigOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--config", metavar="FILE", help="Start from a run's config.json."),
]
