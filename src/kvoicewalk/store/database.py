"""Opening SQLite files that several processes share and that anybody may have damaged.

Two files use this: the run database and the measurement cache. Each names its tables
in a `Schema`; a file with other tables, another program's mark or a newer version is
refused before anything in it is read or changed. One of an older version is brought up to
date where it can be written, and a copy of it as it was is kept beside it.
"""

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from kvoicewalk.errors import StoreError
from kvoicewalk.store.files import reason_of
from kvoicewalk.store.schema import DamagedDatabaseError, Schema, check_identity

Connect = Callable[[str, float], sqlite3.Connection]
"""Opens an SQLite address (`file:…?mode=rw`) with a busy timeout in seconds."""

# WAL keeps its index in shared memory, which processes on two machines do not share.
# fmt: off
_NETWORK_FILE_SYSTEMS = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.ceph", "fuse.glusterfs", "fuse.s3fs",
    "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs",
})
# fmt: on
_HEADER = b"SQLite format 3\0"
_RETRY_S = 0.02
_MOUNTS_PATH = Path("/proc/self/mounts")


class _InaccessibleError(StoreError):
    """The system does not let us open or write the file in this way."""


def connect(address: str, busy_timeout_s: float) -> sqlite3.Connection:
    """Opens a connection that leaves all transactions to us."""
    return sqlite3.connect(address, uri=True, timeout=busy_timeout_s, isolation_level=None)


@contextlib.contextmanager
def sqlite_errors(path: Path, schema: Schema) -> Iterator[None]:
    """Turns what sqlite3 raises inside into one-line StoreErrors that name the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path, schema) from error
    except UnicodeEncodeError as error:
        raise StoreError(f"{path} stores valid Unicode only, not {error.object!a}") from error
    except UnicodeDecodeError as error:
        # SQLite quotes a broken table's text in its own message, which sqlite3 then decodes.
        raise DamagedDatabaseError(f"{path} is no usable database; {schema.remedy}") from error


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Takes the write lock, then commits all or nothing."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def open_for_writing(
    path: Path,
    schema: Schema,
    *,
    busy_timeout_s: float,
    is_power_safe: bool = True,
    connect: Connect = connect,
) -> sqlite3.Connection:
    """Opens or makes a database; several processes may do so at once.

    Args:
        path: the file; its folder must exist.
        schema: what the file must hold; made where the file is new or empty, and brought up to
            date where it is older.
        busy_timeout_s: how long to wait for another process's transaction.
        is_power_safe: whether a commit survives a power cut. If not, it survives the death of
            the process only, and costs no wait for the disk where WAL works.
        connect: opens the connection.

    Raises:
        DamagedDatabaseError: the file is no database, is broken, or is too old.
        StoreError: it is another program's, newer than we know, locked or not writable.
    """
    _exists(path, schema)

    def attempt() -> sqlite3.Connection:
        return _opened_for_writing(path, schema, busy_timeout_s, is_power_safe, connect)

    with sqlite_errors(path, schema):
        return _patient(attempt, busy_timeout_s)


def _patient(
    attempt: Callable[[], sqlite3.Connection], busy_timeout_s: float
) -> sqlite3.Connection:
    """Tries again where SQLite says at once that a database is locked.

    It does not wait for a process that is changing the journal's mode, or tidying up as the last to
    close (sqlite.org/wal.html, section 8).
    """
    until_s = time.monotonic() + busy_timeout_s
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() >= until_s:
                raise
        time.sleep(_RETRY_S)


def _opened_for_writing(
    path: Path, schema: Schema, busy_timeout_s: float, is_power_safe: bool, connect: Connect
) -> sqlite3.Connection:
    with contextlib.ExitStack() as on_failure:
        connection = _connected(path, "rwc", busy_timeout_s, connect)
        on_failure.callback(connection.close)
        version = check_identity(connection, path, schema)
        mode = choose_journal_mode(connection, path.parent)
        is_light = mode == "wal" and not is_power_safe
        connection.execute(f"PRAGMA synchronous={'NORMAL' if is_light else 'FULL'}")
        if version is None:
            _create_tables(connection, path, schema)
        elif version < schema.version:
            _migrate(connection, path, schema, connect)
        _try_writing(connection, schema)
        on_failure.pop_all()
        return connection


def open_for_reading(
    path: Path, schema: Schema, *, busy_timeout_s: float, connect: Connect = connect
) -> sqlite3.Connection | None:
    """Opens an existing database to read it; returns None where there is none yet.

    Only one of an older version is changed. Works in a folder or on a disk that allows no
    writing, too, if the file is of today's version.

    Raises:
        DamagedDatabaseError: the file is no database, is broken, or is too old.
        StoreError: it is another program's, newer than we know, locked, not readable, or older
            and not writable.
    """
    if not _exists(path, schema):
        return None
    try:
        # Read-write first: only that can tidy up after a process that was killed. SQLite
        # makes do with reading where the file is protected.
        return _opened_for_reading(path, "rw", schema, busy_timeout_s, connect)
    except _InaccessibleError:
        # In a protected folder a WAL database opens only on the promise that nobody writes;
        # then a log beside it would be passed over.
        if _has_unmerged_log(path):
            raise
        return _opened_for_reading(path, "ro&immutable=1", schema, busy_timeout_s, connect)


def choose_journal_mode(connection: sqlite3.Connection, folder: Path) -> str:
    """Switches to WAL where it works, else to DELETE; returns the mode in use.

    WAL lets one process read while another writes. It needs shared memory beside the
    file, so it is tried out, and not tried at all on a network file system.
    """
    try:
        if network_file_system(folder, _mounts()) is None:
            mode = _text(connection, "PRAGMA journal_mode=WAL")
            if mode == "wal":
                # The pragma alone touches the header only; a transaction maps the memory.
                with transaction(connection):
                    pass
                return mode
    except sqlite3.OperationalError as error:
        if _is_busy(error):
            return _text(connection, "PRAGMA journal_mode")
    try:
        return _text(connection, "PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if not _is_busy(error):
            raise
        return _text(connection, "PRAGMA journal_mode")


def network_file_system(folder: Path, mounts: str) -> str | None:
    """Returns the kind of network file system that a folder lies on; None for a local one.

    Args:
        folder: an existing folder.
        mounts: the text of Linux's /proc/self/mounts; "" where there is none.
    """
    resolved = folder.resolve()
    found_depth, found_kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        # The kernel writes blanks and backslashes in paths as octal numbers.
        point = Path(fields[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        depth = len(point.parts)
        # The later line wins among equals: it is mounted over the earlier.
        if depth >= found_depth and (point == resolved or point in resolved.parents):
            found_depth, found_kind = depth, fields[2]
    return found_kind if found_kind in _NETWORK_FILE_SYSTEMS else None


def _mounts() -> str:
    try:
        return _MOUNTS_PATH.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _connected(path: Path, mode: str, timeout_s: float, connect: Connect) -> sqlite3.Connection:
    connection = connect(f"{path.absolute().as_uri()}?mode={mode}", timeout_s)
    # One undecodable text must not hide all the others.
    connection.text_factory = lambda content: content.decode("utf-8", "replace")
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def _opened_for_reading(
    path: Path, mode: str, schema: Schema, timeout_s: float, connect: Connect
) -> sqlite3.Connection | None:
    with sqlite_errors(path, schema), contextlib.ExitStack() as on_exit:
        connection = _connected(path, mode, timeout_s, connect)
        on_exit.callback(connection.close)
        version = check_identity(connection, path, schema)
        if version is None:
            return None
        if version < schema.version:
            if mode != "rw":
                raise _too_old_to_read(path, schema, version)
            _migrate(connection, path, schema, connect)
        on_exit.pop_all()
        return connection


def _create_tables(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    with transaction(connection):
        # Another process may have made them while this one waited for the lock.
        if check_identity(connection, path, schema) is not None:
            return
        for statement in schema.making(schema.version):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={schema.application_id}")
        connection.execute(f"PRAGMA user_version={schema.version}")


def _migrate(connection: sqlite3.Connection, path: Path, schema: Schema, connect: Connect) -> None:
    """Brings an older database up to date, all or nothing, and keeps a copy of it as it was."""
    with contextlib.ExitStack() as on_failure:
        with transaction(connection):
            # Another process may have done it while this one waited for the lock.
            version = check_identity(connection, path, schema)
            if version is None or version == schema.version:
                return
            # Written first: a protected file is noticed only here, and then nothing is copied.
            connection.execute(f"PRAGMA user_version={schema.version}")
            copy = _reserve(path, f"{path.name}.v{version}")
            on_failure.callback(copy.unlink, missing_ok=True)
            _copy_committed(path, copy, connect)
            for statement in schema.migrating(version):
                connection.execute(statement)
        on_failure.pop_all()


def _copy_committed(path: Path, copy: Path, connect: Connect) -> None:
    """Fills an empty file with a database, without what the caller's transaction has changed.

    By SQLite's own means: what lies in the log is copied, too, and after a cut the copy is empty.
    """
    shutil.copymode(path, copy)
    source = _connected(path, "rw", 0.0, connect)
    with contextlib.closing(source), contextlib.closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _reserve(path: Path, name: str) -> Path:
    """Makes an empty file beside another, under a name that was not taken."""
    number = 1
    while True:
        copy = path.with_name(name if number == 1 else f"{name}-{number}")
        number += 1
        try:
            copy.open("xb").close()
        except FileExistsError:
            continue
        except OSError as error:
            raise _InaccessibleError(
                f"{copy} cannot be made ({reason_of(error)}); make the folder writable: "
                f"{path.name} is of an older kvw and is copied before it is brought up to date"
            ) from error
        return copy


def _too_old_to_read(path: Path, schema: Schema, version: int) -> StoreError:
    return StoreError(
        f"{path} has layout {version} of an older kvw, must be brought to {schema.version} and "
        "cannot be written; make it and its folder writable, or copy the folder and name the copy"
    )


def _try_writing(connection: sqlite3.Connection, schema: Schema) -> None:
    # SQLite opens a protected file, and even begins to write, without a word.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA user_version={schema.version}")
    connection.execute("ROLLBACK")


def _exists(path: Path, schema: Schema) -> bool:
    try:
        if not path.exists():
            return False
        if not path.is_file():
            raise StoreError(f"{path} is no file; a database was expected: move it away")
        with path.open("rb") as file:
            start = file.read(len(_HEADER))
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read ({reason_of(error)}); make it readable or choose another folder"
        ) from error
    # SQLite takes any file shorter than a page for an empty database, and overwrites it.
    if start not in (b"", _HEADER):
        raise DamagedDatabaseError(f"{path} is no database; {schema.remedy}")
    return True


def _has_unmerged_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    try:
        return log.stat().st_size > 0
    except OSError:
        return False


def _text(connection: sqlite3.Connection, pragma: str) -> str:
    return str(connection.execute(pragma).fetchone()[0])


# Python 3.10 does not give SQLite's error codes, so the words have to do.
def _is_busy(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def _explained(error: sqlite3.Error, path: Path, schema: Schema) -> StoreError:
    # SQLITE_CORRUPT and SQLITE_NOTADB come as the plain class, all else as subclasses.
    if type(error) is sqlite3.DatabaseError:
        return DamagedDatabaseError(f"{path} is no usable database ({error}); {schema.remedy}")
    if _is_busy(error):
        advice = "another program holds it; wait for that to finish and try again"
    elif "full" in str(error):
        advice = "free some space on that disk and try again"
    elif any(word in str(error) for word in ("unable to open", "readonly", "disk I/O error")):
        advice = "make the file and its folder writable, or choose another folder"
        return _InaccessibleError(f"{path} cannot be used ({error}); {advice}")
    else:
        advice = schema.remedy
    return StoreError(f"{path} cannot be used ({error}); {advice}")
