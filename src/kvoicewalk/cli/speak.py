"""`kvw speak`: hear a voice."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kvoicewalk.cli import options
from kvoicewalk.cli.inputs import common_flags, read_text
from kvoicewalk.cli.output import Output
from kvoicewalk.cli.shown import ShownEvents
from kvoicewalk.defaults import SPEED, SPEED_RANGE
from kvoicewalk.errors import ConfigError

if TYPE_CHECKING:
    pass


def speak(
    voice: Annotated[
        str, typer.Argument(help="A voice file, a stock voice's name, or a mix: a:0.7,b:0.3.")
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
        typer.Option("--wav", metavar="FILE", help="Write here. [default: a new run folder]"),
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
    model: options.ModelOption = None,
    lang: options.LangOption = None,
    device: options.DeviceOption = None,
    threads: options.ThreadsOption = None,
    seed: options.SeedOption = None,
    out: options.OutOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Speak a text with a voice and write a wav."""
    from kvoicewalk.app.settings import resolve
    from kvoicewalk.app.speak import speak_to_file
    from kvoicewalk.app.voice_spec import model_of_voice
    from kvoicewalk.phonemes import clean_text

    spoken = read_text(text, text_file)
    if spoken is None:
        raise ConfigError('say what to speak: kvw speak VOICE "Any text." or --text-file FILE.')
    if not spoken.strip():
        raise ConfigError("the text is empty; say what to speak.")
    clean_text(spoken)  # refuses what is too long before anything loads
    output = Output(json, quiet)
    if text is not None and _is_file(text):
        output.warn(f"speaking the name {text} itself; for the file's words: --text-file {text}")
    flags = common_flags(model or model_of_voice(voice), device, threads, seed, out, lang)
    flags["synth"]["speed"] = speed
    config = resolve("speak", flags)
    result = speak_to_file(config, voice, spoken, wav, ShownEvents(output))
    output.show(result, result["wav_path"])
    output.note(f"{result['voice']} spoke {result['duration_s']:.1f} s.")


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # longer than any name, or with signs that none has
        return False
