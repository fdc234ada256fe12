"""Deleting a run's folder: only that, only while nobody works in it, and all of it in the end."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from kvoicewalk.errors import StoreError
from kvoicewalk.store.files import reason_of
from kvoicewalk.store.lock import RunLock

REMOVED = ".removed-"


def folder_bytes(folder: Path) -> int:
    """Returns what the files below a folder hold together; links are not followed."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(Path(place, name)).st_size
    return total


@contextlib.contextmanager
def set_aside(folder: Path) -> Iterator[None]:
    """Takes a run's folder out of sight while its entry is deleted, then deletes it.

    It is renamed first, in one step: a process that would go on with the run finds nothing. After
    an error inside it is put back. Where an earlier attempt was killed, the rest of it is deleted.

    Raises:
        StoreError: another process works in it, it is no plain folder, or it cannot be deleted.
    """
    aside = folder.with_name(f"{REMOVED}{folder.name}")
    if not os.path.lexists(folder):
        yield
        _delete(aside)
        return
    if folder.is_symlink() or not folder.is_dir():
        raise StoreError(
            f"{folder} is no folder of its own but a link or a file; delete it by hand"
        )
    lock = RunLock(folder)
    try:
        if os.name == "nt":
            lock.release()  # Windows renames no folder with an open file
        _delete(aside)
        folder.rename(aside)
        try:
            yield
        except BaseException:
            aside.rename(folder)
            raise
    except OSError as error:
        raise StoreError(f"{folder} cannot be deleted ({reason_of(error)})") from error
    finally:
        lock.release()
    _delete(aside)


def _delete(folder: Path) -> None:
    if not folder.is_dir() or folder.is_symlink():
        return
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise StoreError(
            f"{folder} could not be deleted whole ({reason_of(error)}); delete the rest by hand"
        ) from error
