"""Workers that are actors of a Ray cluster: on this machine, or on others.

Each actor loads the model on its own node, so the model's files must be there. Ray is imported
nowhere else, and needed for nothing else.
"""

import contextlib
import importlib.util
import os
import socket
from typing import TYPE_CHECKING, Any

from kvoicewalk.errors import KvwError, Setting, WorkerError
from kvoicewalk.workers.dispatch import Failed, Lost, Ready, Report, Task
from kvoicewalk.workers.messages import pack
from kvoicewalk.workers.worker import Worker

if TYPE_CHECKING:
    from kvoicewalk.workers.spec import EvaluatorSpec, SearchSpec

LOCAL, AUTO = "local", "auto"
KNOCK_S = 10.0


class RayFleet:
    """A `Fleet` of Ray actors.

    Attributes:
        n_workers: of them.
    """

    def __init__(
        self, n_workers: int, spec: "EvaluatorSpec", address: str, gpus_per_worker: float
    ) -> None:
        """Connects, and starts the actors; they load side by side, as soon as there is room.

        Args:
            n_workers: at least 1.
            spec: of their evaluators.
            address: `local` begins a cluster on this machine, `auto` finds the one that runs here,
                HOST:PORT is another.
            gpus_per_worker: share of a GPU that an actor takes; 0: none.

        Raises:
            WorkerError: Ray is not installed, or there is no such cluster.
        """
        self._ray, self._is_ours = _connect(address)
        self.n_workers = n_workers
        self._spec = self._ray.put(spec)
        self._search: Any = None
        cpus = float(spec.model.n_threads or 1)
        self._actor_type = self._ray.remote(num_cpus=cpus, num_gpus=gpus_per_worker)(RemoteWorker)
        self._actors: dict[int, Any] = {}
        self._pending: dict[Any, int] = {}  # what is under way → of which worker
        for worker in range(n_workers):
            self._start(worker)

    def prepare(self, search: "SearchSpec") -> None:
        """Makes all workers ready for a search, those that come later, too."""
        self._search = self._ray.put(search)
        for worker in self._actors:
            self._prepare(worker)

    def send(self, worker: int, task: Task) -> None:
        """See `Fleet.send`."""
        parcel = pack(task, self._search is not None)
        self._pending[self._actors[worker].hear.remote(parcel)] = worker

    def wait(self) -> list[Report]:
        """See `Fleet.wait`."""
        reports: list[Report] = []
        ready, others = self._ray.wait(list(self._pending), num_returns=1)
        if others:
            ready += self._ray.wait(others, num_returns=len(others), timeout=0)[0]
        for one in ready:
            worker = self._pending.pop(one, None)
            if worker is None:
                continue  # of a worker whose loss was told just before
            report = self._report(one, worker)
            if isinstance(report, Lost):
                self._drop(worker)
            if report is not None:
                reports.append(report)
        return reports

    def restart(self, worker: int) -> None:
        """See `Fleet.restart`."""
        self._start(worker)

    def close(self) -> None:
        """See `Fleet.close`."""
        for actor in self._actors.values():
            with contextlib.suppress(Exception):
                self._ray.kill(actor)
        self._actors, self._pending = {}, {}
        if self._is_ours:
            self._ray.shutdown()

    def _start(self, worker: int) -> None:
        actor = self._actor_type.remote(worker, self._spec)
        self._actors[worker] = actor
        self._pending[actor.greet.remote()] = worker
        if self._search is not None:
            self._prepare(worker)

    def _prepare(self, worker: int) -> None:
        self._pending[self._actors[worker].prepare.remote(self._search)] = worker

    def _drop(self, worker: int) -> None:
        self._pending = {one: k for one, k in self._pending.items() if k != worker}
        with contextlib.suppress(Exception):
            self._ray.kill(self._actors[worker])

    def _report(self, one: Any, worker: int) -> Report | None:
        try:
            found = self._ray.get(one)
        except self._ray.exceptions.RayActorError:
            return Lost(worker)
        except self._ray.exceptions.RayError as error:
            words = " ".join(str(error).split())[-300:]
            return Failed(worker, WorkerError(f"a Ray worker failed: {words}"))
        return found  # type: ignore[no-any-return]


class RemoteWorker:
    """A `Worker` in an actor: what cannot be used is told, not raised, and stays one line."""

    def __init__(self, number: int, spec: "EvaluatorSpec") -> None:
        """Loads; an error is kept for `greet`."""
        from kvoicewalk.environment import prepare_process

        prepare_process()
        self._number = number
        self._error: KvwError | None = None
        try:
            self._worker = Worker(number, spec)
        except KvwError as error:
            self._error = error

    def greet(self) -> Report:
        """Returns that it is ready, or why it is not."""
        if self._error is not None:
            return Failed(self._number, self._error)
        return Ready(self._number, self._worker.fingerprint)

    def prepare(self, search: "SearchSpec") -> None:
        """See `Worker.prepare`."""
        if self._error is None:
            self._worker.prepare(search)

    def hear(self, parcel: Any) -> Report:
        """See `Worker.hear`."""
        return self._worker.hear(parcel)


def require_ray() -> None:
    """Checks that Ray is installed, without importing it.

    Raises:
        WorkerError: it is not.
    """
    if importlib.util.find_spec("ray") is None:
        raise WorkerError(
            Setting("executor", "ray"), ": Ray is not installed; pip install 'kvoicewalk[ray]'."
        )


def _connect(address: str) -> tuple[Any, bool]:
    """Returns Ray, and whether it was connected here and not by the program that calls."""
    require_ray()
    # Under `uv run` Ray would install the program anew for each worker; the nodes have their own.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    import ray

    if ray.is_initialized():
        return ray, False
    _knock(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent home
    try:
        ray.init(
            address=None if address == LOCAL else address,
            include_dashboard=False if address == LOCAL else None,
            log_to_driver=False,
            logging_level="ERROR",
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise _no_cluster(address, error) from error
    return ray, True


def _knock(address: str) -> None:
    """Refuses at once where nobody answers: Ray would try for minutes."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal():
        return
    host = host.partition("://")[2] or host
    try:
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_S).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> WorkerError:
    words = " ".join(str(error).split())[:200]
    return WorkerError(Setting("address", address), f": there is no Ray cluster ({words}).")
