"""Ranks stock voices against a target: a race, or all of them in full.

The race has three heats, each on the likest of the heat before: every voice speaks one short
screening text; nearly half of them speak the target text; a fifth speak the probe text, too, and
are scored. Each voice stands above those that left in an earlier heat.
"""

import math
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kvoicewalk.config import RankConfig
from kvoicewalk.evaluate import Evaluation, Evaluator
from kvoicewalk.requests import Executor, Request
from kvoicewalk.search.base import RankStep
from kvoicewalk.voices import Voice

MIN_HEARD = 2  # a search needs two voices to start from


def rank(
    voices: Sequence[Voice],
    evaluator: Evaluator,
    config: RankConfig,
    executor: Executor,
    is_late: Callable[[], bool] = lambda: False,
    known: Mapping[str, float] | None = None,
    heard_too: Collection[str] = (),
) -> Iterator[RankStep]:
    """Yields a step for each voice heard; `standings` orders them.

    A voice that gives no speech leaves the race; its step says so.

    Args:
        voices: to be ranked.
        evaluator: tells what a likeness is worth.
        config: the race.
        executor: hears them.
        is_late: ends a heat once two voices of it were heard; the likest so far go on.
        known: each voice's likeness, where it was measured before; then nobody is screened, and
            only the likeliest `n_known_heard` speak the target text.
        heard_too: names of voices that speak it in any case.
    """
    finalists, screened = list(voices), dict[str, float]()
    n_finalists = max(config.n_finalists_min, math.ceil(len(voices) * config.finalist_share))
    if known is not None and not config.is_full:
        screened = dict(known)
        for n_done, voice in enumerate(voices, 1):
            place = (n_done, len(voices))
            alike = evaluator.scorer.likeness(known[voice.name])
            yield RankStep(
                "screen", voice.name, known[voice.name], None, None, *place, False, alike
            )
        finalists = _likest(voices, screened, config.n_known_heard)
        likest = {voice.name for voice in finalists}
        finalists += [v for v in voices if v.name in heard_too and v.name not in likest]
    elif not config.is_full and n_finalists < len(voices):
        race = _Race(evaluator, config, executor, is_late)
        screened = yield from race.screen(voices)
        shortlist_share = max(config.shortlist_share, config.finalist_share)
        n_shortlisted = max(n_finalists, math.ceil(len(voices) * shortlist_share))
        shortlist = _likest(voices, screened, n_shortlisted)
        compared = yield from race.compare(shortlist, screened)
        finalists = _likest(shortlist, compared, n_finalists)
    replies = executor.run(Request("score", voice) for voice in finalists)
    for n_done, (voice, reply) in enumerate(zip(finalists, replies, strict=True), 1):
        evaluation = reply if isinstance(reply, Evaluation) else None
        yield RankStep(
            "score",
            voice.name,
            screened.get(voice.name),
            evaluation.target_similarity if evaluation else None,
            evaluation.score if evaluation else None,
            n_done,
            len(finalists),
            evaluation is None,
            evaluation.likeness if evaluation else None,
            evaluation.similarities if evaluation else {},
        )
        if n_done >= MIN_HEARD and is_late():
            break


@dataclass(frozen=True)
class _Race:
    """The heats before the last; each returns the likeness of those who spoke, by name."""

    evaluator: Evaluator
    config: RankConfig
    executor: Executor
    is_late: Callable[[], bool]

    def screen(self, voices: Sequence[Voice]) -> Generator[RankStep, None, dict[str, float]]:
        """Lets all speak the screening text."""
        text, heard = self.config.screening_text, dict[str, float]()
        replies = self.executor.run(Request("screen", voice, text=text) for voice in voices)
        for n_done, (voice, reply) in enumerate(zip(voices, replies, strict=True), 1):
            similarity = reply if isinstance(reply, float) else None
            if similarity is not None:
                heard[voice.name] = similarity
            place = (n_done, len(voices), similarity is None, self._likeness(similarity))
            yield RankStep("screen", voice.name, similarity, None, None, *place)
            if len(heard) >= MIN_HEARD and self.is_late():
                break
        return heard

    def compare(
        self, voices: Sequence[Voice], screened: Mapping[str, float]
    ) -> Generator[RankStep, None, dict[str, float]]:
        """Lets the likest speak the target text."""
        heard = dict[str, float]()
        replies = self.executor.run(Request("compare", voice) for voice in voices)
        for n_done, (voice, reply) in enumerate(zip(voices, replies, strict=True), 1):
            name, similarity = voice.name, reply if isinstance(reply, float) else None
            if similarity is not None:
                heard[name] = similarity
            place = (n_done, len(voices), similarity is None, self._likeness(similarity))
            yield RankStep("compare", name, screened[name], similarity, None, *place)
            if len(heard) >= MIN_HEARD and self.is_late():
                break
        return heard

    def _likeness(self, similarity: float | None) -> float | None:
        return None if similarity is None else self.evaluator.scorer.likeness(similarity)


def _likest(voices: Sequence[Voice], likeness: dict[str, float], n_kept: int) -> list[Voice]:
    speaking = [voice for voice in voices if voice.name in likeness]
    return sorted(speaking, key=lambda v: (-likeness[v.name], v.name))[:n_kept]
