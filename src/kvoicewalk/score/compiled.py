"""librosa, compiled by one process at a time.

numba compiles parts of librosa when they are first loaded on a machine, and keeps the results in
files. Two processes that do so together can leave a function beside a wrapper that calls another
name, and every later process crashes in it (https://github.com/numba/numba/issues/10128). So all
modules take librosa from here, where it loads under a lock.
"""

import contextlib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from kvoicewalk.config import read_environment

LOCK_NAME = "librosa.lock"
MAX_WAIT_S = 300.0  # a first load takes half a minute; longer than this, nobody is at work there


@contextlib.contextmanager
def compiling_alone() -> Iterator[None]:
    """Lets one process at a time pass; without a lock where none can be had."""
    lock = _lock()
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _lock() -> BaseFileLock | None:
    """Returns the lock, taken, in the first folder that can hold one."""
    for folder in _folders():
        lock = FileLock(folder / LOCK_NAME, timeout=MAX_WAIT_S)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            return None
        except (OSError, NotImplementedError):
            continue
        return lock
    return None


def _folders() -> Iterator[Path]:
    """Yields where numba writes, in its order: all that share its files share the lock."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        yield Path(named)
    package = importlib.util.find_spec("librosa")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "__pycache__"
    yield read_environment().cache_dir


with compiling_alone():
    import librosa
    from librosa.beat import beat_track
    from librosa.feature import melspectrogram
    from librosa.filters import mel as mel_filters
    from librosa.onset import onset_strength

__all__ = [
    "beat_track",
    "compiling_alone",
    "librosa",
    "mel_filters",
    "melspectrogram",
    "onset_strength",
]
