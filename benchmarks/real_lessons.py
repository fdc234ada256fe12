"""How does a setting of the gradient change what so many lessons bring?

    uv run --group real python -m benchmarks.real_lessons --out FOLDER [--speaker 2414]
        [--lessons 24 48 72] [--set prior_weight=0.06 rate=0.3 …]

On the real Kokoro (`make real`), from the guess of the speaker's timbre as it is: so many lessons
with `gradient`'s settings as named, and then the cosine by each encoder and the share of the gap
on the sentences and clips of benchmarks/real_likeness.py, which no lesson speaks, DNSMOS, and how
far the voice lies from the stock voices (1 is typical of one that the others have not seen).
Lessons are counted, not timed: other programs may run beside it.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from benchmarks.real_likeness import TARGETS, Judges, guess, opened, shares, split_clips
from kvoicewalk.environment import prepare_process


def main() -> None:
    """Learns, judges, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--speaker", default=TARGETS[0])
    parser.add_argument("--lessons", type=int, nargs="+", default=[24, 48, 72])
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    prepare_process()
    from kvoicewalk.app.method import make_search_setup
    from kvoicewalk.audio import read_utterance
    from kvoicewalk.search.prior import fit_prior
    from kvoicewalk.search.space import describe_population
    from kvoicewalk.voices import load_voice

    own = options.out / options.speaker
    own.mkdir(parents=True, exist_ok=True)
    target, judging = split_clips(options.speaker, own)
    pairs = (one.partition("=") for one in options.set)
    gradient = {key: json.loads(value) for key, _, value in pairs}
    stock_path, guess_path = guess(target, own)
    voices = []
    with opened(target, own, {"gradient": gradient}) as (session, population):
        prior = fit_prior(describe_population(population.stock).row_means)
        leader = make_search_setup(
            session, replace(population, start=load_voice(guess_path))
        ).leader
        assert leader is not None
        for n_lessons in options.lessons:
            voices.append(leader.learn(n_lessons - leader.n_lessons, f"{n_lessons} lessons"))
            print(f"{n_lessons} lessons", flush=True)
    judges, clips = Judges(), [read_utterance(path) for path in judging]
    top = judges.ceiling(clips)
    below = judges.hear(load_voice(stock_path), clips)["similarity"]
    print(f"{options.speaker}, {' '.join(options.set) or 'defaults'}")
    for voice in voices:
        heard = judges.hear(voice, clips)
        found = shares(heard["similarity"], below, top)
        parts = [f"{n} {heard['similarity'][n]:.3f} ({part:.2f})" for n, part in found.items()]
        print(
            f"{voice.name}: {', '.join(parts)}, DNSMOS {heard['dnsmos']:.2f}, prior "
            f"{prior.value(voice):.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
