"""Workers that are processes on this machine, each with a model of its own.

They are spawned, not forked: torch's threads and a GPU do not outlive a fork. A worker ends when
the pipe to it closes, so that none is left where the search is killed; Ctrl-C reaches the search
alone, which ends them.
"""

import contextlib
import multiprocessing
import signal
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from multiprocessing import connection
from typing import TYPE_CHECKING, Any

from kvoicewalk.errors import KvwError, WorkerError
from kvoicewalk.workers.dispatch import Failed, Lost, Ready, Report, Task

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from kvoicewalk.workers.shared_weights import SharedWeights
    from kvoicewalk.workers.spec import EvaluatorSpec, SearchSpec

GOODBYE_S = 2.0  # that a worker has to end before it is killed


@dataclass
class _Member:
    process: "BaseProcess"
    pipe: "Connection[Any, Any]" = field(repr=False)


class ProcessFleet:
    """A `Fleet` of processes.

    Attributes:
        n_workers: of them.
    """

    def __init__(
        self, n_workers: int, spec: "EvaluatorSpec", weights: "SharedWeights | None" = None
    ) -> None:
        """Starts them; they load side by side.

        Args:
            n_workers: at least 1.
            spec: of their evaluators.
            weights: of the model, that all of them share; released at the end.
        """
        self.n_workers = n_workers
        self._spec, self._weights = spec, weights
        self._search: SearchSpec | None = None
        self._members = [self._start(worker) for worker in range(n_workers)]

    def prepare(self, search: "SearchSpec") -> None:
        """Makes all workers ready for a search, those that come later, too."""
        self._search = search
        for member in self._members:
            _post(member, search)

    def send(self, worker: int, task: Task) -> None:
        """See `Fleet.send`."""
        from kvoicewalk.workers.messages import pack

        _post(self._members[worker], pack(task, self._search is not None))

    def wait(self) -> list[Report]:
        """See `Fleet.wait`."""
        open_ones = [one.pipe for one in self._members if not one.pipe.closed]
        ready = {id(pipe) for pipe in connection.wait(open_ones)}
        reports: list[Report] = []
        for worker, member in enumerate(self._members):
            if id(member.pipe) not in ready:
                continue
            try:
                reports.append(member.pipe.recv())
            except (EOFError, OSError):
                member.pipe.close()
                reports.append(Lost(worker))
        return reports

    def restart(self, worker: int) -> None:
        """See `Fleet.restart`."""
        _end(self._members[worker])
        self._members[worker] = self._start(worker)

    def close(self) -> None:
        """See `Fleet.close`."""
        for member in self._members:
            member.process.terminate()
            member.pipe.close()
        for member in self._members:
            _end(member)
        if self._weights is not None:
            self._weights.release()
            self._weights = None

    def _start(self, worker: int) -> _Member:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve,
            args=(worker, self._spec, theirs, self._weights),
            name=f"kvw-{worker}",
            daemon=True,
        )
        with _deaf_to_interrupts(), without_main():
            process.start()
        theirs.close()
        member = _Member(process, ours)
        if self._search is not None:
            _post(member, self._search)
        return member


def serve(
    worker: int,
    spec: "EvaluatorSpec",
    pipe: "Connection[Any, Any]",
    weights: "SharedWeights | None",
) -> None:
    """Runs a worker until the pipe closes."""
    from kvoicewalk.environment import prepare_process
    from kvoicewalk.scoring.librosa_lock import wait_quietly

    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    wait_quietly()
    prepare_process()
    try:
        _serve(worker, spec, pipe, weights)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # nobody is there any more
    except KvwError as error:
        pipe.send(Failed(worker, error))
    except Exception as error:  # noqa: BLE001
        words = " ".join(f"{type(error).__name__}: {error}".split())
        pipe.send(Failed(worker, WorkerError(f"a worker failed ({words}).")))


def _serve(
    worker: int,
    spec: "EvaluatorSpec",
    pipe: "Connection[Any, Any]",
    weights: "SharedWeights | None",
) -> None:
    from kvoicewalk.workers.messages import Parcel
    from kvoicewalk.workers.worker import Worker

    own = Worker(worker, _on_own_gpu(spec, worker))
    if weights is not None:
        own.share(weights)
    pipe.send(Ready(worker, own.fingerprint))
    while True:
        message = pipe.recv()
        if isinstance(message, Parcel):
            pipe.send(own.hear(message))
        else:
            own.prepare(message)


def _on_own_gpu(spec: "EvaluatorSpec", worker: int) -> "EvaluatorSpec":
    """Spreads workers over the GPUs; what is said of the CPU stays."""
    import torch

    if spec.model.device not in ("auto", "cuda") or torch.cuda.device_count() < 2:
        return spec
    torch.cuda.set_device(worker % torch.cuda.device_count())
    return replace(spec, model=spec.model.model_copy(update={"device": "cuda"}))


def _post(member: _Member, message: object) -> None:
    """Sends; that the other side is gone is told by `wait`."""
    with contextlib.suppress(OSError):
        member.pipe.send(message)


def _end(member: _Member) -> None:
    member.pipe.close()
    member.process.terminate()
    member.process.join(GOODBYE_S)
    if member.process.is_alive():
        member.process.kill()
        member.process.join()


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Lets a process begin that Ctrl-C does not reach, not even while it imports."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def without_main() -> Iterator[None]:
    """Keeps a spawned process from running the user's own script once more."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
