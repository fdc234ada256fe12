"""Ranks stock voices against a target: a race, or all of them in full.

In the race every voice speaks one short screening text; the likest third then speaks the target
text and the probe text and is scored. The finalists stand above the rest.
"""

import math
from collections.abc import Iterator, Sequence

from kvoicewalk.config import RankConfig
from kvoicewalk.evaluate import Evaluator, Executor
from kvoicewalk.search.base import RankStep
from kvoicewalk.voices import Voice


def rank(
    voices: Sequence[Voice], evaluator: Evaluator, config: RankConfig, executor: Executor
) -> Iterator[RankStep]:
    """Yields a step for each voice heard; `standings` orders them.

    Raises:
        SynthError: a voice does not speak on this model.
    """
    screened: dict[str, float] = {}
    finalists = list(voices)
    if not config.is_full and len(voices) > n_finalists(len(voices), config):
        similarities = executor.map(lambda v: evaluator.screen(v, config.screening_text), voices)
        for n_done, (voice, similarity) in enumerate(zip(voices, similarities, strict=True), 1):
            screened[voice.name] = similarity
            yield RankStep("screen", voice.name, similarity, None, n_done, len(voices))
        finalists.sort(key=lambda v: (-screened[v.name], v.name))
        finalists = finalists[: n_finalists(len(voices), config)]
    evaluations = executor.map(evaluator.evaluate, finalists)
    for n_done, evaluation in enumerate(evaluations, 1):
        name = evaluation.voice_name
        yield RankStep("score", name, screened.get(name), evaluation.score, n_done, len(finalists))


def n_finalists(n_voices: int, config: RankConfig) -> int:
    """Returns how many voices are scored in full."""
    return max(config.n_finalists_min, math.ceil(n_voices * config.finalist_share))
