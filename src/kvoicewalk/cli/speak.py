"""`kvw speak`: hear a voice."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from kvoicewalk.cli import options
from kvoicewalk.cli.inputs import common_flags, read_text, resolve
from kvoicewalk.cli.output import Output
from kvoicewalk.errors import ConfigError

if TYPE_CHECKING:
    from kvoicewalk.config import RunConfig


def speak(
    voice: Annotated[
        str, typer.Argument(help="A voice file, a stock voice's name, or a mix: a:0.7,b:0.3.")
    ],
    text: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="What to say; - reads it from standard input."),
    ] = None,
    text_file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--text-file", metavar="FILE", help="What to say, from a text file."),
    ] = None,
    wav: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--wav", metavar="FILE", help="Write here. [default: a new run folder]"),
    ] = None,
    speed: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--speed", min=0.25, max=4.0, help="2 is twice as fast. [default: 1]"),
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
    from kvoicewalk.cli.voice_args import model_of_voice
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
    result = speak_to_file(config, voice, spoken, wav, output)
    output.show(result, result["wav_path"])
    output.note(f"{result['voice']} spoke {result['duration_s']:.1f} s.")


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # longer than any name, or with signs that none has
        return False


def speak_to_file(
    config: "RunConfig", voice_spec: str, text: str, wav_path: Path | None, output: Output
) -> dict[str, Any]:
    """Speaks and writes the wav; returns where and how, as data.

    Raises:
        KvwError: the voice, the model, the text or the path cannot be used.
    """
    from kvoicewalk.audio import check_wav_path, write_wav
    from kvoicewalk.cli.session import busy, open_synthesizer
    from kvoicewalk.cli.voice_args import (
        find_voice,
        lang_of_voice,
        refuse_other_models,
        tell_odd_voices,
    )
    from kvoicewalk.config_file import dump_config
    from kvoicewalk.models import stock_voice_source
    from kvoicewalk.phonemes import DEFAULT_LANG
    from kvoicewalk.store import RunStore, require_writable

    if wav_path is not None:
        check_wav_path(wav_path)
    else:
        require_writable(config.out_dir)
    voice = find_voice(voice_spec, stock_voice_source(config.model.name))  # before the slow part
    with busy(output, "loading …"):
        synthesizer = open_synthesizer(config, output)
    identity = synthesizer.model.identity
    refuse_other_models([voice_spec], identity)
    tell_odd_voices([voice], identity, output.warn)
    lang = config.synth.lang or lang_of_voice(voice_spec) or DEFAULT_LANG
    with busy(output, "speaking …"):
        utterance = synthesizer.speak(text, voice, seed=config.synth.seed, lang=lang)
    result = {
        "voice": voice.name,
        "model": identity,
        "lang": lang,
        "seed": config.synth.seed,
        "duration_s": utterance.duration_s,
    }
    if wav_path is not None:
        write_wav(wav_path, utterance)
        result["wav_path"] = str(wav_path)
    else:
        with (
            RunStore.open(config.out_dir) as store,
            store.start("speak", voice.name, identity, dump_config(config)) as run,
        ):
            wav_path = run.folder / "speech.wav"
            write_wav(wav_path, utterance)
            result.update(run=run.run_id, wav_path=str(wav_path))
            run.finish("done", result)
    return result
