"""Answers requests with one evaluator: what each worker does, and a search that has none."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from kvoicewalk.audio import Utterance
from kvoicewalk.errors import AudioError, SynthError
from kvoicewalk.evaluate import Evaluator
from kvoicewalk.loss import GradientLoss
from kvoicewalk.requests import Reply, Request
from kvoicewalk.synth_together import SpeechRequest, frames_that_fit, speak_together
from kvoicewalk.voices import Voice


@dataclass
class Bench:
    """Hears voices.

    Attributes:
        evaluator: scores them.
        loss: gives lessons; None until a search by gradient is prepared.
    """

    evaluator: Evaluator
    loss: GradientLoss | None = None

    def hear(self, request: Request) -> Reply:
        """Returns the reply to a request; None where the voice gives no speech."""
        try:
            return self._hear(request)
        except (SynthError, AudioError):
            return None

    def hear_all(self, requests: Sequence[Request]) -> list[Reply]:
        """Returns the replies to several requests whose texts are spoken in one pass.

        All speak the target text first; the second text is spoken by those alone whom the gate let
        pass.
        """
        if len(requests) > 1 and all(one.stage == "lesson" for one in requests):
            return self._teach(requests)
        self._speak_ahead(requests, self.evaluator.text, ("score", "compare", "glance"))
        for text in {request.text for request in requests if request.stage == "screen"}:
            self._speak_ahead([one for one in requests if one.text == text], text, ("screen",))
        passed = [one for one in requests if one.stage == "score" and self._passes(one)]
        self._speak_ahead(passed, self.evaluator.probe_text, ("score",))
        replies = [self.hear(request) for request in requests]
        self.evaluator.forget_ahead()
        return replies

    def _teach(self, requests: Sequence[Request]) -> list[Reply]:
        assert self.loss is not None
        wanted = [(one.voice, one.number, one.seed) for one in requests]
        return list(self.loss.sample_all(wanted, frames_that_fit(self.loss.device)))

    def _passes(self, request: Request) -> bool:
        try:
            return self.evaluator.passes(request.voice, request.gate, request.seed)
        except SynthError:
            return False

    def _speak_ahead(self, requests: Sequence[Request], text: str, stages: Sequence[str]) -> None:
        wanted = [(one.voice, text, one.seed) for one in requests if one.stage in stages]
        self.evaluator.speak_ahead(wanted, self._speak_all)

    def _speak_all(
        self, wanted: Sequence[tuple[str, Voice, int, str]]
    ) -> Sequence[Utterance | None]:
        from kvoicewalk.synth import KokoroSynthesizer

        synthesizer = self.evaluator.synthesizer
        assert isinstance(synthesizer, KokoroSynthesizer)
        return speak_together(synthesizer, [SpeechRequest(*one) for one in wanted])

    def _hear(self, request: Request) -> Reply:
        voice, evaluator = request.voice, self.evaluator
        if request.stage == "score":
            return evaluator.evaluate(voice, request.gate, request.seed)
        if request.stage == "compare":
            return evaluator.compare(voice)
        if request.stage == "screen":
            return evaluator.screen(voice, request.text)
        if request.stage == "glance":
            return evaluator.glance(voice)
        assert self.loss is not None
        return self.loss.sample(voice, request.number, request.seed)


class SerialExecutor:
    """Hears one request after another in this process.

    Attributes:
        n_workers: 1.
    """

    n_workers = 1

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def run(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """See `Executor.run`."""
        return map(self._bench.hear, requests)


class TogetherExecutor:
    """Hears several requests in one pass of this process' network, for a GPU.

    Attributes:
        n_workers: so many at once.
    """

    def __init__(self, bench: Bench, n_together: int) -> None:
        self._bench, self.n_workers = bench, n_together

    def run(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """See `Executor.run`."""
        source = iter(requests)
        while batch := list(itertools.islice(source, self.n_workers)):
            yield from self._bench.hear_all(batch)


def counted(bench: Bench, request: Request) -> tuple[Reply, dict[str, object]]:
    """Returns a reply, and what it cost, as `EvaluationCounts.add` takes it."""
    before = asdict(bench.evaluator.counts)
    reply = bench.hear(request)
    return reply, bench.evaluator.counts.since(before)
