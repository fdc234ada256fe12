"""A lock on a run's folder, which tells whether the process that owns it still lives.

The operating system drops the lock with the process, however it dies, so nothing has
to be cleaned up after `kill -9`, and no process number is ever mistaken for another.
"""

import errno
import os
import sys
import time
from pathlib import Path

from kvoicewalk.errors import StoreError
from kvoicewalk.store.files import reason_of

LOCK_NAME = "run.lock"

# `is_held` takes the lock for an instant; an owner that meets it there tries again.
_ATTEMPTS = 20
_PAUSE_S = 0.01

# Following a link or waiting for the far end of a pipe is never wanted here.
_SAFE_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class RunLock:
    """An exclusive lock, held until `release` or the end of the process.

    On a file system without locks it holds nothing and says so in `is_effective`.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock of a run folder.

        Raises:
            StoreError: Another process holds it, or the file cannot be made.
        """
        path = folder / LOCK_NAME
        try:
            flags = os.O_RDWR | os.O_CREAT | _SAFE_FLAGS
            self._descriptor: int | None = os.open(path, flags, 0o666)
        except OSError as error:
            raise StoreError(
                f"{path} cannot be made ({reason_of(error)}); make the folder writable"
            ) from error
        taken = _take_with_patience(self._descriptor)
        if taken is False:
            self.release()
            raise StoreError(
                f"run {folder.name} is still at work in another process; wait for it or stop it"
            )
        self.is_effective = taken is True

    def release(self) -> None:
        """Give the lock back; more than once does no harm."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def is_held(folder: Path) -> bool | None:
    """Whether a living process holds the folder's lock; None where it cannot be told."""
    try:
        descriptor = os.open(folder / LOCK_NAME, _probe_flags() | _SAFE_FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None
    try:
        taken = _take(descriptor, is_shared=True)
    finally:
        os.close(descriptor)
    return None if taken is None else not taken


def _take_with_patience(descriptor: int) -> bool | None:
    for _ in range(_ATTEMPTS):
        taken = _take(descriptor, is_shared=False)
        if taken is not False:
            return taken
        time.sleep(_PAUSE_S)
    return False


if sys.platform == "win32":
    import msvcrt

    def _probe_flags() -> int:
        return os.O_RDWR

    def _take(descriptor: int, *, is_shared: bool) -> bool | None:
        """Lock the first byte: True if taken, False if held, None if not possible."""
        del is_shared  # Windows has the exclusive kind alone.
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return False if error.errno in (errno.EACCES, errno.EDEADLK) else None
        return True

else:
    import fcntl

    def _probe_flags() -> int:
        return os.O_RDONLY

    def _take(descriptor: int, *, is_shared: bool) -> bool | None:
        """Lock the file: True if taken, False if held, None if not possible."""
        kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True
