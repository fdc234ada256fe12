"""Does the verdict tell an overfitted voice from a good one?

    uv run python -m benchmarks.overfit [--targets linda,paul,m6,2033] [--lessons 100]

For each target three voices: one tuned on the search's text with the speaker encoder alone (no
pitch, no pace, no prior, one text); the same, but in the one style row that this text uses; and
that of `kvw walk --method auto`, its first 12 steps. All start at the likest stock voice. The
tuned voices' text is a short one, of 3 to 4 s, which is easier to overfit; that of `auto` is the
default one.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.bench_targets import SHORT_TEXT, BenchTarget, Desk, open_target
from benchmarks.time_to_likeness import N_POPULATION
from kvoicewalk.app.method import make_search_setup
from kvoicewalk.app.session import Session
from kvoicewalk.app.start import StartVoices
from kvoicewalk.config import (
    GradientConfig,
    ModelConfig,
    RunConfig,
    ScoreConfig,
    WalkConfig,
)
from kvoicewalk.evaluate import Evaluator
from kvoicewalk.held_out import make_yardstick, measure_held_out
from kvoicewalk.loss import GradientLoss, ProsodyChange, speaker_terms
from kvoicewalk.models import Model, open_model
from kvoicewalk.scoring.speaker import compare, joint_similarity, mean_similarities
from kvoicewalk.search.gradient import GradientDescent
from kvoicewalk.search.loop import begin, search
from kvoicewalk.search.space import describe_population, make_smooth_space
from kvoicewalk.verdict import Standing, judge_standing
from kvoicewalk.voices import Voice

N_AUTO_STEPS = 12
ALL_WINDOWS = GradientConfig(partials_per_s=1.3)


@dataclass(frozen=True)
class Case:
    """One target, ranked.

    Attributes:
        evaluator: on the default texts.
        short: on the text that voices are overfitted to.
        ranked: all stock voices, likest first.
    """

    desk: Desk
    model: Model
    target: BenchTarget
    evaluator: Evaluator
    short: Evaluator
    ranked: list[Voice]

    def tuned(self, n_lessons: int) -> Voice:
        """Returns a voice tuned on the search's text with the encoder alone."""
        start, target = self.ranked[0], self.evaluator.scorer.target
        loss = GradientLoss(
            self.desk.synthesizer,
            speaker_terms(self.desk.encoders, target.embeddings, ALL_WINDOWS),
            start,
            ProsodyChange(None, None, None),
            [SHORT_TEXT],
            ALL_WINDOWS,
        )
        space = make_smooth_space("shared", start, describe_population(self.desk.voices))
        config = GradientConfig(n_lessons=n_lessons, first_lessons=n_lessons)
        return GradientDescent(space, loss.sample, None, config).ask().voice

    def in_one_row(self, tuned: Voice) -> Voice:
        """Returns the start voice with the tuned row at the search text's length alone."""
        rows = np.array(self.ranked[0].rows)
        for chunk in self.desk.synthesizer.phonemizer.phonemize(SHORT_TEXT).chunks:
            rows[len(chunk) - 1] = tuned.rows[len(chunk) - 1]
        return Voice("one row", rows)

    def auto(self) -> Voice:
        """Returns the voice of `auto`."""
        config = RunConfig(
            command="walk",
            model=ModelConfig(name="mini", device="cpu"),
            walk=WalkConfig(method="auto", n_steps=N_AUTO_STEPS),
        )
        voices = self.ranked[:N_POPULATION]
        population = StartVoices([v.name for v in voices], voices, voices[0], self.desk.voices)
        session = Session(
            config, self.model, self.desk.synthesizer, self.evaluator, self.target.clips
        )
        method = make_search_setup(session, population)
        progress = begin(method.space, self.evaluator, method.base.name)
        for _ in search(method.optimizer, self.evaluator, progress, config.walk):
            pass
        return progress.incumbent.voice

    def standing(self, voice: Voice, evaluator: Evaluator) -> Standing:
        """Judges a voice as the end of a run on the evaluator's text does."""
        desk, floor = self.desk, self.ranked[0]
        yardstick = make_yardstick(self.target.clips, desk.encoders)
        own, below = (
            measure_held_out(one, yardstick.references, desk.synthesizer, desk.encoders, n_seeds=1)
            for one in (voice, floor)
        )
        searched = [
            joint_similarity(
                mean_similarities(
                    [compare(evaluator.embeddings(one), each) for each in yardstick.references]
                )
            )
            for one in (voice, floor)
        ]
        return Standing(own, below, floor.name, yardstick.ceiling, *searched)


def open_case(desk: Desk, model: Model, name: str) -> Case:
    """Ranks the stock voices against a target."""
    target = open_target(name, desk.encoders)
    evaluator, short = (
        desk.evaluator(target, ScoreConfig(), is_short=is_short) for is_short in (False, True)
    )
    return Case(desk, model, target, evaluator, short, desk.ranked(evaluator))


def voices_of(case: Case, n_lessons: int) -> Iterator[tuple[str, Voice, Evaluator]]:
    """Yields what is judged, and the evaluator of its own text."""
    tuned = replace(case.tuned(n_lessons), name="tuned")
    yield "one text", tuned, case.short
    yield "one text, one row", case.in_one_row(tuned), case.short
    yield "auto", case.auto(), case.evaluator
    yield "the best stock voice", case.ranked[0], case.evaluator


def main() -> None:
    """Prints the verdicts."""
    parser = argparse.ArgumentParser(description="Judges overfitted voices beside good ones.")
    parser.add_argument("--targets", default="linda,paul,m6,2033")
    parser.add_argument("--lessons", type=int, default=100)
    options = parser.parse_args()
    model = open_model(ModelConfig(name="mini", device="cpu"))
    desk = Desk.on(model)
    table = Table("target", "voice", "own text", "new texts", "floor", "ceiling", "lost", "share",
                  "least share of a length", "verdict", box=None, pad_edge=False)  # fmt: skip
    for name in options.targets.split(","):
        case = open_case(desk, model, name)
        for what, voice, evaluator in voices_of(case, options.lessons):
            standing = case.standing(voice, evaluator)
            table.add_row(
                name, what, f"{standing.voice_search:.3f}",
                f"{standing.voice.target_similarity:.3f}",
                f"{standing.floor.target_similarity:.3f}", f"{standing.ceiling:.3f}",
                f"{standing.lost:+.3f}", f"{standing.share or 0:.2f}",
                f"{min(standing.length_shares.values()):.2f}", judge_standing(standing).words,
            )  # fmt: skip
    Console(width=220).print(table)


if __name__ == "__main__":
    main()
