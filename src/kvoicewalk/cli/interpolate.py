"""`kvw interpolate`: blends of the likest stock voices."""

from typing import Annotated

import typer

from kvoicewalk.cli import options
from kvoicewalk.cli.inputs import common_flags, score_flags, target_flags, worker_flags
from kvoicewalk.cli.output import Output
from kvoicewalk.cli.shown import ShownEvents, show_search
from kvoicewalk.defaults import N_START_VOICES


def interpolate(
    targets: options.TargetsArgument = None,
    top: Annotated[
        int | None,
        typer.Option(
            "--top",
            min=2,
            max=100,
            help=f"How many of the closest voices to pair. [default: {N_START_VOICES}]",
        ),
    ] = None,
    exhaustive: Annotated[
        bool,
        typer.Option("--exhaustive", help="Every pair at every step of the grid: 1,395 blends."),
    ] = False,
    channel: options.ChannelOption = None,
    text: options.TextOption = None,
    text_file: options.TextFileOption = None,
    transcribe: options.TranscribeOption = False,
    voices: options.VoicesOption = None,
    scoring: options.ScoringOption = None,
    encoders: options.EncodersOption = None,
    held_out: options.HeldOutOption = None,
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
    """Blend pairs of the closest stock voices, and keep the best blends.

    Without TARGET it goes on from the latest run. What it keeps is where 'kvw walk' starts.
    """
    from kvoicewalk.app.handover import search_config
    from kvoicewalk.app.search_run import run_search

    output = Output(json, quiet)
    events = ShownEvents(output, has_lines=True)
    flags = {
        **common_flags(model, device, threads, seed, out, lang),
        **target_flags(targets or [], text, text_file, transcribe, channel),
        **score_flags(scoring, encoders),
        **worker_flags(workers, executor, address, gpus_per_worker),
        "rank": {"voices_path": str(voices.absolute()) if voices else None},
        "held_out": {"is_wanted": held_out},
        "population": {"n_voices": top},
        "interpolate": {"is_exhaustive": exhaustive or None},
    }
    resolved = search_config("interpolate", flags, config, events)
    show_search(run_search(resolved, events), output)
