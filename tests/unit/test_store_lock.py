"""The lock that tells whether a run's owner lives."""

import errno
import os
import sys
from pathlib import Path

import pytest

from kvoicewalk.errors import StoreError
from kvoicewalk.store.lock import LOCK_NAME, RunLock, is_held


def test_it_is_held_from_taking_to_release(tmp_path: Path) -> None:
    assert is_held(tmp_path) is False
    lock = RunLock(tmp_path)
    assert lock.is_effective
    assert is_held(tmp_path) is True
    assert is_held(tmp_path) is True
    lock.release()
    lock.release()
    assert is_held(tmp_path) is False


def test_asking_makes_no_file(tmp_path: Path) -> None:
    assert is_held(tmp_path) is False
    assert is_held(tmp_path / "absent") is False
    assert not list(tmp_path.iterdir())


def test_a_second_owner_is_refused_and_the_first_keeps_it(tmp_path: Path) -> None:
    lock = RunLock(tmp_path)
    with pytest.raises(StoreError, match="still at work"):
        RunLock(tmp_path)
    assert is_held(tmp_path) is True
    lock.release()
    RunLock(tmp_path).release()


def test_a_folder_that_is_gone_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be made"):
        RunLock(tmp_path / "absent")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).symlink_to(tmp_path / "elsewhere")
    assert is_held(tmp_path) is None
    with pytest.raises(StoreError, match="cannot be made"):
        RunLock(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs flock")
@pytest.mark.parametrize("ask", [is_held, lambda folder: RunLock(folder).release()])
def test_who_asks_at_the_same_time_is_not_taken_for_the_owner(  # type: ignore[no-untyped-def]
    tmp_path: Path, ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    RunLock(tmp_path).release()
    other = os.open(tmp_path / LOCK_NAME, os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    monkeypatch.setattr("kvoicewalk.store.lock.time.sleep", lambda _: os.close(other))
    assert not ask(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
@pytest.mark.parametrize("is_locked", [True, False])
def test_it_is_told_of_a_file_that_may_only_be_read(
    tmp_path: Path, is_locked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = RunLock(tmp_path)
    if not is_locked:
        lock.release()
    real_open = os.open

    def protected(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real_open(path, flags, mode)

    monkeypatch.setattr("kvoicewalk.store.lock.os.open", protected)
    assert is_held(tmp_path) is is_locked
    lock.release()


def test_a_file_that_may_not_be_read_leaves_the_question_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    RunLock(tmp_path).release()

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("kvoicewalk.store.lock.os.open", refuse)
    assert is_held(tmp_path) is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs flock")
def test_a_disk_without_locks_is_worked_on_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    lock = RunLock(tmp_path)
    assert not lock.is_effective
    assert is_held(tmp_path) is None
    lock.release()
