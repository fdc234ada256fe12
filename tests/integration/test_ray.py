"""Workers in a Ray cluster, on the embedded model: the same numbers, whatever is lost."""

import os
import subprocess
import sys

import numpy as np
import pytest

import kvoicewalk
from kvoicewalk.errors import WorkerError
from tests.integration.test_workers import SETTINGS, numbers, walk

pytestmark = pytest.mark.slow
os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"  # read when ray is imported
ray = pytest.importorskip("ray")


@pytest.fixture
def cluster(monkeypatch):
    """Two nodes on this machine, with room for a worker each."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    second = cluster.add_node(num_cpus=1)
    yield cluster, second
    ray.shutdown()
    cluster.shutdown()


@pytest.mark.long
@pytest.mark.parametrize("method", ["random", "cma", "gradient"])
def test_a_local_cluster_hears_what_one_process_hears(method, tmp_path, example_target, few_voices):
    plain = walk(tmp_path / "plain", example_target, few_voices, method, 1)
    found = walk(
        tmp_path / "ray", example_target, few_voices, method, 2, executor="ray", address="local"
    )
    assert numbers(found) == numbers(plain)
    np.testing.assert_array_equal(found.load_voice().rows, plain.load_voice().rows)


class Saboteur(kvoicewalk.Events):
    """Kills a worker at the second step, and a node at the fourth."""

    def __init__(self, cluster, node):
        self.cluster, self.node = cluster, node
        self.n_steps, self.done, self.warnings = 0, [], []

    def step(self, step):
        if not hasattr(step, "island"):
            return  # of the ranking
        self.n_steps += 1
        if self.n_steps == 2:
            import psutil

            workers = [p for p in psutil.process_iter(["cmdline"]) if is_worker(p)]
            workers[0].kill()
            self.done.append("worker")
        if self.n_steps == 4:
            self.cluster.remove_node(self.node)
            self.done.append("node")

    def warning(self, message):
        self.warnings.append(str(message))


def is_worker(process):
    return any("RemoteWorker" in part for part in process.info["cmdline"] or ())


@pytest.mark.long
def test_a_worker_and_a_node_are_lost_and_nothing_else(
    cluster, tmp_path, example_target, few_voices
):
    nodes, second = cluster
    settings = {**SETTINGS, "walk": {**SETTINGS["walk"], "n_steps": 8}}

    def search(name, **options):
        return kvoicewalk.walk(
            example_target, method="random", model="mini", voices=few_voices, held_out=False,
            out_dir=tmp_path / name, n_threads=1, settings=settings, **options,
        )  # fmt: skip

    events = Saboteur(nodes, second)
    plain = search("plain")
    found = search("ray", executor="ray", address=nodes.address, workers=2, events=events)
    assert events.done == ["worker", "node"]
    assert numbers(found) == numbers(plain)
    assert any("a worker died" in one for one in events.warnings)


@pytest.mark.long
def test_a_program_keeps_its_own_connection(tmp_path, example_target, few_voices):
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        walk(tmp_path, example_target, few_voices, "random", 2, executor="ray")
        assert ray.is_initialized()
    finally:
        ray.shutdown()


def test_no_cluster_is_told(tmp_path, example_target, few_voices):
    with pytest.raises(WorkerError, match=r'address="127\.0\.0\.1:1": there is no Ray cluster'):
        walk(
            tmp_path, example_target, few_voices, "random", 2, executor="ray",
            address="127.0.0.1:1",
        )  # fmt: skip


def test_without_it_ray_is_not_imported():
    code = "import sys, kvoicewalk.api, kvoicewalk.workers.crew; print('ray' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.stdout.strip() == "False"
