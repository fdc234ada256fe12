"""A lock on a run's folder, which tells whether the process that owns it still lives.

The operating system drops the lock with the process, however it dies, so nothing has
to be cleaned up after `kill -9`, and no process number is ever mistaken for another.
"""

import errno
import os
import time
from pathlib import Path

from kvoicewalk.errors import StoreError
from kvoicewalk.store.files import reason_of

LOCK_NAME = "run.lock"

# `is_held` takes the lock for an instant; who meets it there tries again.
_OWNERS_ATTEMPTS = 20
_ASKERS_ATTEMPTS = 3
_PAUSE_S = 0.01

# Following a link or waiting for the far end of a pipe is never wanted here.
_SAFE_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class RunLock:
    """An exclusive lock, held until `release` or the end of the process.

    On a file system without locks it holds nothing and says so in `is_effective`.
    """

    def __init__(self, folder: Path) -> None:
        """Takes the lock of a run folder.

        Raises:
            StoreError: another process holds it, or the file cannot be made.
        """
        path = folder / LOCK_NAME
        try:
            flags = os.O_RDWR | os.O_CREAT | _SAFE_FLAGS
            self._descriptor: int | None = os.open(path, flags, 0o666)
        except OSError as error:
            raise StoreError(
                f"{path} cannot be made ({reason_of(error)}); make the folder writable"
            ) from error
        taken = _take(self._descriptor, _OWNERS_ATTEMPTS)
        if taken is False:
            self.release()
            raise StoreError(
                f"run {folder.name} is still at work in another process; wait for it or stop it"
            )
        self.is_effective = taken is True

    def release(self) -> None:
        """Gives the lock back; more than once does no harm."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def is_held(folder: Path) -> bool | None:
    """Tells whether a living process holds the folder's lock; None where it cannot be told."""
    try:
        descriptor = _open_existing(folder / LOCK_NAME)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None
    try:
        taken = _take(descriptor, _ASKERS_ATTEMPTS)
    finally:
        os.close(descriptor)
    return None if taken is None else not taken


def _open_existing(path: Path) -> int:
    # Network file systems lock only what may be written; others also what may just be read.
    try:
        return os.open(path, os.O_RDWR | _SAFE_FLAGS)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
    return os.open(path, os.O_RDONLY | _SAFE_FLAGS)


def _take(descriptor: int, n_attempts: int) -> bool | None:
    """Takes the lock of an open file: True if taken, False if held, None if not possible."""
    # filelock's own class would make the file, which must not happen where it is only asked for.
    from filelock import lock_descriptor

    for attempt in range(n_attempts):
        if attempt:
            time.sleep(_PAUSE_S)
        try:
            if lock_descriptor(descriptor, blocking=False):
                return True
        except OSError:
            return None
    return False
