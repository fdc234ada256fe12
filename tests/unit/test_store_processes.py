"""Runs of several processes at once, and of processes that die."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kvoicewalk.store import RunStore


def test_the_store_loads_no_torch() -> None:
    code = (
        "import sys, kvoicewalk.store as s\n"
        "heavy = {'torch', 'kokoro', 'librosa', 'resemblyzer', 'spacy'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


WRITER = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from kvoicewalk.store import RunStore

sys.stdin.readline()
clock = lambda: datetime(2026, 1, 31, 14, 25, tzinfo=timezone.utc)
with RunStore.open(Path(sys.argv[1]), now=clock) as store:
    with store.start("rank", "bob", "mini@0", {"writer": sys.argv[2]}) as run:
        for number in range(int(sys.argv[3])):
            run.put("voice", f"v{number}", {"writer": sys.argv[2]})
            print(number, flush=True)
        run.finish("done")
"""


def writer(out_dir: Path, name: str, n_rows: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(out_dir), name, str(n_rows)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    out_dir = tmp_path / "out"
    processes = [writer(out_dir, name, 100) for name in ("one", "two", "three")]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    with RunStore.open(out_dir) as store:
        records = store.list_runs()
        base = "20260131-142500-rank-bob"
        assert {record.run_id for record in records} == {base, base + "-2", base + "-3"}
        assert {str(record.config["writer"]) for record in records} == {"one", "two", "three"}
        for record in records:
            assert record.status == "done"
            rows = store.rows(record.run_id, "voice")
            assert [row.name for row in rows] == [f"v{number}" for number in range(100)]
            assert {row.payload["writer"] for row in rows} == {record.config["writer"]}


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_kill_9_loses_at_most_the_row_in_flight(tmp_path: Path) -> None:
    with writer(tmp_path, "one", 1_000_000) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        for line in process.stdout:
            if int(line) == 20:
                break
        with RunStore.open(tmp_path) as store:
            assert store.get("latest").status == "running"
        os.kill(process.pid, signal.SIGKILL)
        n_reported = 21 + len(process.stdout.readlines())
        process.wait(timeout=60)
    with RunStore.open(tmp_path) as store:
        record = store.get("latest")
        assert (record.status, record.finished_at) == ("interrupted", None)
        n_rows = len(store.rows(record.run_id, "voice"))
        assert n_reported <= n_rows <= n_reported + 1
        with store.open_run(record) as run:
            run.put("voice", "after", {})
            run.finish("done")
        assert store.get("latest").status == "done"
