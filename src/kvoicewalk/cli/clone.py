"""`kvw clone`: the whole way from a recording to a voice."""

from pathlib import Path
from typing import Annotated

import typer

from kvoicewalk.cli import options
from kvoicewalk.cli.inputs import common_flags, score_flags, target_flags, worker_flags
from kvoicewalk.cli.output import Output
from kvoicewalk.cli.shown import ShownEvents, show_search
from kvoicewalk.defaults import METHOD, STEPS


def clone(
    targets: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="TARGET...", help="Recordings of one speaker: wav, flac, mp3, ogg and more."
        ),
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            "--batch",
            metavar="PATH",
            help="Clone many speakers, one after the other or --workers at once: a table "
            "(speaker,path,words) or a folder of recordings. Stopped, the same command goes on.",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", min=0.01, help="Total time budget in minutes, for each speaker."),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            min=1,
            help=f"Stop the search after this many steps. [default: {STEPS[METHOD]}; "
            f"{STEPS['gradient']} for gradient, {STEPS['random']} for random and cma; no limit "
            "with --minutes]",
        ),
    ] = None,
    method: options.MethodOption = None,
    print_script: options.ScriptOption = None,
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
    """Make a voice that sounds like a recording: rank, search, judge.

    Ranks the stock voices, searches on from the closest one, and judges the result on texts that
    the search never spoke. Give the recording's words with --text to match its pace as well.
    """
    del print_script  # had its say before
    from kvoicewalk.app.search_run import run_search
    from kvoicewalk.app.settings import resolve

    if not targets and batch is None and config is None:
        raise typer.BadParameter("name at least one recording, or --config.", param_hint="TARGET")
    if batch is not None and (targets or text or text_file):
        raise typer.BadParameter(
            "the list names the recordings and their words; leave out the recordings, --text and "
            "--text-file.",
            param_hint="--batch",
        )
    flags = {
        **common_flags(model, device, threads, seed, out, lang),
        **target_flags(targets or [], text, text_file, transcribe, channel),
        **score_flags(scoring, encoders),
        **worker_flags(workers, executor, address, gpus_per_worker),
        "rank": {"voices_path": str(voices.absolute()) if voices else None},
        "held_out": {"is_wanted": held_out},
        "walk": {"method": method, "n_steps": steps, "minutes": minutes, "n_islands": islands},
    }
    output = Output(json, quiet)
    if batch is not None:
        from kvoicewalk.cli.batch import clone_batch

        clone_batch(batch, flags, config, output)
        return
    events = ShownEvents(output, has_lines=True, has_previews=preview)
    show_search(run_search(resolve("clone", flags, config), events), output)
