"""librosa, compiled by one process at a time.

numba compiles parts of librosa when they are first loaded on a machine, and keeps the results in
files. Two processes that do so together can leave a function beside a wrapper that calls another
name, and every later process crashes in it (https://github.com/numba/numba/issues/10128). So all
modules take librosa from here, where it loads under a lock.
"""

import contextlib
from collections.abc import Iterator

from filelock import FileLock, Timeout

from kvoicewalk.config import read_environment

LOCK_NAME = "librosa.lock"
MAX_WAIT_S = 300.0  # a first load takes half a minute; longer than this, nobody is at work there


@contextlib.contextmanager
def compiling_alone() -> Iterator[None]:
    """Lets one process of this user at a time pass; without a lock where none can be had."""
    path = read_environment().cache_dir / LOCK_NAME
    lock = FileLock(path, timeout=MAX_WAIT_S)
    with contextlib.suppress(OSError, Timeout, NotImplementedError):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


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
