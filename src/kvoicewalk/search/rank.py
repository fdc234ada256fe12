"""Ranks stock voices against a target: a race, or all of them in full.

The race has three heats, each on the likest of the heat before: every voice speaks one short
screening text; nearly half of them speak the target text; a fifth speak the probe text, too, and
are scored. Each voice stands above those that left in an earlier heat.
"""

import math
from collections.abc import Callable, Iterator, Sequence

from kvoicewalk.config import RankConfig
from kvoicewalk.evaluate import Evaluator, Executor
from kvoicewalk.search.base import RankStep
from kvoicewalk.voices import Voice

MIN_HEARD = 2  # a search needs two voices to start from


def rank(
    voices: Sequence[Voice],
    evaluator: Evaluator,
    config: RankConfig,
    executor: Executor,
    is_late: Callable[[], bool] = lambda: False,
) -> Iterator[RankStep]:
    """Yields a step for each voice heard; `standings` orders them.

    Args:
        voices: to be ranked.
        evaluator: hears them.
        config: the race.
        executor: lets them speak.
        is_late: ends a heat once two voices of it were heard; the likest so far go on.

    Raises:
        SynthError: a voice does not speak on this model.
    """
    finalists = list(voices)
    screened: dict[str, float] = {}
    n_finalists = max(config.n_finalists_min, math.ceil(len(voices) * config.finalist_share))
    if not config.is_full and n_finalists < len(voices):
        found = executor.map(lambda v: evaluator.screen(v, config.screening_text), voices)
        for n_done, (voice, similarity) in enumerate(zip(voices, found, strict=True), 1):
            screened[voice.name] = similarity
            yield RankStep("screen", voice.name, similarity, None, None, n_done, len(voices))
            if n_done >= MIN_HEARD and is_late():
                break
        shortlist_share = max(config.shortlist_share, config.finalist_share)
        n_shortlisted = max(n_finalists, math.ceil(len(voices) * shortlist_share))
        shortlist = _likest([v for v in voices if v.name in screened], screened, n_shortlisted)
        compared: dict[str, float] = {}
        found = executor.map(evaluator.compare, shortlist)
        for n_done, (voice, similarity) in enumerate(zip(shortlist, found, strict=True), 1):
            name = voice.name
            compared[name] = similarity
            yield RankStep(
                "compare", name, screened[name], similarity, None, n_done, len(shortlist)
            )
            if n_done >= MIN_HEARD and is_late():
                break
        heard = [voice for voice in shortlist if voice.name in compared]
        finalists = _likest(heard, compared, n_finalists)
    for n_done, evaluation in enumerate(executor.map(evaluator.evaluate, finalists), 1):
        yield RankStep(
            "score",
            evaluation.voice_name,
            screened.get(evaluation.voice_name),
            evaluation.target_similarity,
            evaluation.score,
            n_done,
            len(finalists),
        )
        if n_done >= MIN_HEARD and is_late():
            break


def _likest(voices: Sequence[Voice], likeness: dict[str, float], n_kept: int) -> list[Voice]:
    return sorted(voices, key=lambda v: (-likeness[v.name], v.name))[:n_kept]
