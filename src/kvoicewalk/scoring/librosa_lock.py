"""librosa, compiled by one process at a time.

numba compiles parts of librosa when they are first loaded on a machine, and keeps the results in
files. Two processes that do so together can leave a function beside a wrapper that calls another
name, and every later process crashes in it (https://github.com/numba/numba/issues/10128). So all
modules take librosa from here, where it loads under a lock, when it is first needed.
"""

import contextlib
import functools
import importlib
import importlib.util
import logging
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from filelock import BaseFileLock, FileLock, Timeout

from kvoicewalk.environment import read_environment

LOCK_NAME = "librosa.lock"
MAX_WAIT_S = 300.0  # a first load takes half a minute; longer than this, nobody is at work there
PATIENCE_S = 10.0  # with compiled files a slow machine loads as long; a longer wait is told
# All parts that are used, so that what they compile is compiled under the lock.
PARTS = ("beat", "feature", "filters", "onset")


@functools.cache
def librosa() -> ModuleType:
    """Returns librosa with the parts that are used, loaded under the lock by the first call."""
    with compiling_alone():
        module = importlib.import_module("librosa")
        for part in PARTS:
            importlib.import_module(f"librosa.{part}")
        # `feature` fetches its functions when they are asked for.
        _ = module.feature.melspectrogram, module.beat.beat_track, module.onset.onset_strength
    return module


def wait_quietly() -> None:
    """Tells of no wait from now on: of several workers, each waits for another one."""
    logging.getLogger(__name__).setLevel(logging.ERROR)


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
        lock = FileLock(folder / LOCK_NAME)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return lock if _is_taken(lock) else None
        except (OSError, NotImplementedError):
            continue
    return None


def _is_taken(lock: BaseFileLock) -> bool:
    """Waits for the lock; False where another process holds it for too long."""
    with contextlib.suppress(Timeout):
        lock.acquire(timeout=min(PATIENCE_S, MAX_WAIT_S))
        return True
    logging.getLogger(__name__).warning("waiting for another process that loads librosa …")
    with contextlib.suppress(Timeout):
        lock.acquire(timeout=max(0.0, MAX_WAIT_S - PATIENCE_S))
    return lock.is_locked


def _folders() -> Iterator[Path]:
    """Yields where numba writes, in its order: all that share its files share the lock."""
    environment = read_environment()
    if environment.numba_cache_dir is not None:
        yield environment.numba_cache_dir
    package = importlib.util.find_spec("librosa")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "__pycache__"
    yield environment.cache_dir
