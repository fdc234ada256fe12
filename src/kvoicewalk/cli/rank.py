"""`kvw rank`: which stock voice comes closest to a recording."""

from pathlib import Path
from typing import Annotated

import typer

from kvoicewalk.cli import options
from kvoicewalk.cli.inputs import common_flags, score_flags, target_flags, worker_flags
from kvoicewalk.cli.output import Output
from kvoicewalk.cli.shown import ShownEvents, show_ranking


def rank(
    targets: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="TARGET...", help="Recordings of one speaker: wav, flac, mp3, ogg and more."
        ),
    ] = None,
    channel: options.ChannelOption = None,
    text: options.TextOption = None,
    text_file: options.TextFileOption = None,
    transcribe: options.TranscribeOption = False,
    full: Annotated[
        bool, typer.Option("--full", help="Score every voice in full; no screening.")
    ] = False,
    voices: options.VoicesOption = None,
    scoring: options.ScoringOption = None,
    encoders: options.EncodersOption = None,
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
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    config: options.ConfigOption = None,
) -> None:
    """Rank the stock voices by likeness to a recording, best first.

    Every voice is tried on a short text; only the closest get a full score. The best one is saved
    as a voice and a wav.
    """
    from kvoicewalk.app.rank import rank_voices
    from kvoicewalk.app.settings import resolve

    if not targets and config is None:
        raise typer.BadParameter("name at least one recording, or --config.", param_hint="TARGET")
    flags = {
        **common_flags(model, device, threads, seed, out, lang),
        **target_flags(targets or [], text, text_file, transcribe, channel),
        **score_flags(scoring, encoders),
        **worker_flags(workers, executor, address, gpus_per_worker),
        "rank": {
            "is_full": full or None,
            "voices_path": str(voices.absolute()) if voices else None,
        },
    }
    output = Output(json, quiet)
    show_ranking(rank_voices(resolve("rank", flags, config), ShownEvents(output)), output)
