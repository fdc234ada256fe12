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

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from typing_extensions import Unpack

from kvoicewalk.api_files import (
    convert_voice,
    import_model,
    install_voice,
    load_voice,
    load_voices,
    save_voice,
    save_voices,
)
from kvoicewalk.api_options import (
    EncoderName,
    Options,
    SpeechOptions,
    StrPath,
    Target,
    TargetLike,
    events_of,
    list_of,
    path_of,
    prepare,
    run_config,
)
from kvoicewalk.api_speech import adjust, narrate, speak, stream
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

__all__ = [
    "Options",
    "SpeechOptions",
    "Target",
    "adjust",
    "clone",
    "convert_voice",
    "import_model",
    "install_voice",
    "interpolate",
    "load_voice",
    "load_voices",
    "narrate",
    "rank",
    "resume",
    "save_voice",
    "save_voices",
    "score",
    "speak",
    "stream",
    "walk",
]


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
        "score": {"scoring": scoring, "encoders": list_of(encoders)},
        "rank": {"voices_path": path_of(voices)},
        "held_out": {"is_wanted": held_out},
        "walk": {"method": method, "n_steps": steps, "minutes": minutes, "n_islands": islands},
    }
    config = run_config("clone", target, flags, options)
    return search_result(run_search(config, events_of(options)))


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
        "score": {"scoring": scoring, "encoders": list_of(encoders)},
        "rank": {"is_full": full or None, "voices_path": path_of(voices)},
    }
    return ranked_result(
        rank_voices(run_config("rank", target, flags, options), events_of(options))
    )


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
        "score": {"scoring": scoring, "encoders": list_of(encoders)},
        "rank": {"voices_path": path_of(voices)},
        "held_out": {"is_wanted": held_out},
        "population": {"n_voices": top},
        "interpolate": {"is_exhaustive": exhaustive or None},
    }
    config = run_config("interpolate", target, flags, options)
    return search_result(run_search(config, events_of(options)))


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
        "score": {"scoring": scoring, "encoders": list_of(encoders)},
        "rank": {"voices_path": path_of(voices)},
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
    config = run_config("walk", target, flags, options)
    return search_result(run_search(config, events_of(options)))


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
    flags = {"score": {"scoring": scoring, "encoders": list_of(encoders)}}
    config = run_config("score", target, flags, options)
    judge = judge_all if held_out else None
    return ranked_result(rank_voices(config, events_of(options), specs, judge=judge))


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

    prepare()
    with RunStore.open(Path(options.get("out_dir", OUT_DIR))) as store:
        record = find_resumable(store, run)
    result = resume_run(record, events_of(options))
    if isinstance(result, Narrated):
        return narration_result(result)
    return ranked_result(result) if isinstance(result, Ranked) else search_result(result)
