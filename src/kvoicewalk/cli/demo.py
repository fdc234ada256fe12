"""`kvw demo`: the whole way from a recording to a spoken wav, on the embedded model."""

from pathlib import Path

from kvoicewalk.bundle import bundled_dir
from kvoicewalk.cli import options
from kvoicewalk.cli.inputs import common_flags, target_flags
from kvoicewalk.cli.output import Output
from kvoicewalk.cli.shown import ShownEvents, show_ranking

DEMO_TEXT = "This voice came closest to the recording. Now try one of your own."


def demo(
    out: options.OutOption = None,
    threads: options.ThreadsOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Try it all on the embedded model: no download.

    Ranks its voices against a bundled recording, then speaks with the best. The embedded model
    is a small stand-in for Kokoro-82M, made for trying things out.
    """
    from kvoicewalk.app.events import Events
    from kvoicewalk.app.narrate import narrate
    from kvoicewalk.app.rank import rank_voices
    from kvoicewalk.app.settings import resolve

    examples = bundled_dir("examples")
    output = Output(json, quiet)
    flags = {
        **common_flags("mini", "cpu", threads, out=out),
        **target_flags([examples / "target.wav"], None, examples / "target.txt"),
        "rank": {"is_full": True},
    }
    config = resolve("rank", flags)
    output.note(f"target: {examples / 'target.wav'}, model: mini (embedded, no product voice)")
    ranked = rank_voices(config, ShownEvents(output))
    best = Path(ranked.data["best"]["voice_path"])
    wav_path = best.with_name("demo.wav")
    spoken = resolve("speak", common_flags("mini", "cpu", threads, out=out))
    narrate(spoken, str(best), DEMO_TEXT, wav_path, Events())
    ranked.data["demo_wav_path"] = str(wav_path)
    show_ranking(ranked, output)
    output.note(f'It says "{DEMO_TEXT}" in {wav_path}')
