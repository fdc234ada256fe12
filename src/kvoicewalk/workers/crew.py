"""Who hears for one command: chosen by its configuration, and told of its search."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from kvoicewalk.config import ModelConfig, WorkersConfig
from kvoicewalk.evaluate import Evaluator
from kvoicewalk.requests import Reply, Request
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.workers.bench import Bench, SerialExecutor, TogetherExecutor
from kvoicewalk.workers.dispatch import Dispatcher
from kvoicewalk.workers.processes import ProcessFleet
from kvoicewalk.workers.shared_weights import share_weights
from kvoicewalk.workers.spec import EvaluatorSpec, SearchSpec

if TYPE_CHECKING:
    from kvoicewalk.workers.ray_fleet import RayFleet

    AnyFleet = ProcessFleet | RayFleet

ON_CARD = 8  # voices in one pass
RAY_AHEAD = 2  # tasks at a time: the next one travels while one is heard


class SerialCrew:
    """This process alone.

    Attributes:
        n_workers: 1.
        n_together: voices that it hears in one pass.
    """

    n_workers = 1

    def __init__(self, evaluator: Evaluator, n_together: int = 1) -> None:
        self.n_together = n_together
        self._executor = self._make(Bench(evaluator))

    def _make(self, bench: Bench) -> SerialExecutor | TogetherExecutor:
        if self.n_together > 1:
            return TogetherExecutor(bench, self.n_together)
        return SerialExecutor(bench)

    def run(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """See `Executor.run`."""
        return self._executor.run(requests)

    def prepare(self, search: SearchSpec, evaluator: Evaluator) -> Evaluator:
        """Makes it ready for a search.

        Returns:
            The evaluator that remembers what was heard last.
        """
        bench = search.bench_for(evaluator)
        self._executor = self._make(bench)
        return bench.evaluator


class FleetCrew:
    """Workers beside this process.

    Attributes:
        n_workers: of them.
        n_together: 1: each hears one voice after another.
    """

    n_together = 1

    def __init__(self, fleet: "AnyFleet", dispatcher: Dispatcher) -> None:
        self._fleet, self._dispatcher = fleet, dispatcher
        self.n_workers = fleet.n_workers

    def run(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """See `Executor.run`."""
        return self._dispatcher.run(requests)

    def prepare(self, search: SearchSpec, evaluator: Evaluator) -> Evaluator:
        """See `SerialCrew.prepare`."""
        from kvoicewalk.store import MemoryCache

        self._fleet.prepare(search)
        return replace(evaluator, memory=MemoryCache())


Crew = SerialCrew | FleetCrew


def check_workers(config: WorkersConfig, note: Callable[[str], None]) -> None:
    """Checks, before anything slow is loaded, what can be known of the workers.

    Args:
        config: how many, and where.
        note: hears of more workers than are of use.

    Raises:
        WorkerError: Ray is wanted and not installed.
    """
    if config.executor == "ray":
        from kvoicewalk.workers.ray_fleet import require_ray

        require_ray()
    elif config.n_workers > n_cores():
        cores = "one core" if n_cores() == 1 else f"{n_cores()} cores"
        note(f"{config.n_workers} workers share {cores}: more than one a core gains nothing.")


@contextmanager
def open_crew(
    config: WorkersConfig,
    spec: EvaluatorSpec,
    evaluator: Evaluator,
    notify: Callable[[str], None],
) -> Iterator[Crew]:
    """Opens who hears; workers load while the caller goes on.

    Args:
        config: how many, and where.
        spec: of the workers' evaluators.
        evaluator: this process' own; counts what all of them cost.
        notify: hears of workers that are lost.

    Raises:
        WorkerError: there is no such cluster.
    """
    if not config.is_beside:
        yield SerialCrew(evaluator, n_together(spec.model, evaluator))
        return
    fleet, n_ahead = _open_fleet(config, spec, evaluator)
    try:
        yield FleetCrew(
            fleet,
            Dispatcher(fleet, evaluator.fingerprint, evaluator.counts.add, notify, n_ahead),
        )
    finally:
        fleet.close()


def n_together(config: ModelConfig, evaluator: Evaluator) -> int:
    """Returns how many voices are spoken in one pass."""
    if config.n_together is not None:
        return config.n_together
    synthesizer = evaluator.synthesizer
    is_on_card = isinstance(synthesizer, KokoroSynthesizer) and (
        synthesizer.model.network.device.type == "cuda"
    )
    return ON_CARD if is_on_card else 1


def _open_fleet(
    config: WorkersConfig, spec: EvaluatorSpec, evaluator: Evaluator
) -> "tuple[AnyFleet, int]":
    if config.executor == "ray":
        from kvoicewalk.workers.ray_fleet import RayFleet

        own = _on_threads(spec, spec.model.n_threads or 1)
        fleet = RayFleet(config.n_workers, own, config.address, config.gpus_per_worker)
        return fleet, RAY_AHEAD
    n_threads = spec.model.n_threads or max(1, n_cores() // config.n_workers)
    synthesizer = evaluator.synthesizer
    weights = None
    if isinstance(synthesizer, KokoroSynthesizer):
        weights = share_weights(synthesizer.model.network)
    return ProcessFleet(config.n_workers, _on_threads(spec, n_threads), weights), 1


def _on_threads(spec: EvaluatorSpec, n_threads: int) -> EvaluatorSpec:
    return replace(spec, model=spec.model.model_copy(update={"n_threads": n_threads}))


def n_cores() -> int:
    """Returns the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
