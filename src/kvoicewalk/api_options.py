"""What the library's calls take, and the config that it makes; `api.py` has the calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from kvoicewalk.app.events import Events

if TYPE_CHECKING:
    from kvoicewalk.config import RunConfig
    from kvoicewalk.voices import Voice

StrPath = str | Path
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


def prepare() -> None:
    """Makes the process fit for a call: what `kvw` does before each command."""
    from kvoicewalk.environment import prepare_process

    prepare_process()


def events_of(options: Options) -> Events:
    """Returns who hears what happens; nobody, where none is named."""
    return options.get("events", Events())


def own_model(voice: "Voice | StrPath", options: Options) -> "tuple[Voice | str, Options]":
    """Returns a voice or its name, and the options with the model that it was made for."""
    from kvoicewalk.app.voice_spec import model_of_voice
    from kvoicewalk.voices import Voice

    if isinstance(voice, Voice):
        return voice, options
    belongs_to = None if "model" in options else model_of_voice(str(voice))
    return str(voice), {**options, "model": belongs_to} if belongs_to else options


def list_of(names: Sequence[str] | None) -> list[str] | None:
    """Returns names as a config takes them; None for none."""
    return list(names) if names else None


def path_of(path: StrPath | None) -> str | None:
    """Returns a path as a config takes it, absolute."""
    return str(Path(path).expanduser().absolute()) if path is not None else None


def target_flags(target: TargetLike) -> dict[str, Any]:
    """Returns a target as a config takes it."""
    if not isinstance(target, Target):
        named = [target] if isinstance(target, (str, Path)) else target
        target = Target(tuple(Path(one) for one in named))
    return {
        "paths": [path_of(path) for path in target.paths] or None,
        "words": target.words,
        "text": target.words,
        "is_text_open": True if target.words is not None else None,
        "is_transcribed": target.is_transcribed or None,
        "channel": target.channel,
    }


def run_config(
    command: str, target: TargetLike | None, flags: dict[str, Any], options: Options
) -> "RunConfig":
    """Returns the config of a call.

    Args:
        command: whose it is.
        target: recordings; None goes on from the latest run, for `interpolate` and `walk`.
        flags: the call's own keywords, nested as a config; they beat all else.
        options: the common keywords.

    Raises:
        ConfigError: a value is not one of those that are allowed.
    """
    from kvoicewalk.app.handover import search_config
    from kvoicewalk.app.settings import resolve
    from kvoicewalk.config_file import overlay

    prepare()
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
        "target": target_flags(target) if target is not None else {"paths": None},
    }
    flags = overlay(overlay(options.get("settings", {}), own), flags)
    if target is None and command in ("interpolate", "walk"):
        return search_config(command, flags, None, events_of(options))
    return resolve(command, flags)
