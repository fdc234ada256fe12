"""librosa compiles under a lock: two processes that compile together spoil it for all later."""

import re
from pathlib import Path

import filelock
import pytest

import kvoicewalk
from kvoicewalk.config import read_environment
from kvoicewalk.score import compiled
from kvoicewalk.score.compiled import LOCK_NAME, compiling_alone


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """What another process would take; it does not wait."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    return filelock.FileLock(tmp_path / "cache" / LOCK_NAME, timeout=0)


def test_one_at_a_time(lock):
    with compiling_alone(), pytest.raises(filelock.Timeout):
        lock.acquire()
    with lock:  # given back
        pass


def test_it_lies_where_numba_writes(monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    first, last = compiled._folders()
    assert first.parent == Path(compiled.librosa.__file__).parent
    assert last == read_environment().cache_dir


def test_without_a_place_for_a_lock_it_goes_on(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    nowhere = [tmp_path / "file" / "cache"]
    monkeypatch.setattr(compiled, "_folders", lambda: iter(nowhere))
    with compiling_alone():
        pass
    nowhere.append(tmp_path)
    with compiling_alone(), pytest.raises(filelock.Timeout):
        filelock.FileLock(tmp_path / LOCK_NAME, timeout=0).acquire()


def test_a_process_that_hangs_does_not_stop_others_for_ever(lock, monkeypatch):
    monkeypatch.setattr("kvoicewalk.score.compiled.MAX_WAIT_S", 0)
    with lock, compiling_alone():
        pass


def test_librosa_comes_from_there_alone():
    package = Path(kvoicewalk.__file__).parent
    direct = re.compile(r"^\s*(import librosa|from librosa)", re.MULTILINE)
    found = [path.name for path in package.rglob("*.py") if direct.search(path.read_text("utf-8"))]
    assert found == ["compiled.py"]
