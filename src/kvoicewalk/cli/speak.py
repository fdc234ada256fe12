"""`kvw speak`: hear a voice."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kvoicewalk.cli import candidates, options
from kvoicewalk.cli.inputs import common_flags, read_text
from kvoicewalk.cli.output import Output
from kvoicewalk.cli.shown import ShownEvents
from kvoicewalk.defaults import MAX_PAUSE_S, PAUSE_S, SPEED, SPEED_RANGE
from kvoicewalk.errors import ConfigError


def speak(
    voice: Annotated[
        str,
        typer.Argument(
            help="A voice file, a stock voice's name, or a mix: a:0.7,b:0.3.",
            autocompletion=candidates.voices,
        ),
    ],
    text: Annotated[
        str | None,
        typer.Argument(help="What to say; - reads it from standard input."),
    ] = None,
    text_file: Annotated[
        Path | None,
        typer.Option("--text-file", metavar="FILE", help="What to say, from a text file."),
    ] = None,
    wav: Annotated[
        Path | None,
        typer.Option(
            "--save",
            "--wav",
            metavar="FILE",
            help="Write here: .wav, .flac, .mp3 or .opus. [default: a new run folder]",
        ),
    ] = None,
    format: Annotated[
        Literal["wav", "flac", "mp3", "opus"] | None,
        typer.Option(
            "--format",
            case_sensitive=False,
            metavar="NAME",
            help="wav, flac, mp3 or opus. [default: by the file's ending, else wav]",
        ),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            "--speed",
            min=SPEED_RANGE[0],
            max=SPEED_RANGE[1],
            help=f"2 is twice as fast. [default: {SPEED:g}]",
        ),
    ] = None,
    pause: Annotated[
        float | None,
        typer.Option(
            "--pause",
            metavar="SECONDS",
            min=0,
            max=MAX_PAUSE_S,
            help="Silence between paragraphs; twice that around a heading, three times at a "
            f"scene break. [default: {PAUSE_S:g}]",
        ),
    ] = None,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain", help="Take all signs as they stand: no markdown, SSML or other marks."
        ),
    ] = False,
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help="Of the text file, such as cp1252. [default: found out]",
        ),
    ] = None,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Begin anew, whatever an interrupted call left."),
    ] = False,
    model: options.ModelOption = None,
    lang: options.LangOption = None,
    device: options.DeviceOption = None,
    threads: options.ThreadsOption = None,
    seed: options.SeedOption = None,
    out: options.OutOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Speak a text, also a whole book, with a voice; write a sound file."""
    from kvoicewalk.app.narrate import narrate, narrate_run
    from kvoicewalk.app.settings import resolve
    from kvoicewalk.app.texts import MAX_BYTES
    from kvoicewalk.app.voice_spec import model_of_voice

    spoken = read_text(text, text_file, encoding=encoding, lang=lang, max_bytes=MAX_BYTES)
    if spoken is None:
        raise ConfigError('say what to speak: kvw speak VOICE "Any text." or --text-file FILE.')
    output = Output(json, quiet)
    if text is not None and _is_file(text):
        output.warn(f"speaking the name {text} itself; for the file's words: --text-file {text}")
    flags = common_flags(model or model_of_voice(voice), device, threads, seed, out, lang)
    flags["synth"]["speed"] = speed
    flags["speak"] = {"pause_s": pause, "is_plain": plain or None, "format": format}
    config, events = resolve("speak", flags), ShownEvents(output)
    if wav is None:
        narrated = narrate_run(config, voice, spoken, events)
    else:
        narrated = narrate(config, voice, spoken, wav, events, is_fresh=restart)
    show_narrated(narrated.data, output)


def show_narrated(data: dict[str, Any], output: Output) -> None:
    """Prints where a text is spoken, and how long."""
    from kvoicewalk.report.live import format_seconds

    output.show(data, data["wav_path"])
    length_s = data["duration_s"]
    length = f"{length_s:.1f} s" if length_s < 60 else format_seconds(length_s)
    earlier = data["resumed_s"]
    before = f", {format_seconds(earlier)} of it in an earlier call" if earlier else ""
    output.note(f"{data['voice']} spoke {length}{before}.")


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # longer than any name, or with signs that none has
        return False
