"""A worker's own side: loads, hears, replies. Nothing heavy is imported before it has to load."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kvoicewalk.search.space import Space
    from kvoicewalk.workers.dispatch import Done
    from kvoicewalk.workers.messages import Parcel
    from kvoicewalk.workers.shared_weights import SharedWeights
    from kvoicewalk.workers.spec import EvaluatorSpec, SearchSpec


class Worker:
    """Answers parcels; lives in a process or an actor.

    Attributes:
        number: of the worker.
    """

    def __init__(self, number: int, spec: "EvaluatorSpec") -> None:
        """Loads the model and all else.

        Raises:
            KvwError: something of it cannot be used.
        """
        from kvoicewalk.workers.bench import Bench

        self.number = number
        self._first = self._bench = Bench(spec.build())
        self._space: Space | None = None

    @property
    def fingerprint(self) -> str:
        """All that changes its numbers."""
        return self._bench.evaluator.fingerprint

    def share(self, weights: "SharedWeights") -> None:
        """Lets go of its own weights for those of the process that started it."""
        from kvoicewalk.synth import KokoroSynthesizer
        from kvoicewalk.workers.shared_weights import use_shared

        synthesizer = self._bench.evaluator.synthesizer
        if isinstance(synthesizer, KokoroSynthesizer):
            use_shared(synthesizer.model.network, weights)

    def prepare(self, search: "SearchSpec") -> None:
        """Makes it ready for a search."""
        self._space, self._bench = search.space, search.bench_for(self._first.evaluator)

    def hear(self, parcel: "Parcel") -> "Done":
        """Returns the reply to a task, and what it cost."""
        from kvoicewalk.workers.bench import counted
        from kvoicewalk.workers.dispatch import Done
        from kvoicewalk.workers.messages import unpack

        reply, counts = counted(self._bench, unpack(parcel, self._space))
        return Done(self.number, parcel.task, reply, counts)
