"""What was measured on an utterance, kept across runs.

A cache may be lost at any time and must never stop a run: whatever goes wrong with its
file, `get` answers "not there" and the work goes on in memory.
"""

import sqlite3
import zlib
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from kvoicewalk.errors import StoreError
from kvoicewalk.store.database import (
    Connect,
    connect,
    open_for_writing,
    sqlite_errors,
    transaction,
)
from kvoicewalk.store.files import reason_of
from kvoicewalk.store.schema import DamagedDatabaseError, OutdatedDatabaseError, Schema

CACHE_NAME = "measurements.sqlite3"
# Short: waiting for a cache must not cost more than measuring anew.
BUSY_TIMEOUT_S = 5.0
ROWS_MAX = 200_000

Values = npt.NDArray[np.float32]

_SCHEMA = Schema(
    application_id=0x6B76776D,  # "kvwm"
    version=1,
    statements=(
        # `number` grows with each write, so that it tells the age without a clock.
        "CREATE TABLE measurements (number INTEGER PRIMARY KEY, key TEXT NOT NULL, "
        "kind TEXT NOT NULL, n_values INTEGER NOT NULL, checksum INTEGER NOT NULL, "
        "content BLOB NOT NULL, UNIQUE (key, kind))",
    ),
    remedy="delete it",
)


class MemoryCache:
    """A measurement store that forgets everything with the process."""

    def __init__(self) -> None:
        """Starts empty."""
        self.note = ""
        self._values: dict[tuple[str, str], Values] = {}

    def get(self, key: str, kind: str) -> Values | None:
        """See `kvoicewalk.evaluate.MeasurementStore.get`."""
        values = self._values.get((key, kind))
        return None if values is None else values.copy()

    def put(self, key: str, kind: str, values: Values) -> None:
        """See `kvoicewalk.evaluate.MeasurementStore.put`."""
        _check_values(values)
        # Taken out first, so that the order of the dictionary is the order of writing.
        self._values.pop((key, kind), None)
        self._values[key, kind] = values.copy()
        if len(self._values) > ROWS_MAX:
            del self._values[next(iter(self._values))]

    def close(self) -> None:
        """Has nothing to let go of; the values stay."""


class MeasurementCache:
    """A measurement store in a file that several processes share.

    If the file cannot be used (any longer), it carries on in memory and says why in
    `note`. A damaged file is renamed to `<name>.damaged` and made anew; one of an older
    version is deleted and made anew.
    """

    def __init__(self, path: Path, connect: Connect) -> None:
        """Opens nothing yet; use `open` instead."""
        self.note = ""
        self._path = path
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._file_id: tuple[int, int] | None = None
        self._memory = MemoryCache()

    @classmethod
    def open(cls, path: Path, *, connect: Connect = connect) -> "MeasurementCache":
        """Opens or makes the cache file and its folder; never fails, see `note`.

        Args:
            path: the file, in the user's cache folder.
            connect: opens SQLite connections.
        """
        cache = cls(path, connect)
        cache._open_file(may_renew=True)
        return cache

    def __enter__(self) -> "MeasurementCache":
        """Returns the cache itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the file."""
        self.close()

    def close(self) -> None:
        """Prunes and closes the file; more than once does no harm."""
        self.prune()
        self._let_go()

    def get(self, key: str, kind: str) -> Values | None:
        """See `kvoicewalk.evaluate.MeasurementStore.get`; a damaged entry counts as not there."""
        if self._connection is None:
            return self._memory.get(key, kind)
        query = "SELECT n_values, checksum, content FROM measurements WHERE key = ? AND kind = ?"
        try:
            with sqlite_errors(self._path, _SCHEMA):
                row = self._connection.execute(query, (key, kind)).fetchone()
        except StoreError as error:
            self._retreat(error)
            return None
        return None if row is None else _decoded(key, kind, *row)

    def put(self, key: str, kind: str, values: Values) -> None:
        """See `kvoicewalk.evaluate.MeasurementStore.put`."""
        _check_values(values)
        content = values.astype("<f4").tobytes()
        row = (key, kind, values.size, _checksum(key, kind, content), content)
        for _ in range(2):  # The second goes to the file that replaced a damaged one.
            if self._connection is None:
                break
            try:
                with sqlite_errors(self._path, _SCHEMA), transaction(self._connection):
                    self._connection.execute(
                        "INSERT OR REPLACE INTO measurements "
                        "(key, kind, n_values, checksum, content) VALUES (?, ?, ?, ?, ?)",
                        row,
                    )
            except StoreError as error:
                self._retreat(error)
            else:
                return
        self._memory.put(key, kind, values)

    def prune(self, max_rows: int = ROWS_MAX) -> None:
        """Drops the entries written longest ago, beyond `max_rows`."""
        if self._connection is None:
            return
        try:
            with sqlite_errors(self._path, _SCHEMA):
                span = "SELECT COALESCE(MAX(number) - MIN(number) + 1, 0) FROM measurements"
                # Two look-ups in the index spare the count of all rows nearly always.
                if self._connection.execute(span).fetchone()[0] <= max_rows:
                    return
                with transaction(self._connection):
                    self._connection.execute(
                        "DELETE FROM measurements WHERE number <= (SELECT number FROM "
                        "measurements ORDER BY number DESC LIMIT 1 OFFSET ?)",
                        (max_rows,),
                    )
        except StoreError as error:
            self._retreat(error)

    def _open_file(self, *, may_renew: bool) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file_id = _file_id(self._path)
            self._connection = open_for_writing(
                self._path,
                _SCHEMA,
                busy_timeout_s=BUSY_TIMEOUT_S,
                is_power_safe=False,
                connect=self._connect,
            )
            self._file_id = self._file_id or _file_id(self._path)
        except DamagedDatabaseError as error:
            if may_renew:
                self._renew(error)
            else:
                self._note(str(error))
        except StoreError as error:
            self._note(str(error))
        except OSError as error:
            self._note(f"{self._path} cannot be used ({reason_of(error)})")

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _retreat(self, error: StoreError) -> None:
        """Gives the file up after an error; a damaged one is replaced."""
        self._let_go()
        if isinstance(error, DamagedDatabaseError):
            self._renew(error)
        else:
            self._note(str(error))

    def _renew(self, error: DamagedDatabaseError) -> None:
        try:
            # Where another process was faster, the file there now is a good one.
            if _file_id(self._path) == self._file_id:
                self._put_away(error)
        except OSError as trouble:
            self._note(f"{error}; it cannot be moved ({reason_of(trouble)})")
            return
        self._open_file(may_renew=False)

    def _put_away(self, error: DamagedDatabaseError) -> None:
        if isinstance(error, OutdatedDatabaseError):
            self._path.unlink()  # Nothing is wrong with it; it is of no use any more.
            return
        aside = self._path.with_name(self._path.name + ".damaged")
        self._path.replace(aside)
        self.note = f"the measurement cache was damaged; it lies in {aside} now"

    def _note(self, reason: str) -> None:
        self.note = f"measurements are kept in memory only: {reason}"


def _check_values(values: Values) -> None:
    if values.dtype != np.float32 or values.ndim != 1:
        raise ValueError(f"expected float32 (n_values,), got {values.dtype} {values.shape}")


def _checksum(key: str, kind: str, content: bytes) -> int:
    # With the names in it, values that slipped to another entry are noticed, too.
    return zlib.crc32(content, zlib.crc32(f"{key}\0{kind}".encode("utf-8", "replace")))


def _decoded(
    key: str, kind: str, n_values: object, checksum: object, content: object
) -> Values | None:
    if not isinstance(content, bytes) or not isinstance(n_values, int):
        return None
    if len(content) != 4 * n_values or checksum != _checksum(key, kind, content):
        return None
    return np.frombuffer(content, dtype="<f4").astype(np.float32)


def _file_id(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
