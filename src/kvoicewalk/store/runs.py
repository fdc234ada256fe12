"""All runs of an output folder: `out/kvw.sqlite3` and one folder beside it for each run."""

import contextlib
import re
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType

from kvoicewalk.errors import Call, StoreError
from kvoicewalk.store.database import (
    Connect,
    connect,
    open_for_reading,
    open_for_writing,
    sqlite_errors,
    transaction,
)
from kvoicewalk.store.files import CHOOSE_ANOTHER, reason_of, to_json, write_json_atomic
from kvoicewalk.store.lock import RunLock
from kvoicewalk.store.records import (
    INSERT_RUN,
    PLAN,
    SELECT_ROWS,
    SELECT_RUNS,
    EndStatus,
    RunRecord,
    RunRow,
    is_run_id,
    read_record,
    read_row,
    run_folder,
    slug,
)
from kvoicewalk.store.removal import set_aside
from kvoicewalk.store.run import NewRow, Run
from kvoicewalk.store.schema import Schema

DATABASE_NAME = "kvw.sqlite3"
BUSY_TIMEOUT_S = 30.0

# What is released stays: a change of it is a migration at the end, and raises the version.
_SCHEMA = Schema(
    application_id=0x6B767772,  # "kvwr"
    version=1,
    statements=(
        "CREATE TABLE runs (run_id TEXT PRIMARY KEY, command TEXT NOT NULL, "
        "target TEXT NOT NULL, model TEXT NOT NULL, status TEXT NOT NULL, "
        "started_at TEXT NOT NULL, finished_at TEXT, config TEXT NOT NULL, "
        "result TEXT, note TEXT NOT NULL)",
        "CREATE TABLE rows (run_id TEXT NOT NULL, position INTEGER NOT NULL, "
        "kind TEXT NOT NULL, name TEXT NOT NULL, payload TEXT NOT NULL, "
        "PRIMARY KEY (run_id, kind, name))",
        "CREATE INDEX rows_in_order ON rows (run_id, kind, position)",
    ),
    remedy="move it away (the run folders beside it stay as they are) and try again",
    is_checked_whole=True,
)
_PUT_ROW = """
    INSERT INTO rows (run_id, kind, name, payload, position)
    VALUES (:run_id, :kind, :name, :payload, COALESCE(:position, (
        SELECT COALESCE(MAX(position) + 1, 0) FROM rows
        WHERE run_id = :run_id AND kind = :kind)))
    ON CONFLICT (run_id, kind, name) DO UPDATE SET
        payload = excluded.payload, position = COALESCE(:position, position)
"""


def local_now() -> datetime:
    """Returns the time now, with the local time zone."""
    return datetime.now().astimezone()


class RunStore:
    """Lists, starts and reopens the runs of one output folder.

    Opening creates nothing; the folder and the database are made by the first `start`. A database
    of an older kvw is brought up to date, and kept as it was as `kvw.sqlite3.v1` or the like.
    Several processes may use one folder at once.

    Attributes:
        out_dir: the output folder.
        notes: what the last listing had to leave out, and why.
    """

    def __init__(self, out_dir: Path, now: Callable[[], datetime], connect: Connect) -> None:
        """Opens nothing yet; use `open` instead, which looks at the database first."""
        self.out_dir = out_dir
        self.notes: tuple[str, ...] = ()
        self._path = out_dir / DATABASE_NAME
        self._now = now
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._is_writable = False
        self._locks = contextlib.ExitStack()

    @classmethod
    def open(
        cls, out_dir: Path, *, now: Callable[[], datetime] = local_now, connect: Connect = connect
    ) -> "RunStore":
        """Opens an output folder, which need not exist yet.

        Args:
            out_dir: the folder, for example `out/`.
            now: the clock; it gives times with a zone, which folder names are written in.
            connect: opens SQLite connections.

        Raises:
            StoreError: there is a database, and it is damaged, another program's, written
                by a newer kvw, not readable, or older and not writable.
        """
        store = cls(out_dir, now, connect)
        store._reading()
        return store

    def __enter__(self) -> "RunStore":
        """Returns the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the store."""
        self.close()

    def close(self) -> None:
        """Closes the database and lets go of all runs; more than once does no harm."""
        self._locks.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._is_writable = False

    def start(
        self, command: str, target_name: str, model: str, config: Mapping[str, object]
    ) -> Run:
        """Makes a run's folder with its `config.json`, and its row with status "running".

        Args:
            command: name of the kvw command.
            target_name: the target's name; becomes part of the folder's.
            model: text identity of the model, for example "mini@0123456789ab".
            config: the resolved configuration as plain data.

        Raises:
            StoreError: the folder or the database cannot be written; nothing is left behind.
        """
        config_text = to_json(dict(config))
        moment = self._now()
        # A file name on disk need not be valid Unicode, the database's texts must.
        target = target_name.encode("utf-8", "replace").decode("utf-8")
        self._make_out_dir()
        connection = self._writing()
        with contextlib.ExitStack() as on_failure:
            folder = self._make_run_folder(f"{moment:%Y%m%d-%H%M%S}", slug(command), slug(target))
            on_failure.callback(shutil.rmtree, folder, ignore_errors=True)
            lock = RunLock(folder)
            on_failure.callback(lock.release)
            write_json_atomic(folder / "config.json", dict(config))
            with sqlite_errors(self._path, _SCHEMA), transaction(connection):
                connection.execute(
                    INSERT_RUN,
                    (folder.name, command, target, model, _utc_text(moment), config_text),
                )
            on_failure.pop_all()
        self._locks.callback(lock.release)
        return Run(folder.name, folder, self, lock)

    def open_run(self, record: RunRecord) -> Run:
        """Goes on with an earlier run: it is "running" again, its rows and files are kept.

        Raises:
            StoreError: its folder is gone, another process works on it, or writing failed.
        """
        folder = run_folder(self.out_dir, record.run_id)
        if not folder.is_dir():
            raise StoreError(f"{folder} is gone, so run {record.run_id} cannot go on; start anew")
        connection = self._writing()
        with contextlib.ExitStack() as on_failure:
            lock = RunLock(folder)
            on_failure.callback(lock.release)
            with sqlite_errors(self._path, _SCHEMA), transaction(connection):
                n_changed = connection.execute(
                    "UPDATE runs SET status = 'running', finished_at = NULL, note = '' "
                    "WHERE run_id = ?",
                    (record.run_id,),
                ).rowcount
            if n_changed == 0:
                raise StoreError(f"run {record.run_id} is not in {self._path}; see 'kvw runs list'")
            on_failure.pop_all()
        self._locks.callback(lock.release)
        return Run(record.run_id, folder, self, lock)

    def list_runs(
        self,
        limit: int | None = None,
        commands: Collection[str] | None = None,
        statuses: Collection[str] | None = None,
    ) -> tuple[RunRecord, ...]:
        """Returns the runs, newest first; entries that make no sense are left out, see `notes`.

        Args:
            limit: how many to return at most; None for all.
            commands: only runs of these commands.
            statuses: only runs in these states.

        Raises:
            StoreError: the database cannot be read.
        """
        found: list[RunRecord] = []
        notes: list[str] = []
        for fields in self._select(SELECT_RUNS):
            if limit is not None and len(found) >= limit:
                break
            try:
                record = read_record(self.out_dir, fields)
            except StoreError as error:
                notes.append(str(error))
                continue
            if commands is not None and record.command not in commands:
                continue
            if statuses is None or record.status in statuses:
                found.append(record)
        self.notes = tuple(notes)
        return tuple(found)

    def get(self, wanted: str) -> RunRecord:
        """Returns the run with this name, the only one whose name begins so, or the "latest".

        The path of a run's folder, as the shell completes it, will do, too.

        Raises:
            StoreError: there is none, there are several, or the entry is damaged.
        """
        if wanted == "latest":
            latest = self.list_runs(limit=1)
            if not latest:
                none = f"{self.out_dir} holds no runs yet; start one with '"
                raise StoreError(none, Call("rank"), "'")
            return latest[0]
        prefix = re.split(r"[/\\]", wanted.rstrip("/\\"))[-1]
        entries = {fields[0]: fields for fields in self._select(SELECT_RUNS)}
        names = [name for name in entries if is_run_id(name)]
        matches = [name for name in names if prefix and name.startswith(prefix)]
        if prefix in matches:
            matches = [prefix]
        if not matches:
            raise StoreError(f"no run {wanted!r} in {self.out_dir}; see 'kvw runs list'")
        if len(matches) > 1:
            some = ", ".join(matches[:5]) + (", …" if len(matches) > 5 else "")
            raise StoreError(f"{wanted!r} fits {len(matches)} runs ({some}); give more of the name")
        return read_record(self.out_dir, entries[matches[0]])

    def rows(self, run_id: str, kind: str) -> tuple[RunRow, ...]:
        """Returns all rows of one kind of a run, in the order of their positions.

        Raises:
            StoreError: a row is damaged or the database cannot be read.
        """
        what = f"{self._path}: run {run_id}, {kind}"
        return tuple(read_row(what, fields) for fields in self._select(SELECT_ROWS, (run_id, kind)))

    def planned(self, run_id: str, name: str) -> dict[str, object] | None:
        """Returns what a run wrote down of its plan under a name, None for nothing; see `Run.plan`.

        Raises:
            StoreError: see `rows`.
        """
        return next((row.payload for row in self.rows(run_id, PLAN) if row.name == name), None)

    def put_rows(self, run_id: str, rows: list[NewRow]) -> None:
        """Inserts or overwrites rows in one transaction; `Run.put` is the usual way.

        Raises:
            StoreError: they could not be written; then none is.
        """
        values = [
            {"run_id": run_id, "kind": kind, "name": name, "payload": text, "position": position}
            for kind, name, text, position in rows
        ]
        connection = self._writing()
        with sqlite_errors(self._path, _SCHEMA), transaction(connection):
            connection.executemany(_PUT_ROW, values)

    def end_run(self, run_id: str, status: EndStatus, result: str | None, note: str) -> None:
        """Writes down how a run ended; `Run.finish` is the usual way.

        Raises:
            StoreError: it could not be written.
        """
        connection = self._writing()
        note = note.encode("utf-8", "replace").decode("utf-8")
        with sqlite_errors(self._path, _SCHEMA), transaction(connection):
            connection.execute(
                "UPDATE runs SET status = ?, finished_at = ?, note = ?, "
                "result = COALESCE(?, result) WHERE run_id = ?",
                (status, _utc_text(self._now()), note, result, run_id),
            )

    def remove(self, record: RunRecord) -> None:
        """Deletes a run: its folder and its entry.

        Raises:
            StoreError: it is still at work, its folder is not its own, or something cannot be
                deleted.
        """
        folder = run_folder(self.out_dir, record.run_id)
        if record.status == "running":
            raise StoreError(f"run {record.run_id} is still at work; wait for it or stop it")
        with set_aside(folder):
            connection = self._writing()
            with sqlite_errors(self._path, _SCHEMA), transaction(connection):
                for table in ("rows", "runs"):
                    query = f"DELETE FROM {table} WHERE run_id = ?"  # noqa: S608  (no input)
                    connection.execute(query, (record.run_id,))

    def _reading(self) -> sqlite3.Connection | None:
        if self._connection is None:
            self._connection = open_for_reading(
                self._path, _SCHEMA, busy_timeout_s=BUSY_TIMEOUT_S, connect=self._connect
            )
        return self._connection

    def _writing(self) -> sqlite3.Connection:
        if self._connection is not None and self._is_writable:
            return self._connection
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._connection = open_for_writing(
            self._path, _SCHEMA, busy_timeout_s=BUSY_TIMEOUT_S, connect=self._connect
        )
        self._is_writable = True
        return self._connection

    def _select(self, query: str, values: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
        connection = self._reading()
        if connection is None:
            return
        with sqlite_errors(self._path, _SCHEMA):
            # All at once: an open cursor would hold a read lock while the caller thinks.
            rows = connection.execute(query, values).fetchall()
        yield from rows

    def _make_out_dir(self) -> None:
        try:
            self.out_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{self.out_dir} cannot be made ({reason_of(error)})", CHOOSE_ANOTHER
            ) from error

    def _make_run_folder(self, time_text: str, command: str, target: str) -> Path:
        base = f"{time_text}-{command}-{target}"
        number = 1
        while True:
            folder = self.out_dir / (base if number == 1 else f"{base}-{number}")
            number += 1
            query = "SELECT 1 FROM runs WHERE run_id = ?"
            if any(self._select(query, (folder.name,))):
                continue  # Its folder was deleted, its name is still taken.
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            except OSError as error:
                raise StoreError(
                    f"{folder} cannot be made ({reason_of(error)})", CHOOSE_ANOTHER
                ) from error
            return folder


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")
