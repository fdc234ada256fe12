"""A cache that helps when it can and never stops anything."""

import contextlib
import dataclasses
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kvoicewalk.evaluate import MeasurementStore
from kvoicewalk.store import MeasurementCache, MemoryCache
from kvoicewalk.store import cache as cache_module
from kvoicewalk.store.database import connect

VALUES = np.array([0.1, -2.5e-40, np.inf, np.nan, 3.4e38], np.float32)


def ramp(n_values: int) -> np.ndarray:
    return np.arange(n_values, dtype=np.float32)


@pytest.fixture(params=["file", "memory"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MeasurementStore]:
    if request.param == "memory":
        yield MemoryCache()
        return
    with MeasurementCache.open(tmp_path / "user" / "cache" / "m.sqlite3") as cache:
        yield cache


def test_values_come_back_bit_for_bit(any_store: MeasurementStore) -> None:
    any_store.put("key", "embedding", VALUES)
    any_store.put("key", "empty", ramp(0))
    found = any_store.get("key", "embedding")
    assert found is not None
    assert (found.dtype, found.shape) == (np.float32, (5,))
    assert found.tobytes() == VALUES.tobytes()
    empty = any_store.get("key", "empty")
    assert empty is not None
    assert empty.shape == (0,)
    assert any_store.note == ""


def test_what_was_not_put_is_not_there(any_store: MeasurementStore) -> None:
    any_store.put("key", "embedding", VALUES)
    assert any_store.get("key", "features") is None
    assert any_store.get("other", "embedding") is None


def test_the_last_value_wins(any_store: MeasurementStore) -> None:
    any_store.put("key", "embedding", ramp(3))
    any_store.put("key", "embedding", ramp(2))
    found = any_store.get("key", "embedding")
    assert found is not None
    assert found.tolist() == [0, 1]


def test_nobody_shares_memory_with_the_store(any_store: MeasurementStore) -> None:
    mine = ramp(3)
    any_store.put("key", "embedding", mine)
    mine[:] = 9
    first = any_store.get("key", "embedding")
    assert first is not None
    first[:] = 8
    second = any_store.get("key", "embedding")
    assert second is not None
    assert second.tolist() == [0, 1, 2]


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros((1, 3), np.float32), np.zeros(3, int)])
def test_values_that_would_change_are_refused(
    any_store: MeasurementStore, values: np.ndarray
) -> None:
    with pytest.raises(ValueError, match=r"expected float32 \(n_values,\)"):
        any_store.put("key", "embedding", values)


def test_values_that_are_not_contiguous_are_kept(any_store: MeasurementStore) -> None:
    any_store.put("key", "embedding", ramp(6)[::2])
    found = any_store.get("key", "embedding")
    assert found is not None
    assert found.tolist() == [0, 2, 4]


def test_values_outlive_the_process(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from kvoicewalk.store import MeasurementCache\n"
        "cache = MeasurementCache.open(Path(sys.argv[1]))\n"
        "cache.put('key', 'embedding', np.arange(3, dtype=np.float32))\n"
        "import os; os._exit(9)"
    )
    path = tmp_path / "m.sqlite3"
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == 9
    with MeasurementCache.open(path) as cache:
        found = cache.get("key", "embedding")
    assert found is not None
    assert found.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "change",
    [
        "content = x'00000000'",
        "content = x'0000000000000000000000000000'",
        "content = 'text'",
        "content = 7",
        "checksum = checksum + 1",
        "checksum = 'x'",
        "n_values = 2",
        "n_values = 'x'",
        "kind = 'features'",
    ],
)
def test_a_damaged_entry_counts_as_missing(tmp_path: Path, change: str) -> None:
    path = tmp_path / "m.sqlite3"
    with MeasurementCache.open(path) as cache:
        cache.put("key", "embedding", ramp(3))
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE measurements SET {change}")
    with MeasurementCache.open(path) as cache:
        assert cache.get("key", "embedding") is None
        assert cache.get("key", "features") is None
        cache.put("key", "embedding", ramp(2))
        assert cache.get("key", "embedding") is not None
        assert cache.note == ""


def test_prune_drops_what_was_written_longest_ago(tmp_path: Path) -> None:
    with MeasurementCache.open(tmp_path / "m.sqlite3") as cache:
        for number in range(6):
            cache.put(f"k{number}", "embedding", ramp(number))
        cache.put("k0", "embedding", ramp(9))
        cache.prune(max_rows=6)
        kept = [n for n in range(6) if cache.get(f"k{n}", "embedding") is not None]
        assert kept == [0, 1, 2, 3, 4, 5]
        cache.prune(max_rows=3)
        kept = [n for n in range(6) if cache.get(f"k{n}", "embedding") is not None]
        assert kept == [0, 4, 5]
        cache.prune(max_rows=0)
        assert cache.get("k0", "embedding") is None
        cache.put("k0", "embedding", ramp(1))
        assert cache.get("k0", "embedding") is not None


def test_closing_prunes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = MeasurementCache.open(tmp_path / "m.sqlite3")
    for key in "abc":
        cache.put(key, "embedding", ramp(1))
    monkeypatch.setattr(cache, "prune", lambda: MeasurementCache.prune(cache, 1))
    cache.close()
    cache.close()
    with MeasurementCache.open(tmp_path / "m.sqlite3") as again:
        assert [key for key in "abc" if again.get(key, "embedding") is not None] == ["c"]


def test_memory_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "ROWS_MAX", 2)
    cache = MemoryCache()
    for key in ("a", "b", "a", "c"):
        cache.put(key, "embedding", ramp(1))
    assert [key for key in "abc" if cache.get(key, "embedding") is not None] == ["a", "c"]


def works_in_memory(cache: MeasurementCache, words: str) -> None:
    assert "in memory only" in cache.note
    assert words in cache.note
    cache.put("key", "embedding", ramp(3))
    found = cache.get("key", "embedding")
    assert found is not None
    assert found.tolist() == [0, 1, 2]
    cache.prune()


def test_a_text_file_is_put_aside_and_the_cache_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    for content in ("first", "second"):
        path.write_text(content)
        with MeasurementCache.open(path) as cache:
            assert str(path) + ".damaged" in cache.note
            cache.put("key", "embedding", VALUES)
        assert (tmp_path / "m.sqlite3.damaged").read_text() == content
        with MeasurementCache.open(path) as cache:
            assert cache.get("key", "embedding") is not None
            assert cache.note == ""


def test_a_file_of_an_older_version_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.sqlite3"
    with MeasurementCache.open(path) as cache:
        cache.put("key", "embedding", VALUES)
    schema = dataclasses.replace(cache_module._SCHEMA, version=cache_module._SCHEMA.version + 1)
    monkeypatch.setattr(cache_module, "_SCHEMA", schema)
    with MeasurementCache.open(path) as cache:
        assert cache.note == ""
        assert cache.get("key", "embedding") is None
        cache.put("key", "embedding", ramp(2))
    with MeasurementCache.open(path) as cache:
        assert cache.get("key", "embedding") is not None
    assert [file.name for file in tmp_path.iterdir()] == ["m.sqlite3"]


def test_the_log_of_a_damaged_file_does_not_reach_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    with MeasurementCache.open(tmp_path / "live") as live:
        live.put("key", "embedding", VALUES)
        log = (tmp_path / "live-wal").read_bytes()
    assert log
    path.write_text("no database")
    (tmp_path / "m.sqlite3-wal").write_bytes(log)
    with MeasurementCache.open(path) as cache:
        assert ".damaged" in cache.note
        assert cache.get("key", "embedding") is None
        cache.put("key", "embedding", ramp(2))
    with MeasurementCache.open(path) as cache:
        assert cache.get("key", "embedding") is not None
        assert cache.note == ""


def fill_and_spoil(path: Path) -> None:
    """A database whose first page is sound and whose contents are not."""
    with MeasurementCache.open(path) as cache:
        for number in range(50):
            cache.put(f"k{number}", "embedding", ramp(256))
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def test_damage_that_shows_while_reading_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    fill_and_spoil(path)
    with MeasurementCache.open(path) as cache:
        assert cache.get("k7", "embedding") is None
        assert ".damaged" in cache.note
        cache.put("k7", "embedding", ramp(2))
        assert cache.get("k7", "embedding") is not None
    with MeasurementCache.open(path) as cache:
        assert cache.get("k7", "embedding") is not None


def test_damage_that_shows_while_writing_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    fill_and_spoil(path)
    with MeasurementCache.open(path) as cache:
        cache.put("k7", "embedding", ramp(2))
        assert ".damaged" in cache.note
    with MeasurementCache.open(path) as cache:
        assert cache.get("k7", "embedding") is not None


def test_damage_that_shows_while_pruning_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    fill_and_spoil(path)
    with MeasurementCache.open(path) as cache:
        cache.prune(3)
        assert ".damaged" in cache.note


def test_the_good_file_another_process_made_is_not_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    fill_and_spoil(path)
    with MeasurementCache.open(path) as slow:
        with MeasurementCache.open(path) as fast:
            assert fast.get("k7", "embedding") is None
            fast.put("k7", "embedding", ramp(2))
        assert slow.get("k8", "embedding") is None
        assert slow.get("k7", "embedding") is not None


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "m.sqlite3").mkdir()
    with MeasurementCache.open(tmp_path / "m.sqlite3") as cache:
        works_in_memory(cache, "no file")
    assert (tmp_path / "m.sqlite3").is_dir()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "user").write_text("x")
    with MeasurementCache.open(tmp_path / "user" / "m.sqlite3") as cache:
        works_in_memory(cache, "cannot be used")


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (x)")
    with MeasurementCache.open(path) as cache:
        works_in_memory(cache, "another program")
    assert [file.name for file in tmp_path.iterdir()] == ["m.sqlite3"]


def test_a_cache_of_a_newer_kvw_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    MeasurementCache.open(path).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=9")
    with MeasurementCache.open(path) as cache:
        works_in_memory(cache, "newer kvw")
    assert not (tmp_path / "m.sqlite3.damaged").exists()


def impatient(address: str, timeout_s: float) -> sqlite3.Connection:
    assert timeout_s > 0
    return connect(address, 0.0)


@pytest.mark.parametrize("is_open_before", [True, False])
def test_a_locked_file(tmp_path: Path, is_open_before: bool) -> None:
    path = tmp_path / "m.sqlite3"
    MeasurementCache.open(path).close()
    cache = MeasurementCache.open(path, connect=impatient) if is_open_before else None
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        cache = cache or MeasurementCache.open(path, connect=impatient)
        cache.put("key", "embedding", ramp(3))
        works_in_memory(cache, "another program holds it")
    cache.close()


def test_a_disk_that_fails_while_at_work(tmp_path: Path) -> None:
    class FailingDisk(sqlite3.Connection):
        is_failing = False

        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:  # type: ignore[override]
            if FailingDisk.is_failing:
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *values)

    def on_it(address: str, timeout_s: float) -> sqlite3.Connection:
        return sqlite3.connect(
            address, uri=True, timeout=timeout_s, isolation_level=None, factory=FailingDisk
        )

    with MeasurementCache.open(tmp_path / "m.sqlite3", connect=on_it) as cache:
        cache.put("key", "embedding", ramp(1))
        FailingDisk.is_failing = True
        assert cache.get("key", "embedding") is None
        works_in_memory(cache, "disk I/O error")


def test_a_damaged_file_that_cannot_be_moved(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    path.write_text("no database")
    (tmp_path / "m.sqlite3.damaged").mkdir()
    with MeasurementCache.open(path) as cache:
        works_in_memory(cache, "cannot be moved")
    assert path.read_text() == "no database"


def test_a_file_whose_folder_is_deleted_at_work(tmp_path: Path) -> None:
    folder = tmp_path / "user"
    with MeasurementCache.open(folder / "m.sqlite3") as cache:
        cache.put("key", "embedding", ramp(1))
        shutil.rmtree(folder)
        cache.put("key", "embedding", ramp(2))
        found = cache.get("key", "embedding")
        assert found is not None
        assert found.tolist() == [0, 1]


WRITER = """
import sys
import numpy as np
from pathlib import Path
from kvoicewalk.store import MeasurementCache

sys.stdin.readline()
with MeasurementCache.open(Path(sys.argv[1])) as cache:
    for number in range(200):
        cache.put(f"{sys.argv[2]}-{number}", "embedding", np.full(256, number, np.float32))
        cache.put("shared", "embedding", np.full(256, number, np.float32))
    sys.exit(cache.note)
"""


def test_two_processes_share_one_cache(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite3"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert errors.strip() == ""
    with MeasurementCache.open(path) as cache:
        for name in ("one", "two"):
            for number in range(200):
                found = cache.get(f"{name}-{number}", "embedding")
                assert found is not None
                assert found.tolist() == [number] * 256
        found = cache.get("shared", "embedding")
        assert found is not None
        assert found.tolist() == [199] * 256
