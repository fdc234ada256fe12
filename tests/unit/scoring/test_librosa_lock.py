"""librosa compiles under a lock: two processes that compile together spoil it for all later."""

import re
import subprocess
import sys
from pathlib import Path

import filelock
import pytest

import kvoicewalk
from kvoicewalk.environment import read_environment
from kvoicewalk.scoring import librosa_lock
from kvoicewalk.scoring.librosa_lock import LOCK_NAME, compiling_alone


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
    first, last = librosa_lock._folders()
    assert first.parent == Path(str(librosa_lock.librosa().__file__)).parent
    assert last == read_environment().cache_dir


def test_without_a_place_for_a_lock_it_goes_on(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    nowhere = [tmp_path / "file" / "cache"]
    monkeypatch.setattr(librosa_lock, "_folders", lambda: iter(nowhere))
    with compiling_alone():
        pass
    nowhere.append(tmp_path)
    with compiling_alone(), pytest.raises(filelock.Timeout):
        filelock.FileLock(tmp_path / LOCK_NAME, timeout=0).acquire()


def test_a_process_that_hangs_does_not_stop_others_for_ever(lock, monkeypatch):
    monkeypatch.setattr("kvoicewalk.scoring.librosa_lock.MAX_WAIT_S", 0)
    with lock, compiling_alone():
        pass


def test_librosa_comes_from_there_alone():
    package = Path(kvoicewalk.__file__).parent
    direct = re.compile(r"^\s*(import|from) librosa|import_module\(.librosa", re.MULTILINE)
    found = [path.name for path in package.rglob("*.py") if direct.search(path.read_text("utf-8"))]
    assert found == ["librosa_lock.py"]


def test_importing_the_scorer_loads_and_waits_for_nothing(lock):
    modules = "classic_features, librosa_lock, scaled_features, scorer, speaker"
    encoders = "campplus, encoders, likeness, resampling, resemblyzer, resemblyzer_twin"
    code = (
        f"import sys; from kvoicewalk.scoring import {modules}; import kvoicewalk.held_out\n"
        f"from kvoicewalk.scoring.speaker import {encoders}\n"
        "print(sorted({'librosa', 'numba', 'resemblyzer'} & set(sys.modules)))\n"
    )
    with lock:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
        )
    assert done.stdout == "[]\n", done.stderr


def test_one_module_reads_the_environment():
    package = Path(kvoicewalk.__file__).parent
    reads = re.compile(r"environ(\.get|\[)|getenv")
    found = [path.name for path in package.rglob("*.py") if reads.search(path.read_text("utf-8"))]
    assert found == ["environment.py"]


def test_who_waits_is_told_so(lock, monkeypatch, caplog):
    monkeypatch.setattr("kvoicewalk.scoring.librosa_lock.MAX_WAIT_S", 0)
    with lock, caplog.at_level("WARNING", logger="kvoicewalk"), compiling_alone():
        pass
    assert "another process" in caplog.text
