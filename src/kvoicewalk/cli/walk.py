"""`kvw walk`: search for a voice that is closer than any stock voice."""

from typing import Annotated, Literal

import typer

from kvoicewalk.cli import candidates, options
from kvoicewalk.cli.inputs import common_flags, score_flags, target_flags, worker_flags
from kvoicewalk.cli.output import Output
from kvoicewalk.cli.shown import ShownEvents, show_search
from kvoicewalk.defaults import N_KEPT, STEPS


def walk(
    targets: options.TargetsArgument = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start",
            metavar="VOICE",
            autocompletion=candidates.voices,
            help="Voice to start from. [default: the latest run's best voice; with TARGET the "
            "closest stock voice, or for random and cma the mean of the closest ones]",
        ),
    ] = None,
    method: options.MethodOption = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            min=1,
            help=f"Stop after this many steps. [default: {STEPS['auto']}; {STEPS['gradient']} for "
            f"gradient, {STEPS['random']} for random and cma; no limit with --minutes]",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", min=0.01, help="Stop after this many minutes."),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option("--patience", min=1, help="Stop after this many steps without improvement."),
    ] = None,
    params: Annotated[
        Literal["classic", "shared", "pca"] | None,
        typer.Option(
            "--params",
            metavar="KIND",
            help="What the search changes: pca or shared (one change for all text lengths), or "
            "classic (every number by itself, as the original). [default: by method]",
        ),
    ] = None,
    only: Annotated[
        Literal["timbre", "prosody"] | None,
        typer.Option(
            "--only",
            metavar="HALF",
            help="Change only timbre (tone of voice) or only prosody (pitch and rhythm).",
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep", min=1, help=f"How many improved voices to keep as files. [default: {N_KEPT}]"
        ),
    ] = None,
    islands: options.IslandsOption = None,
    channel: options.ChannelOption = None,
    text: options.TextOption = None,
    text_file: options.TextFileOption = None,
    transcribe: options.TranscribeOption = False,
    voices: options.VoicesOption = None,
    scoring: options.ScoringOption = None,
    encoders: options.EncodersOption = None,
    held_out: options.HeldOutOption = None,
    preview: options.PreviewOption = False,
    model: options.ModelOption = None,
    lang: options.LangOption = None,
    device: options.DeviceOption = None,
    threads: options.ThreadsOption = None,
    workers: options.WorkersOption = None,
    executor: options.ExecutorOption = None,
    address: options.AddressOption = None,
    gpus_per_worker: options.GpusOption = None,
    seed: options.SeedOption = None,
    out: options.OutOption = None,
    json: options.JsonLinesOption = False,
    quiet: options.QuietOption = False,
    config: options.ConfigOption = None,
) -> None:
    """Search for a voice closer to the recording, step by step.

    Each step tries a new voice; the one with the best score is kept. Without TARGET it goes on from
    the latest run. Stop it at any time with Ctrl-C; 'kvw runs resume' goes on.
    """
    from kvoicewalk.app.handover import search_config
    from kvoicewalk.app.search_run import run_search
    from kvoicewalk.app.voice_spec import absolute_spec, model_of_voice

    output = Output(json, quiet)
    events = ShownEvents(output, has_lines=True, has_previews=preview)
    flags = {
        **common_flags(
            model or (model_of_voice(start) if start else None), device, threads, seed, out, lang
        ),
        **target_flags(targets or [], text, text_file, transcribe, channel),
        **score_flags(scoring, encoders),
        **worker_flags(workers, executor, address, gpus_per_worker),
        "rank": {"voices_path": str(voices.absolute()) if voices else None},
        "held_out": {"is_wanted": held_out},
        "walk": {
            "method": method,
            "start": absolute_spec(start) if start else None,
            "n_steps": steps,
            "minutes": minutes,
            "patience": patience,
            "params": params,
            "only": only,
            "n_kept": keep,
            "n_islands": islands,
        },
    }
    resolved = search_config("walk", flags, config, events)
    show_search(run_search(resolved, events), output)
