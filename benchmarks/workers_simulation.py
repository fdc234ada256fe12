"""How much of their time do workers hear voices, and how much do they wait?

    uv run python -m benchmarks.workers_simulation

Nothing is heard: workers answer after a time drawn as evaluations take it on Kokoro (a candidate
that the gate closes to costs 0.4 of one that is scored; each differs by its length), plus the way
over a network. Time is virtual, but what the dispatcher itself takes is measured and added. Printed
for 1 to 256 workers: efficiency, the share of the workers' time in which they hear, for a long
ranking (all voices are known before), and for searches that propose batches and wait for all of
one before they propose the next.
"""

import argparse
import heapq
import time
from collections.abc import Iterator

import numpy as np

from kvoicewalk.requests import Request
from kvoicewalk.voices import Voice
from kvoicewalk.workers.dispatch import Dispatcher, Done, Ready, Report, Task

MEDIAN_S, SPREAD = 8.0, 0.2  # of a scored candidate; of the logarithm
GATED_SHARE, GATED_COST = 0.3, 0.4
NETWORK_S = 0.02  # there and back
VOICE = Voice("v", np.zeros((510, 1, 256), dtype=np.float32))


class SimulatedFleet:
    """Workers whose time passes at once.

    Attributes:
        n_workers: of them.
        now_s: virtual time.
        busy_s: that all workers heard, together.
    """

    def __init__(self, n_workers: int, seed: int = 0) -> None:
        self.n_workers, self.now_s, self.busy_s = n_workers, 0.0, 0.0
        self._rng = np.random.default_rng(seed)
        self._free_s = [0.0] * n_workers  # when a worker has done all that it was given
        self._events: list[tuple[float, int, Report]] = [
            (0.0, k, Ready(k, "same")) for k in range(n_workers)
        ]
        self._n_events = n_workers

    def send(self, worker: int, task: Task) -> None:
        """See `Fleet.send`."""
        cost = MEDIAN_S * float(np.exp(SPREAD * self._rng.standard_normal()))
        cost *= GATED_COST if self._rng.random() < GATED_SHARE else 1.0
        begins = max(self.now_s + NETWORK_S / 2, self._free_s[worker])
        self._free_s[worker] = begins + cost
        self.busy_s += cost
        self._n_events += 1
        done = Done(worker, task.number, 0.5)
        arrival = (begins + cost + NETWORK_S / 2, self._n_events, done)
        heapq.heappush(self._events, arrival)  # type: ignore[misc]

    def wait(self) -> list[Report]:
        """See `Fleet.wait`."""
        at_s, _, report = heapq.heappop(self._events)
        self.now_s = max(self.now_s, at_s)
        return [report]

    def restart(self, worker: int) -> None:
        """See `Fleet.restart`."""

    def close(self) -> None:
        """See `Fleet.close`."""


def count_nothing(_counts: object) -> None:
    """Counts nothing."""


def efficiency(n_workers: int, batches: Iterator[int], n_ahead: int) -> tuple[float, float]:
    """Returns the share of the workers' time in which they hear, and ms of the dispatcher each."""
    fleet = SimulatedFleet(n_workers)
    dispatcher = Dispatcher(fleet, "same", count_nothing, count_nothing, n_ahead)
    n, started = 0, time.perf_counter()
    for size in batches:
        before = time.perf_counter()
        n += len(list(dispatcher.run(Request("compare", VOICE) for _ in range(size))))
        fleet.now_s += time.perf_counter() - before  # nobody hears while the dispatcher thinks
    own_ms = 1000 * (time.perf_counter() - started) / n
    return fleet.busy_s / (n_workers * fleet.now_s), own_ms


def main() -> None:
    """Prints the table."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print("| workers | ranking | batches of 4 a worker | 8 | 16 | dispatcher, ms each |")
    print("|---|---|---|---|---|---|")
    for n_workers in (1, 8, 64, 256):
        ranked, own_ms = efficiency(n_workers, iter([200 * n_workers]), 2)
        cells = [f"{ranked:.3f}"]
        for factor in (4, 8, 16):
            share, _ = efficiency(n_workers, iter([factor * n_workers] * 20), 2)
            cells.append(f"{share:.3f}")
        print(f"| {n_workers} | {' | '.join(cells)} | {own_ms:.2f} |", flush=True)


if __name__ == "__main__":
    main()
