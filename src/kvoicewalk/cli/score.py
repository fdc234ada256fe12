"""`kvw score`: how close given voices are to a recording."""

from pathlib import Path
from typing import Annotated

import typer

from kvoicewalk.cli import candidates, options
from kvoicewalk.cli.inputs import common_flags, score_flags, target_flags
from kvoicewalk.cli.output import Output
from kvoicewalk.cli.shown import ShownEvents, show_ranking


def score(
    voices: Annotated[
        list[str],
        typer.Argument(
            metavar="VOICE...",
            help="Voice files, names of stock voices, or mixes.",
            autocompletion=candidates.voices,
        ),
    ],
    target: Annotated[
        list[Path] | None,
        typer.Option(
            "--target",
            "-t",
            help="Recording; repeat the option for more clips. [default: the latest run's]",
        ),
    ] = None,
    channel: options.ChannelOption = None,
    text: options.TextOption = None,
    text_file: options.TextFileOption = None,
    transcribe: options.TranscribeOption = False,
    held_out: Annotated[
        bool,
        typer.Option(
            "--held-out",
            help="Also test each voice, and the best stock voice, on texts never used in a search.",
        ),
    ] = False,
    scoring: options.ScoringOption = None,
    encoders: options.EncodersOption = None,
    model: options.ModelOption = None,
    lang: options.LangOption = None,
    device: options.DeviceOption = None,
    threads: options.ThreadsOption = None,
    seed: options.SeedOption = None,
    out: options.OutOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    config: options.ConfigOption = None,
) -> None:
    """Score voices against a recording, best first.

    Without --target, the latest run's target, text and model are used.
    """
    from kvoicewalk.app.handover import fit_for_model, latest_search
    from kvoicewalk.app.judge import judge_all
    from kvoicewalk.app.rank import rank_voices
    from kvoicewalk.app.settings import resolve
    from kvoicewalk.app.start import known_floor
    from kvoicewalk.app.voice_spec import model_of_voice, refuse_recordings
    from kvoicewalk.models import stock_voice_source

    refuse_recordings(voices)
    output = Output(json, quiet)
    events = ShownEvents(output)
    models = [model_of_voice(voice) for voice in voices]  # before an earlier run is looked for
    named = model or next(filter(None, models), None)
    out_dir = out or resolve("score", {}, config).out_dir
    has_target = bool(target) or config is not None
    base = None if has_target else latest_search(out_dir, events)
    flags = {
        **common_flags(named, device, threads, seed, out, lang),
        **target_flags(target or [], text, text_file, transcribe, channel),
        **score_flags(scoring, encoders),
    }
    judge = judge_all if held_out else None
    resolved = resolve("score", flags, config, base and fit_for_model(base, named))
    if held_out:
        known_floor(resolved, stock_voice_source(resolved.model.name))  # before the slow part
    show_ranking(rank_voices(resolved, events, voices, judge=judge), output)
