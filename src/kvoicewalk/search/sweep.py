"""Interpolation: the voices on, and a little beyond, the lines between pairs of stock voices.

The full grid tries every pair at every α. Coarse to fine hears each pair at its middle, goes on
with the likest pairs only, and closes in on each one's best α by halving the distance between
tries. Voices at α = ±1 are the stock voices themselves and are not spoken again.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kvoicewalk.config import InterpolateConfig
from kvoicewalk.evaluate import Evaluation, Evaluator
from kvoicewalk.mutate import blend
from kvoicewalk.voices import Voice

N_DIGITS = 2  # of α in names, and on the grid


@dataclass(frozen=True)
class SweepStep:
    """One blend heard.

    Attributes:
        number: from 1.
        pair: names of a and b.
        alpha: 1 is a, −1 is b.
        evaluation: of the blend.
        voice: the blend.
        n_total: blends that will be heard, as far as is known now.
    """

    number: int
    pair: tuple[str, str]
    alpha: float
    evaluation: Evaluation
    voice: Voice = field(repr=False)
    n_total: int

    @property
    def score(self) -> float:
        """0 to 100; 0 where the gate closed."""
        return self.evaluation.score.score if self.evaluation.score else 0.0


def grid(config: InterpolateConfig) -> tuple[float, ...]:
    """Returns every α of the full grid, from −1.5 to 1.5."""
    n_steps = round(2 * config.max_alpha / config.step)
    return tuple(round(-config.max_alpha + k * config.step, N_DIGITS) for k in range(n_steps + 1))


def blend_voices(a: Voice, b: Voice, alpha: float) -> Voice:
    """Returns a blend under a name that says how it was made: `a:0.75,b:0.25`."""
    near = round((1 + alpha) / 2, N_DIGITS + 1)
    return Voice(f"{a.name}:{near:g},{b.name}:{1 - near:g}", blend(a.rows, b.rows, alpha))


def interpolate(
    voices: Sequence[Voice], evaluator: Evaluator, config: InterpolateConfig
) -> Iterator[SweepStep]:
    """Yields each blend as it is heard.

    Args:
        voices: likest first; the first `n_voices` of them are paired.
        evaluator: scores.
        config: grid, and how much of it is tried.

    Raises:
        SynthError: a blend gives no finite speech.
    """
    pairs = list(itertools.combinations(voices[: config.n_voices], 2))
    heard = _Heard(evaluator)
    if config.is_exhaustive:
        points = [(pair, alpha) for pair in pairs for alpha in grid(config)]
        for pair, alpha in points:
            yield heard.step(pair, alpha, len(points))
        return
    n_fine = 2 * _n_halvings(config)
    n_total = len(pairs) + config.n_fine_pairs * (n_fine + 2)
    middles = []
    for pair in pairs:
        step = heard.step(pair, 0.0, n_total)
        middles.append((step.score, pair))
        yield step
    middles.sort(key=lambda entry: -entry[0])
    for score, pair in middles[: config.n_fine_pairs]:
        yield from _close_in(pair, score, heard, config, n_total)


def _close_in(
    pair: tuple[Voice, Voice],
    score: float,
    heard: "_Heard",
    config: InterpolateConfig,
    n_total: int,
) -> Iterator[SweepStep]:
    """Tries both sides of the best α so far, halving the distance until it is the grid's."""
    best, distance = 0.0, 1.0
    known = {0.0: score}
    while distance >= config.step / 2:
        for side in (best - distance, best + distance):
            alpha = round(round(side / config.step) * config.step, N_DIGITS)
            if abs(alpha) > config.max_alpha or alpha in known:
                continue
            step = heard.step(pair, alpha, n_total)
            known[alpha] = step.score
            yield step
        best = max(known, key=lambda alpha: (known[alpha], -abs(alpha)))
        distance /= 2


def _n_halvings(config: InterpolateConfig) -> int:
    distance, n_halvings = 1.0, 0
    while distance >= config.step / 2:
        distance, n_halvings = distance / 2, n_halvings + 1
    return n_halvings


@dataclass
class _Heard:
    """Counts what is heard; the evaluator's memory keeps pure voices from being spoken again."""

    evaluator: Evaluator
    n_heard: int = 0

    def step(self, pair: tuple[Voice, Voice], alpha: float, n_total: int) -> SweepStep:
        a, b = pair
        self.n_heard += 1
        voice = blend_voices(a, b, alpha)
        return SweepStep(
            self.n_heard, (a.name, b.name), alpha, self.evaluator.evaluate(voice), voice, n_total
        )
