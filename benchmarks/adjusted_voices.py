"""What does `kvw voices adjust` reach on texts that it never spoke, and what does it cost?

    uv run --group real python -m benchmarks.adjusted_voices [--voices af_heart am_michael]

On the real Kokoro (`make real`). Each voice is adjusted in one thing at a time and speaks five
sentences that no adjustment speaks; printed is how far pitch (semitones), pace (ratio of
durations) and brightness (dB) came, the likeness to the voice it was made from by each encoder (the
cosine to the centroid of the original's sentences; in brackets the original's own, each sentence
left out in turn), DNSMOS of both, and the seconds that it took.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.real_likeness import SEED, SENTENCES, Judges
from kvoicewalk.environment import prepare_process
from tools.real_kokoro import kit_dir

CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("pitch +2", {"pitch_semitones": 2}),
    ("pitch −2", {"pitch_semitones": -2}),
    ("pitch +4", {"pitch_semitones": 4}),
    ("pace 1.15", {"pace": 1.15}),
    ("pace 0.85", {"pace": 0.85}),
    ("liveliness 1.3", {"liveliness": 1.3}),
    ("brightness +3 dB", {"brightness_db": 3}),
    ("brightness −3 dB", {"brightness_db": -3}),
)
HEADER = "| voice | change | pitch | range | pace | brightness | Resemblyzer | CAM++ | DNSMOS | s |"


class Figures:
    """What is heard of one voice."""

    def __init__(self, judges: Judges, voice: Any) -> None:
        """Speaks the sentences and measures them."""
        import torch

        from kvoicewalk.brightness import brightness_db
        from kvoicewalk.judges.dnsmos import Dnsmos
        from kvoicewalk.scoring.prosody import measure_prosody

        speech = [judges.synthesizer.speak(text, voice, seed=SEED) for text in SENTENCES]
        prosody = measure_prosody(speech)
        self.pitch, self.range = prosody.pitch_semitones, prosody.range_semitones
        self.seconds = sum(one.duration_s for one in speech)
        self.brightness = statistics.fmean(
            float(brightness_db(torch.from_numpy(one.samples))) for one in speech
        )
        self.dnsmos = Dnsmos().judge(speech, [])
        self.embeddings = [judges.encoders.embed(one) for one in speech]


def likeness(own: Sequence[Any], others: Sequence[Any]) -> dict[str, float]:
    """Returns the mean cosine by each encoder to the centroid of the others."""
    from kvoicewalk.scoring.speaker import compare, mean_similarities, pool

    return mean_similarities([compare(one, pool(list(others))) for one in own])


def main() -> None:
    """Adjusts, speaks, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--voices", nargs="+", default=["af_heart", "am_michael"])
    options = parser.parse_args()
    prepare_process()
    import kvoicewalk
    from kvoicewalk.scoring.speaker import mean_similarities

    judges = Judges()
    print(
        "| voice | change | pitch | range | pace | brightness | Resemblyzer | CAM++ | DNSMOS | s |"
    )
    print("|---" * HEADER.count(" |") + "|")
    for name in options.voices:
        before = Figures(judges, judges.model.voices.load(name))
        heard = before.embeddings
        top = mean_similarities(
            [likeness([one], [*heard[:i], *heard[i + 1 :]]) for i, one in enumerate(heard)]
        )
        for label, change in CASES:
            started = time.monotonic()
            voice = kvoicewalk.adjust(name, model=str(kit_dir() / "kokoro"), **change)
            took_s = time.monotonic() - started
            after = Figures(judges, voice)
            like = likeness(after.embeddings, heard)
            ears = " | ".join(f"{like[key]:.3f} ({top[key]:.3f})" for key in like)
            print(
                f"| {name} | {label} | {after.pitch - before.pitch:+.1f} | "
                f"{after.range / before.range:.2f} | {before.seconds / after.seconds:.2f} | "
                f"{after.brightness - before.brightness:+.1f} | {ears} | "
                f"{before.dnsmos:.2f} → {after.dnsmos:.2f} | {took_s:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
