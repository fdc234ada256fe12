"""Hands requests to workers and gives the replies back in order; makes up for workers that die.

What a worker is, a process or an actor elsewhere, is its fleet's business. A reply counts once:
what a worker had in hand when it was lost is given to another, and what it cost is counted where a
reply arrives.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from kvoicewalk.errors import KvwError, Setting, WorkerError
from kvoicewalk.requests import Reply, Request

MAX_TRIES = 4  # of one request, by workers that died over it
MAX_LOST = 10  # workers in a row, without any reply between


@dataclass(frozen=True)
class Task:
    """A request under a number of its own."""

    number: int
    request: Request


@dataclass(frozen=True)
class Ready:
    """A worker has loaded all it needs.

    Attributes:
        worker: which.
        fingerprint: all that changes its numbers.
    """

    worker: int
    fingerprint: str


@dataclass(frozen=True)
class Done:
    """A worker's reply.

    Attributes:
        worker: which.
        number: of the task.
        reply: to its request.
        counts: what it cost.
    """

    worker: int
    number: int
    reply: Reply = field(repr=False)
    counts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """A worker cannot do its work, and no other could.

    Attributes:
        worker: which.
        error: why.
    """

    worker: int
    error: KvwError


@dataclass(frozen=True)
class Lost:
    """A worker is gone, with all it had in hand.

    Attributes:
        worker: which.
    """

    worker: int


Report: TypeAlias = Ready | Done | Failed | Lost
DIED = "a worker died and is replaced; what it was hearing is heard again."


class Fleet(Protocol):
    """Workers, numbered from 0.

    Attributes:
        n_workers: of them.
    """

    n_workers: int

    def send(self, worker: int, task: Task) -> None:
        """Gives a worker a task; that it is gone may be told by `wait` later."""

    def wait(self) -> Sequence[Report]:
        """Waits until a worker has something to tell, and returns all there is."""

    def restart(self, worker: int) -> None:
        """Puts a new worker in the place of one that was lost."""

    def close(self) -> None:
        """Ends all workers at once, whatever they do; more than once does no harm."""


class Dispatcher:
    """An `Executor` over a fleet.

    Attributes:
        n_workers: that hear at once.
        n_lost: workers that died so far.
    """

    def __init__(
        self,
        fleet: Fleet,
        fingerprint: str,
        count: Callable[[Mapping[str, object]], None],
        notify: Callable[[str], None],
        n_ahead: int = 1,
    ) -> None:
        """Waits for no worker yet.

        Args:
            fleet: of workers.
            fingerprint: that each of them should have.
            count: takes what each reply cost.
            notify: takes words about workers that are lost or unlike the others.
            n_ahead: tasks that a worker is given at once; more than one hides a slow network.
        """
        self.n_workers, self.n_lost = fleet.n_workers, 0
        self._fleet, self._fingerprint, self._count = fleet, fingerprint, count
        self._notify, self._n_ahead = notify, n_ahead
        self._numbers = itertools.count()
        self._queue: deque[Task] = deque()
        self._in_hand: dict[int, dict[int, Task]] = {}  # of workers that are ready
        self._replies: dict[int, Reply] = {}
        self._unwanted: set[int] = set()  # in hand, but nobody waits for them any more
        self._tries: dict[int, int] = {}
        self._n_lost_in_a_row = 0
        self._is_odd_told = False

    def run(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """See `Executor.run`; one run may begin while another one is under way."""
        source, waiting = iter(requests), deque[int]()
        try:
            while True:
                self._take(source, waiting)
                if not waiting:
                    return
                self._hand_out()
                if waiting[0] in self._replies:
                    yield self._replies.pop(waiting.popleft())
                else:
                    self._listen()
        finally:
            self._forget(waiting)

    def _take(self, source: Iterator[Request], waiting: "deque[int]") -> None:
        """Queues as many requests as all workers could take at once."""
        for request in itertools.islice(source, self._room()):
            task = Task(next(self._numbers), request)
            self._queue.append(task)
            waiting.append(task.number)

    def _room(self) -> int:
        return max(0, self.n_workers * self._n_ahead - len(self._queue))

    def _hand_out(self) -> None:
        """Gives tasks to those workers that have the fewest in hand.

        The last ones are not handed out ahead: one worker would have two while another has none.
        """
        while self._queue and self._in_hand:
            worker, tasks = min(self._in_hand.items(), key=lambda entry: (len(entry[1]), entry[0]))
            n_ahead = self._n_ahead if len(self._queue) > self.n_workers else 1
            if len(tasks) >= n_ahead:
                return
            task = self._queue.popleft()
            tasks[task.number] = task
            self._fleet.send(worker, task)

    def _listen(self) -> None:
        for report in self._fleet.wait():
            if isinstance(report, Done):
                self._settle(report)
            elif isinstance(report, Ready):
                self._welcome(report)
            elif isinstance(report, Lost):
                self._replace(report.worker)
            else:
                raise report.error

    def _settle(self, done: Done) -> None:
        tasks = self._in_hand.get(done.worker, {})
        if tasks.pop(done.number, None) is None:
            return  # of a worker that was given up, and its task to another
        self._n_lost_in_a_row = 0
        self._tries.pop(done.number, None)
        self._count(done.counts)
        if done.number in self._unwanted:
            self._unwanted.discard(done.number)
        else:
            self._replies[done.number] = done.reply

    def _welcome(self, ready: Ready) -> None:
        self._in_hand[ready.worker] = {}
        if ready.fingerprint != self._fingerprint and not self._is_odd_told:
            self._is_odd_told = True
            self._notify(
                "some workers have another device or other package versions: scores may differ in "
                "their last digits with who hears a voice."
            )

    def _replace(self, worker: int) -> None:
        """Puts what a lost worker had in hand first in the queue, and has it replaced."""
        self.n_lost += 1
        self._n_lost_in_a_row += 1
        tasks = self._in_hand.pop(worker, {})
        heard = next(iter(tasks), -1)  # the others were still waiting
        self._tries[heard] = self._tries.get(heard, 0) + 1
        for number, task in sorted(tasks.items(), reverse=True):
            if number in self._unwanted:
                self._unwanted.discard(number)
            else:
                self._queue.appendleft(task)
        is_fatal = heard >= 0 and self._tries[heard] >= MAX_TRIES
        if is_fatal or self._n_lost_in_a_row > MAX_LOST:
            raise WorkerError(
                f"workers died again and again ({self.n_lost} so far); most often the memory is "
                "too small for so many. Take fewer with ",
                Setting("workers"),
                ".",
            )
        self._notify(DIED)
        self._fleet.restart(worker)

    def _forget(self, waiting: Iterable[int]) -> None:
        """Lets go of requests whose replies nobody takes any more."""
        unwanted = set(waiting)
        self._queue = deque(task for task in self._queue if task.number not in unwanted)
        for number in unwanted:
            self._replies.pop(number, None)
        in_hand = {number for tasks in self._in_hand.values() for number in tasks}
        self._unwanted |= unwanted & in_hand
