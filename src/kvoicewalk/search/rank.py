"""Ranks stock voices against a target: a race, or all of them in full.

The race has three heats, each on the likest of the heat before: every voice speaks one short
screening text; nearly half of them speak the target text; a fifth speak the probe text, too, and
are scored. Each voice stands above those that left in an earlier heat.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from kvoicewalk.config import RankConfig
from kvoicewalk.errors import SynthError
from kvoicewalk.evaluate import Evaluator, Executor
from kvoicewalk.search.base import RankStep
from kvoicewalk.voices import Voice

R = TypeVar("R")
MIN_HEARD = 2  # a search needs two voices to start from


def rank(
    voices: Sequence[Voice],
    evaluator: Evaluator,
    config: RankConfig,
    executor: Executor,
    is_late: Callable[[], bool] = lambda: False,
) -> Iterator[RankStep]:
    """Yields a step for each voice heard; `standings` orders them.

    A voice that gives no speech leaves the race; its step says so.

    Args:
        voices: to be ranked.
        evaluator: hears them.
        config: the race.
        executor: lets them speak.
        is_late: ends a heat once two voices of it were heard; the likest so far go on.
    """
    finalists = list(voices)
    screened: dict[str, float] = {}
    n_finalists = max(config.n_finalists_min, math.ceil(len(voices) * config.finalist_share))
    if not config.is_full and n_finalists < len(voices):
        found = executor.map(
            _unless_mute(lambda v: evaluator.screen(v, config.screening_text)), voices
        )
        for n_done, (voice, similarity) in enumerate(zip(voices, found, strict=True), 1):
            place = (n_done, len(voices))
            if similarity is not None:
                screened[voice.name] = similarity
            is_mute = similarity is None
            yield RankStep("screen", voice.name, similarity, None, None, *place, is_mute)
            if len(screened) >= MIN_HEARD and is_late():
                break
        shortlist_share = max(config.shortlist_share, config.finalist_share)
        n_shortlisted = max(n_finalists, math.ceil(len(voices) * shortlist_share))
        shortlist = _likest(voices, screened, n_shortlisted)
        compared: dict[str, float] = {}
        found = executor.map(_unless_mute(evaluator.compare), shortlist)
        for n_done, (voice, similarity) in enumerate(zip(shortlist, found, strict=True), 1):
            name = voice.name
            place = (n_done, len(shortlist))
            if similarity is not None:
                compared[name] = similarity
            is_mute = similarity is None
            yield RankStep("compare", name, screened[name], similarity, None, *place, is_mute)
            if len(compared) >= MIN_HEARD and is_late():
                break
        finalists = _likest(shortlist, compared, n_finalists)
    evaluations = executor.map(_unless_mute(evaluator.evaluate), finalists)
    for n_done, (voice, evaluation) in enumerate(zip(finalists, evaluations, strict=True), 1):
        yield RankStep(
            "score",
            voice.name,
            screened.get(voice.name),
            evaluation.target_similarity if evaluation else None,
            evaluation.score if evaluation else None,
            n_done,
            len(finalists),
            evaluation is None,
        )
        if n_done >= MIN_HEARD and is_late():
            break


def _unless_mute(hear: Callable[[Voice], R]) -> Callable[[Voice], R | None]:
    def task(voice: Voice) -> R | None:
        try:
            return hear(voice)
        except SynthError:
            return None

    return task


def _likest(voices: Sequence[Voice], likeness: dict[str, float], n_kept: int) -> list[Voice]:
    speaking = [voice for voice in voices if voice.name in likeness]
    return sorted(speaking, key=lambda v: (-likeness[v.name], v.name))[:n_kept]
