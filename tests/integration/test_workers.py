"""Workers in processes, on the embedded model: the same numbers, and what becomes of them."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

import kvoicewalk

SETTINGS = {
    "target": {"probe_text": "Good morning to everyone here.", "text": "It rained all day."},
    "gradient": {"n_lessons": 4, "first_lessons": 4},
    "cma": {"n_candidates": 4},
    "walk": {"batch_size": 2},
}
pytestmark = pytest.mark.slow


def walk(out, target, voices, method, workers, **more):
    return kvoicewalk.walk(
        target, method=method, steps=4, model="mini", voices=voices, out_dir=out, n_threads=1,
        held_out=False, workers=workers, settings=SETTINGS, **more,
    )  # fmt: skip


def numbers(found):
    """Returns what a search heard, step by step."""
    from kvoicewalk.store import RunStore

    with RunStore.open(found.folder.parent) as store:
        rows = [row.payload for row in store.rows(found.folder.name, "step")]
    return [{key: row[key] for key in ("score", "outcome", "island", "name")} for row in rows]


@pytest.mark.parametrize("method", ["random", "cma", "gradient"])
def test_two_processes_hear_what_one_hears(method, tmp_path, example_target, few_voices):
    one, two = (walk(tmp_path / str(n), example_target, few_voices, method, n) for n in (1, 2))
    assert numbers(one) == numbers(two)
    np.testing.assert_array_equal(one.load_voice().rows, two.load_voice().rows)


def test_a_ranking_is_the_same(tmp_path, example_target, few_voices):
    one, two = (
        kvoicewalk.rank(
            example_target, model="mini", voices=few_voices, out_dir=tmp_path / str(n),
            n_threads=1, workers=n,
        )
        for n in (1, 2)
    )  # fmt: skip
    assert one.voices == two.voices


class Killer(kvoicewalk.Events):
    """Kills a worker at each of the first steps."""

    def __init__(self):
        self.n_killed, self.warnings = 0, []

    def step(self, step):
        children = [c for c in psutil.Process().children() if "spawn" in " ".join(c.cmdline())]
        if children and self.n_killed < 2:
            children[-1].kill()
            self.n_killed += 1

    def warning(self, message):
        self.warnings.append(str(message))


def test_killed_workers_change_nothing(tmp_path, example_target, few_voices):
    plain = walk(tmp_path / "plain", example_target, few_voices, "random", 1)
    killer = Killer()
    found = walk(tmp_path / "killed", example_target, few_voices, "random", 2, events=killer)
    assert killer.n_killed == 2
    assert numbers(found) == numbers(plain)
    assert any("a worker died and is replaced" in one for one in killer.warnings)


def start_command(tmp_path, target, *more):
    (tmp_path / "settings.json").write_text(json.dumps(SETTINGS))
    command = [
        sys.executable, "-m", "kvoicewalk", "walk", str(target), "--method", "random", "--model",
        "mini", "--steps", "500", "--threads", "1", "--workers", "2", "--config",
        str(tmp_path / "settings.json"), "--out", str(tmp_path / "out"), *more,
    ]  # fmt: skip
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def wait_for_steps(tmp_path, process):
    from kvoicewalk.errors import StoreError
    from kvoicewalk.store import RunStore

    for _ in range(600):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.2)
        try:
            with RunStore.open(tmp_path / "out") as store:
                runs = store.list_runs()
                if runs and len(store.rows(runs[0].run_id, "step")) >= 4:
                    return
        except StoreError:
            continue
    raise AssertionError("no steps")


def workers_of(process):
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_ends_all_and_the_run_goes_on(tmp_path, example_target):
    process = start_command(tmp_path, example_target)
    wait_for_steps(tmp_path, process)
    workers = workers_of(process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert not psutil.wait_procs(workers, timeout=5)[1]
    with pytest.raises(kvoicewalk.InterruptedRunError):
        kvoicewalk.resume(out_dir=tmp_path / "out", events=Interrupter())


class Interrupter(kvoicewalk.Events):
    """Presses Ctrl-C at the third step."""

    n_steps = 0

    def step(self, step):
        self.n_steps += 1
        if self.n_steps == 3:
            raise KeyboardInterrupt


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_no_worker_outlives_a_killed_search(tmp_path, example_target):
    process = start_command(tmp_path, example_target)
    wait_for_steps(tmp_path, process)
    workers = workers_of(process)
    assert len(workers) >= 2
    process.kill()
    process.communicate()
    assert not psutil.wait_procs(workers, timeout=15)[1]
