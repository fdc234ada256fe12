"""The library: what the commands do, as functions.

    import kvoicewalk

    found = kvoicewalk.clone("recording.wav", minutes=10)
    kvoicewalk.speak(found.voice_path, "Any text you like.", wav_path="speech.wav")

Each call reads its inputs, loads the model, keeps a run folder as the command of its name does, and
returns a frozen result. The same inputs give the same numbers as the command.

Not allowed: two calls at once in threads of one process. Synthesis draws its noise from torch's
global generator, and floats near zero are flushed while it speaks. Processes side by side are fine,
also on one folder of runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from typing_extensions import Unpack

from kvoicewalk.api_files import (
    StrPath,
    convert_voice,
    import_model,
    install_voice,
    load_voice,
    load_voices,
    save_voice,
    save_voices,
)
from kvoicewalk.app.events import Events
from kvoicewalk.app.results import Narrated, Ranked
from kvoicewalk.defaults import OUT_DIR
from kvoicewalk.results import (
    NarrationResult,
    RankResult,
    SearchResult,
    narration_result,
    ranked_result,
    search_result,
)

if TYPE_CHECKING:
    from kvoicewalk.audio import Utterance
    from kvoicewalk.config import RunConfig
    from kvoicewalk.voices import Voice

__all__ = [
    "Options",
    "Target",
    "adjust",
    "clone",
    "convert_voice",
    "import_model",
    "install_voice",
    "interpolate",
    "load_voice",
    "load_voices",
    "rank",
    "resume",
    "save_voice",
    "save_voices",
    "score",
    "speak",
    "walk",
]
EncoderName = Literal["resemblyzer", "campplus"]


@dataclass(frozen=True)
class Target:
    """The recordings to imitate.

    Attributes:
        paths: clips of one speaker: wav, flac, mp3, ogg, m4a and more.
        words: what the first clip says; None where that is not known.
        is_transcribed: True has Whisper write the words down (extra `asr`).
        channel: "left", "right" or a number from 1; None takes those that hold the voice.
    """

    paths: tuple[Path, ...]
    words: str | None = None
    is_transcribed: bool = False
    channel: str | None = None


TargetLike = Target | StrPath | Sequence[StrPath]


class Options(TypedDict, total=False):
    """Keywords that all functions take but `import_model` and those of voice files.

    Attributes:
        model: "kokoro", "mini" or a folder. Default: KVW_MODEL, else "kokoro".
        device: "auto", "cpu", "cuda" or "mps".
        n_threads: of torch.
        seed: of all synthesis, 0 to 2³¹ − 1. Default: 0.
        lang: language letter, "a" to "z" as `kvw --lang` has them. Default: that of the words, else
            the voice's own, else "a".
        out_dir: where runs are kept. Default: "out".
        workers: voices heard at once, by a process each. Default: 1, this one alone.
        executor: "processes" or "ray", where workers run. Default: "processes".
        address: of the Ray cluster: "local", "auto" or "HOST:PORT". Default: "auto".
        gpus_per_worker: share of a GPU for each Ray worker. Default: 0.
        events: hears what happens. Default: nothing does.
        settings: more of a config, nested like config.json; the keywords beat it.
    """

    model: str
    device: Literal["auto", "cpu", "cuda", "mps"]
    n_threads: int
    seed: int
    lang: str
    out_dir: StrPath
    workers: int
    executor: Literal["processes", "ray"]
    address: str
    gpus_per_worker: float
    events: Events
    settings: Mapping[str, Any]


class SpeechOptions(Options, total=False):
    """Keywords of `speak`, `stream` and `narrate`.

    Attributes:
        speed: 2 is twice as fast. Default: 1.
        pause_s: silence between two paragraphs, 0 to 10. Default: 0.8.
        plain: True takes all signs as they stand: no markdown, SSML, pauses or pronunciations.
        encoding: of a text file, by any of Python's names. Default: found out.
        format: of the sound file. Default: by its ending.
    """

    speed: float
    pause_s: float
    plain: bool
    encoding: str
    format: Literal["wav", "flac", "mp3", "opus"]


def clone(
    target: TargetLike,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    method: Literal["auto", "gradient", "cma", "random"] | None = None,
    voices: StrPath | None = None,
    scoring: Literal["scaled", "classic"] | None = None,
    encoders: Sequence[EncoderName] | None = None,
    held_out: bool | None = None,
    islands: int | None = None,
    **options: Unpack[Options],
) -> SearchResult:
    """Makes a voice that sounds like a recording: ranks, searches, judges.

    Args:
        target: recordings of one speaker.
        minutes: for all of it; None takes as long as `steps` do.
        steps: of the search, at most. Default: 40; 15 for "gradient", 300 for "random" and
            "cma"; no limit with `minutes`.
        method: of the search. Default: "auto", the gradient, then random steps.
        voices: folder of the stock voices. Default: the model's own.
        scoring: how features count. Default: "scaled".
        encoders: speaker encoders to compare by. Default: all that are installed.
        held_out: False leaves out the judgement.
        islands: searches side by side, from starts of their own. Default: 1.
        **options: see `Options`.

    Raises:
        KvwError: an input cannot be used.
        InterruptedRunError: Ctrl-C; what was found is kept, and `resume` goes on.
    """
    from kvoicewalk.app.search_run import run_search

    flags: dict[str, Any] = {
        "score": {"scoring": scoring, "encoders": _names(encoders)},
        "rank": {"voices_path": _path(voices)},
        "held_out": {"is_wanted": held_out},
        "walk": {"method": method, "n_steps": steps, "minutes": minutes, "n_islands": islands},
    }
    config = _config("clone", target, flags, options)
    return search_result(run_search(config, _events(options)))


def rank(
    target: TargetLike,
    *,
    full: bool = False,
    voices: StrPath | None = None,
    scoring: Literal["scaled", "classic"] | None = None,
    encoders: Sequence[EncoderName] | None = None,
    **options: Unpack[Options],
) -> RankResult:
    """Ranks the stock voices by likeness to a recording.

    Args:
        target: recordings of one speaker.
        full: True scores each voice in full, without a race.
        voices: folder of the stock voices. Default: the model's own.
        scoring: how features count. Default: "scaled".
        encoders: speaker encoders to compare by. Default: all that are installed.
        **options: see `Options`.

    Raises:
        KvwError: an input cannot be used.
        InterruptedRunError: Ctrl-C; what was heard is kept, and `resume` goes on.
    """
    from kvoicewalk.app.rank import rank_voices

    flags: dict[str, Any] = {
        "score": {"scoring": scoring, "encoders": _names(encoders)},
        "rank": {"is_full": full or None, "voices_path": _path(voices)},
    }
    return ranked_result(rank_voices(_config("rank", target, flags, options), _events(options)))


def interpolate(
    target: TargetLike | None = None,
    *,
    top: int | None = None,
    exhaustive: bool = False,
    voices: StrPath | None = None,
    scoring: Literal["scaled", "classic"] | None = None,
    encoders: Sequence[EncoderName] | None = None,
    held_out: bool | None = None,
    **options: Unpack[Options],
) -> SearchResult:
    """Blends pairs of the likest stock voices and keeps the best blends.

    Args:
        target: recordings of one speaker; None goes on from the latest run in `out_dir`.
        top: likest voices to pair. Default: 10.
        exhaustive: True hears every blend of the grid.
        voices: folder of the stock voices. Default: the model's own.
        scoring: how features count. Default: "scaled".
        encoders: speaker encoders to compare by. Default: all that are installed.
        held_out: False leaves out the judgement.
        **options: see `Options`.

    Raises:
        KvwError: an input cannot be used.
        InterruptedRunError: Ctrl-C; what was found is kept, and `resume` goes on.
    """
    from kvoicewalk.app.search_run import run_search

    flags: dict[str, Any] = {
        "score": {"scoring": scoring, "encoders": _names(encoders)},
        "rank": {"voices_path": _path(voices)},
        "held_out": {"is_wanted": held_out},
        "population": {"n_voices": top},
        "interpolate": {"is_exhaustive": exhaustive or None},
    }
    config = _config("interpolate", target, flags, options)
    return search_result(run_search(config, _events(options)))


def walk(
    target: TargetLike | None = None,
    *,
    start: StrPath | None = None,
    method: Literal["auto", "gradient", "cma", "random"] | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    patience: int | None = None,
    params: Literal["classic", "shared", "pca"] | None = None,
    only: Literal["timbre", "prosody"] | None = None,
    voices: StrPath | None = None,
    scoring: Literal["scaled", "classic"] | None = None,
    encoders: Sequence[EncoderName] | None = None,
    held_out: bool | None = None,
    islands: int | None = None,
    **options: Unpack[Options],
) -> SearchResult:
    """Searches step by step for a closer voice.

    Args:
        target: recordings of one speaker; None goes on from the latest run in `out_dir`.
        start: voice to start from: a file, a stock voice's name, or a mix.
        method: of the search. Default: "auto", the gradient, then random steps.
        steps: at most.
        minutes: of the search, at most.
        patience: steps without improvement, at most.
        params: what moves. Default: by method.
        only: the half that moves. Default: both.
        voices: folder of the stock voices. Default: the model's own.
        scoring: how features count. Default: "scaled".
        encoders: speaker encoders to compare by. Default: all that are installed.
        held_out: False leaves out the judgement.
        islands: searches side by side, from starts of their own. Default: 1.
        **options: see `Options`.

    Raises:
        KvwError: an input cannot be used.
        InterruptedRunError: Ctrl-C; what was found is kept, and `resume` goes on.
    """
    from kvoicewalk.app.search_run import run_search
    from kvoicewalk.app.voice_spec import absolute_spec, model_of_voice

    spec = absolute_spec(str(start)) if start is not None else None
    if spec is not None and "model" not in options:
        belongs_to = model_of_voice(spec)
        options = {**options, "model": belongs_to} if belongs_to else options
    flags: dict[str, Any] = {
        "score": {"scoring": scoring, "encoders": _names(encoders)},
        "rank": {"voices_path": _path(voices)},
        "held_out": {"is_wanted": held_out},
        "walk": {
            "method": method,
            "start": spec,
            "n_steps": steps,
            "minutes": minutes,
            "patience": patience,
            "params": params,
            "only": only,
            "n_islands": islands,
        },
    }
    config = _config("walk", target, flags, options)
    return search_result(run_search(config, _events(options)))


def score(
    voices: StrPath | Sequence[StrPath],
    target: TargetLike,
    *,
    held_out: bool = False,
    scoring: Literal["scaled", "classic"] | None = None,
    encoders: Sequence[EncoderName] | None = None,
    **options: Unpack[Options],
) -> RankResult:
    """Scores given voices against a recording.

    Args:
        voices: files, names of stock voices, or mixes such as "af_heart:0.7,af_bella:0.3".
        target: recordings of one speaker.
        held_out: True judges each on texts that no search speaks, too.
        scoring: how features count. Default: "scaled".
        encoders: speaker encoders to compare by. Default: all that are installed.
        **options: see `Options`.

    Raises:
        KvwError: an input cannot be used.
        InterruptedRunError: Ctrl-C; what was heard is kept.
    """
    from kvoicewalk.app.judge import judge_all
    from kvoicewalk.app.rank import rank_voices
    from kvoicewalk.app.voice_spec import model_of_voice

    named = [voices] if isinstance(voices, (str, Path)) else list(voices)
    specs = [str(one) for one in named]
    if "model" not in options:
        belongs_to = next(filter(None, map(model_of_voice, specs)), None)
        options = {**options, "model": belongs_to} if belongs_to else options
    flags = {"score": {"scoring": scoring, "encoders": _names(encoders)}}
    config = _config("score", target, flags, options)
    judge = judge_all if held_out else None
    return ranked_result(rank_voices(config, _events(options), specs, judge=judge))


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
    utterance = speak_voice(config, spec, words, _events(options))
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
    return stream_voice(config, spec, words, _events(options))


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
        narrate_text(config, spec, words, path, _events(options), is_fresh=restart)
    )


def resume(
    run: str = "", **options: Unpack[Options]
) -> SearchResult | RankResult | NarrationResult:
    """Goes on with a run that was interrupted, as if it never had been.

    Args:
        run: its name or the beginning of it. Default: the latest that was cut off.
        **options: `out_dir` and `events` count.

    Raises:
        KvwError: there is no such run, or an input cannot be used any more.
        InterruptedRunError: Ctrl-C; what was found is kept.
        InterruptedSpeechError: Ctrl-C while a text is spoken; what was spoken is kept.
    """
    from kvoicewalk.app.resume import find_resumable, resume_run
    from kvoicewalk.store import RunStore

    _prepare()
    with RunStore.open(Path(options.get("out_dir", OUT_DIR))) as store:
        record = find_resumable(store, run)
    result = resume_run(record, _events(options))
    if isinstance(result, Narrated):
        return narration_result(result)
    return ranked_result(result) if isinstance(result, Ranked) else search_result(result)


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
    spec, options = _own_model(voice, options)
    return adjust_voice(_config("voices", None, {}, options), spec, wanted, _events(options))


def _prepare() -> None:
    from kvoicewalk.environment import prepare_process

    prepare_process()


def _events(options: Options) -> Events:
    return options.get("events", Events())


def _own_model(voice: "Voice | StrPath", options: Options) -> "tuple[Voice | str, Options]":
    """Returns a voice or its name, and the options with the model that it was made for."""
    from kvoicewalk.app.voice_spec import model_of_voice
    from kvoicewalk.voices import Voice

    if isinstance(voice, Voice):
        return voice, options
    belongs_to = None if "model" in options else model_of_voice(str(voice))
    return str(voice), {**options, "model": belongs_to} if belongs_to else options


def _names(names: Sequence[str] | None) -> list[str] | None:
    return list(names) if names else None


def _path(path: StrPath | None) -> str | None:
    return str(Path(path).expanduser().absolute()) if path is not None else None


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
    spec, model = _own_model(voice, options)
    config = _config("speak", None, flags, model)
    if isinstance(text, Path):
        encoding, lang = options.get("encoding"), options.get("lang")
        text = read_text_file(text, _events(options).note, encoding=encoding, lang=lang)
    return spec, config, text


def _target(target: TargetLike) -> dict[str, Any]:
    if not isinstance(target, Target):
        named = [target] if isinstance(target, (str, Path)) else target
        target = Target(tuple(Path(one) for one in named))
    return {
        "paths": [_path(path) for path in target.paths] or None,
        "words": target.words,
        "text": target.words,
        "is_text_open": True if target.words is not None else None,
        "is_transcribed": target.is_transcribed or None,
        "channel": target.channel,
    }


def _config(
    command: str, target: TargetLike | None, flags: dict[str, Any], options: Options
) -> "RunConfig":
    from kvoicewalk.app.handover import search_config
    from kvoicewalk.app.settings import resolve
    from kvoicewalk.config_file import overlay

    _prepare()
    own = {
        "model": {
            "name": options.get("model"),
            "device": options.get("device"),
            "n_threads": options.get("n_threads"),
        },
        "synth": {"seed": options.get("seed"), "lang": options.get("lang")},
        "workers": {
            "n_workers": options.get("workers"),
            "executor": options.get("executor"),
            "address": options.get("address"),
            "gpus_per_worker": options.get("gpus_per_worker"),
        },
        "out_dir": str(options["out_dir"]) if "out_dir" in options else None,
        "target": _target(target) if target is not None else {"paths": None},
    }
    flags = overlay(overlay(options.get("settings", {}), own), flags)
    if target is None and command in ("interpolate", "walk"):
        return search_config(command, flags, None, _events(options))
    return resolve(command, flags)
