"""Answers requests with one evaluator: what each worker does, and a search that has none."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from kvoicewalk.errors import AudioError, SynthError
from kvoicewalk.evaluate import Evaluator
from kvoicewalk.loss import GradientLoss
from kvoicewalk.requests import Reply, Request


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


def counted(bench: Bench, request: Request) -> tuple[Reply, dict[str, object]]:
    """Returns a reply, and what it cost, as `EvaluationCounts.add` takes it."""
    before = asdict(bench.evaluator.counts)
    reply = bench.hear(request)
    return reply, bench.evaluator.counts.since(before)
