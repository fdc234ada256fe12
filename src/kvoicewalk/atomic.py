"""Files that are whole or absent, never half written."""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Opens a new file that takes the place of `path` at the end, and not at all after an error.

    Raises:
        OSError: the place cannot be written; `path` is as it was.
    """
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    # The temporary name is short, so that it fits wherever the final name fits.
    temporary = path.with_name(f".{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a new name in a folder survive a power cut.

    Where folders cannot be opened (Windows) the system does it in its own time.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def replace_all(files: Mapping[Path, Callable[[BinaryIO], None]]) -> dict[Path, Path]:
    """Writes several files that belong together: all of them or none.

    What was there before is kept beside it, as `NAME.bak`, or `NAME.bak2` where that is taken.

    Args:
        files: what writes each of them.

    Returns:
        Where the earlier content of each file is kept that was there.

    Raises:
        OSError: one cannot be written; then all are as they were.
    """
    kept: dict[Path, Path] = {}
    done: list[Path] = []
    with contextlib.ExitStack() as cleanup:
        ready = {path: _written_beside(path, write, cleanup) for path, write in files.items()}
        try:
            for path, temporary in ready.items():
                if path.exists():
                    kept[path] = _keep(path)
                temporary.replace(path)
                done.append(path)
        except OSError:
            for path in done:
                _put_back(path, kept.get(path))
            for path in set(kept) - set(done):
                kept[path].unlink(missing_ok=True)
            raise
    for folder in {path.parent for path in files}:
        sync_folder(folder)
    return kept


def _written_beside(
    path: Path, write: Callable[[BinaryIO], None], cleanup: contextlib.ExitStack
) -> Path:
    temporary = path.with_name(f".{secrets.token_hex(6)}.tmp")

    def remove() -> None:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)

    cleanup.callback(remove)
    with temporary.open("xb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _keep(path: Path) -> Path:
    """Gives a file a second name, under which it stays when the first is given to another file."""
    n = 1
    while True:
        kept = path.with_name(f"{path.name}.bak{n if n > 1 else ''}")
        n += 1
        if kept.exists():
            continue
        try:
            kept.hardlink_to(path.resolve())  # at once, however large
        except OSError:
            shutil.copy2(path, kept)
        return kept


def _put_back(path: Path, kept: Path | None) -> None:
    if kept is None:
        path.unlink(missing_ok=True)
    else:
        kept.replace(path)
