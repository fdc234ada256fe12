"""The library's calls that let a voice speak, or change how it does; `api.py` has all.

They keep no run.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from kvoicewalk.api_options import (
    Options,
    SpeechOptions,
    StrPath,
    events_of,
    own_model,
    run_config,
)
from kvoicewalk.results import NarrationResult, narration_result

if TYPE_CHECKING:
    from kvoicewalk.audio import Utterance
    from kvoicewalk.config import RunConfig
    from kvoicewalk.voices import Voice


def speak(
    voice: "Voice | StrPath",
    text: str | Path,
    *,
    wav_path: StrPath | None = None,
    **options: Unpack[SpeechOptions],
) -> "Utterance":
    """Speaks a text with a voice; `narrate` and `stream` keep no sound in memory.

    Args:
        voice: a voice, its file, a stock voice's name, or a mix.
        text: plain, markdown or SSML (docs/speaking.md); a `Path` names a text file.
        wav_path: where to write it, too: .wav, .flac, .mp3 or .opus; None writes nothing.
        **options: see `SpeechOptions`.

    Returns:
        Speech: `samples`, float32 (n_samples,), and `sample_rate_hz`, 24,000.

    Raises:
        KvwError: an input cannot be used.
    """
    from kvoicewalk.app.speak import speak_voice
    from kvoicewalk.audio import check_speech_path, write_speech

    path = Path(wav_path) if wav_path is not None else None
    if path is not None:
        check_speech_path(path, options.get("format"))
    spec, config, words = _speech(voice, text, options)
    utterance = speak_voice(config, spec, words, events_of(options))
    if path is not None:
        write_speech(path, utterance, check_speech_path(path, options.get("format")))
    return utterance


def stream(
    voice: "Voice | StrPath", text: str | Path, **options: Unpack[SpeechOptions]
) -> "Iterator[Utterance]":
    """Speaks a text of any length piece by piece: a few sentences, or a pause with `text` "".

    Joined, the samples are those of `speak`.

    Args:
        voice: a voice, its file, a stock voice's name, or a mix.
        text: plain, markdown or SSML (docs/speaking.md); a `Path` names a text file.
        **options: see `SpeechOptions`; `format` does not count.

    Raises:
        KvwError: an input cannot be used.
    """
    from kvoicewalk.app.speak import stream_voice

    spec, config, words = _speech(voice, text, options)
    return stream_voice(config, spec, words, events_of(options))


def narrate(
    voice: "Voice | StrPath",
    text: str | Path,
    wav_path: StrPath,
    *,
    restart: bool = False,
    **options: Unpack[SpeechOptions],
) -> NarrationResult:
    """Speaks a text of any length into a file.

    The speech grows in a folder beside the file, `<wav_path>.part`. After a stop of any kind the
    same call goes on there, and the file comes out as if there had been none; another text, voice
    or setting is refused. `Events.step` hears of each piece, a `SpeechStep`.

    Args:
        voice: a voice, its file, a stock voice's name, or a mix.
        text: plain, markdown or SSML (docs/speaking.md); a `Path` names a text file.
        wav_path: of the file: .wav, .flac, .mp3 or .opus.
        restart: True begins anew, whatever an earlier call left.
        **options: see `SpeechOptions`; no run is kept.

    Raises:
        KvwError: an input cannot be used.
        InterruptedSpeechError: Ctrl-C; what was spoken is kept.
    """
    from kvoicewalk.app.narrate import narrate as narrate_text

    spec, config, words = _speech(voice, text, options)
    path = Path(wav_path).expanduser()
    return narration_result(
        narrate_text(config, spec, words, path, events_of(options), is_fresh=restart)
    )


def adjust(
    voice: "StrPath | Voice",
    *,
    pitch_semitones: float = 0.0,
    liveliness: float = 1.0,
    pace: float = 1.0,
    brightness_db: float = 0.0,
    **options: Unpack[Options],
) -> "Voice":
    """Changes how a voice speaks; the result is a plain voice, for `save_voice`.

    Args:
        voice: a file, a stock voice's name, a mix, or a `Voice`.
        pitch_semitones: higher, or lower below 0; -12 to 12.
        liveliness: ratio of the pitch's range, 0.5 to 2; below 1 is flatter.
        pace: ratio of the speed, 0.5 to 2; above 1 is faster.
        brightness_db: more power above 2.5 kHz, -12 to 12.
        **options: see `Options`; no run is kept.

    Raises:
        KvwError: an input cannot be used.
    """
    from kvoicewalk.app.adjust import Adjustment, adjust_voice

    wanted = Adjustment(pitch_semitones, liveliness, pace, brightness_db)
    spec, options = own_model(voice, options)
    return adjust_voice(run_config("voices", None, {}, options), spec, wanted, events_of(options))


def _speech(
    voice: "Voice | StrPath", text: str | Path, options: SpeechOptions
) -> "tuple[Voice | str, RunConfig, str]":
    """Returns what speaks, how, and the words."""
    from kvoicewalk.app.texts import read_text_file

    flags = {
        "synth": {"speed": options.get("speed")},
        "speak": {
            "pause_s": options.get("pause_s"),
            "is_plain": options.get("plain"),
            "format": options.get("format"),
        },
    }
    spec, model = own_model(voice, options)
    config = run_config("speak", None, flags, model)
    if isinstance(text, Path):
        encoding, lang = options.get("encoding"), options.get("lang")
        text = read_text_file(text, events_of(options).note, encoding=encoding, lang=lang)
    return spec, config, text
