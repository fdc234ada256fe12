"""One SQLite file, many processes, any content."""

import contextlib
import dataclasses
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvoicewalk.errors import StoreError
from kvoicewalk.store import database
from kvoicewalk.store.database import (
    choose_journal_mode,
    connect,
    network_file_system,
    open_for_reading,
    open_for_writing,
    sqlite_errors,
    transaction,
)
from kvoicewalk.store.schema import DamagedDatabaseError, OutdatedDatabaseError, Schema

SCHEMA = Schema(
    application_id=77,
    version=3,
    statements=("CREATE TABLE things (name TEXT PRIMARY KEY)",),
    remedy="move it away",
)


class NoWalAnswer(sqlite3.Connection):
    """SQLite's answer where its file layer knows no shared memory: another mode."""

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:  # type: ignore[override]
        if sql == "PRAGMA journal_mode=WAL":
            return super().execute("PRAGMA journal_mode")
        return super().execute(sql, *values)


class NoWalMemory(sqlite3.Connection):
    """A disk that takes the mode and then fails to map the shared memory."""

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:  # type: ignore[override]
        if sql == "BEGIN IMMEDIATE":
            mode = super().execute("PRAGMA journal_mode").fetchone()[0]
            if mode == "wal":
                raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *values)


def connect_with(kind: type[sqlite3.Connection]):  # type: ignore[no-untyped-def]
    def connect_it(address: str, timeout_s: float) -> sqlite3.Connection:
        return sqlite3.connect(
            address, uri=True, timeout=timeout_s, isolation_level=None, factory=kind
        )

    return connect_it


def make(path: Path, *names: str) -> None:
    connection = open_for_writing(path, SCHEMA, busy_timeout_s=1)
    with contextlib.closing(connection), transaction(connection):
        connection.executemany("INSERT INTO things VALUES (?)", [(name,) for name in names])


def names(connection: sqlite3.Connection | None) -> list[str]:
    assert connection is not None
    with contextlib.closing(connection):
        return [name for (name,) in connection.execute("SELECT name FROM things")]


def names_in(path: Path) -> list[str]:
    return names(open_for_reading(path, SCHEMA, busy_timeout_s=1))


@pytest.mark.parametrize("name", ["a.db", "with blank ? # % ü.db", "a\nb.db"])
def test_what_was_written_is_read(tmp_path: Path, name: str) -> None:
    make(tmp_path / name, "one", "two")
    assert names_in(tmp_path / name) == ["one", "two"]


def test_a_new_file_uses_wal_on_a_local_disk(tmp_path: Path) -> None:
    make(tmp_path / "a.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    local = network_file_system(tmp_path, mounts()) is None
    assert mode == ("wal" if local else "delete")


def mounts() -> str:
    path = Path("/proc/self/mounts")
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("kind", [NoWalAnswer, NoWalMemory])
def test_without_wal_it_falls_back_and_works(
    tmp_path: Path, kind: type[sqlite3.Connection]
) -> None:
    path = tmp_path / "a.db"
    connection = open_for_writing(path, SCHEMA, busy_timeout_s=1, connect=connect_with(kind))
    with contextlib.closing(connection):
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        with transaction(connection):
            connection.execute("INSERT INTO things VALUES ('one')")
    assert names_in(path) == ["one"]
    assert not list(tmp_path.glob("*-wal"))


class LockedTwice(sqlite3.Connection):
    """Says at once, twice, that another process is changing the journal."""

    n_left = 2

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:  # type: ignore[override]
        if LockedTwice.n_left and "user_version" in sql:
            LockedTwice.n_left -= 1
            raise sqlite3.OperationalError("database is locked")
        return super().execute(sql, *values)


def test_what_is_locked_for_a_moment_is_tried_again(tmp_path: Path) -> None:
    path, kind = tmp_path / "a.db", connect_with(LockedTwice)
    open_for_writing(path, SCHEMA, busy_timeout_s=1, connect=kind).close()
    assert LockedTwice.n_left == 0
    LockedTwice.n_left = 1_000
    with pytest.raises(StoreError, match="another program holds it"):
        open_for_writing(path, SCHEMA, busy_timeout_s=0.1, connect=kind)


def test_a_busy_database_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with contextlib.closing(connect(f"file:{path}?mode=rwc", 0)) as first:
        first.execute("CREATE TABLE t (x)")
        first.execute("BEGIN IMMEDIATE")
        with contextlib.closing(connect(f"file:{path}", 0)) as second:
            assert choose_journal_mode(second, tmp_path) == "delete"


def test_a_shared_wal_database_on_a_network_disk_keeps_its_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    with contextlib.closing(connect(f"file:{path}?mode=rwc", 0)) as first:
        assert first.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
        first.execute("CREATE TABLE t (x)")
        (tmp_path / "mounts").write_text(f"server:/ {tmp_path.resolve()} nfs4 rw 0 0\n")
        monkeypatch.setattr(database, "_MOUNTS_PATH", tmp_path / "mounts")
        with contextlib.closing(connect(f"file:{path}", 0)) as second:
            assert choose_journal_mode(second, tmp_path) == "wal"
    with contextlib.closing(connect(f"file:{path}", 0)) as alone:
        assert choose_journal_mode(alone, tmp_path) == "delete"


def test_without_a_list_of_mounts_a_folder_counts_as_local(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_MOUNTS_PATH", tmp_path / "absent")
    with contextlib.closing(connect(f"file:{tmp_path}/a.db?mode=rwc", 0)) as connection:
        assert choose_journal_mode(connection, tmp_path) == "wal"


def test_empty_and_absent_files_hold_nothing(tmp_path: Path) -> None:
    assert open_for_reading(tmp_path / "absent.db", SCHEMA, busy_timeout_s=1) is None
    assert not list(tmp_path.iterdir())
    (tmp_path / "empty.db").touch()
    assert open_for_reading(tmp_path / "empty.db", SCHEMA, busy_timeout_s=1) is None
    make(tmp_path / "empty.db", "one")
    assert names_in(tmp_path / "empty.db") == ["one"]


def refuse(path: Path, kind: type[StoreError], words: str) -> None:
    before = path.read_bytes() if path.is_file() else None
    for opening in (open_for_reading, open_for_writing):
        with pytest.raises(kind, match=words) as caught:
            opening(path, SCHEMA, busy_timeout_s=0)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before


@pytest.mark.parametrize(
    "content",
    [
        b"hello, I am a text file\n" * 200,
        b"x",
        b"SQLite format 3\0",
        b"SQLite format 3\0" + b"\0" * 84,
        b"SQLite format 3\0" + b"\xff" * 4080,
    ],
)
def test_other_files_are_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)
    refuse(path, DamagedDatabaseError, "move it away")


def test_a_truncated_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path, *(f"{n:0500d}" for n in range(100)))
    path.write_bytes(path.read_bytes()[:5000])
    refuse(path, DamagedDatabaseError, "move it away")


def test_a_newer_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path)
    change(path, "PRAGMA user_version=4")
    refuse(path, StoreError, "layout 4, this kvw knows up to 3.*update kvw")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    change(path, "CREATE TABLE bookmarks (x)")
    refuse(path, StoreError, "another program")


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TABLE things"],
        ["DROP TABLE things", "CREATE VIEW things AS SELECT 'x' AS name"],
        ["DROP TABLE things", "CREATE TABLE things (other TEXT)"],
        ["PRAGMA user_version=0"],
        ["PRAGMA user_version=-1"],
    ],
)
def test_tables_that_are_not_ours_are_refused(tmp_path: Path, statements: list[str]) -> None:
    path = tmp_path / "a.db"
    make(path)
    change(path, *statements)
    refuse(path, DamagedDatabaseError, "lacks the tables")


def change(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def remake(path: Path, *statements: str) -> None:
    """Makes a database with our marks by somebody else's statements."""
    change(path, *statements, "PRAGMA application_id=77", "PRAGMA user_version=3")


@pytest.mark.parametrize(
    "statement",
    [
        'create  table "things"\n(\tname  text  not null  primary key)',
        "CREATE TABLE things (name TEXT PRIMARY KEY /* unique */)",
    ],
)
def test_the_words_of_a_table_may_be_others(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "a.db"
    remake(path, statement, "CREATE TABLE notes (mine)", "CREATE INDEX own ON things (name)")
    make(path, "one")
    assert names_in(path) == ["one"]


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE things (name TEXT)"],
        ["CREATE TABLE things (name BLOB PRIMARY KEY)"],
        ["CREATE TABLE things (name TEXT PRIMARY KEY, size INTEGER)"],
        ["CREATE TABLE things (name TEXT, part TEXT, PRIMARY KEY (name, part))"],
        ["CREATE TABLE things (name TEXT PRIMARY KEY DEFAULT (hex(zeroblob(9))))"],
        ["CREATE TABLE things (name TEXT PRIMARY KEY CHECK (length(name) < 9))"],
        ["CREATE TABLE things (part TEXT, name TEXT AS (upper(part)))"],
        ["CREATE TABLE things (name TEXT PRIMARY KEY, n AS (length(name)) STORED)"],
        ["CREATE TABLE t (name TEXT PRIMARY KEY)", "CREATE VIEW things AS SELECT * FROM t"],
        ["CREATE VIRTUAL TABLE things USING fts5(name)"],
        [*SCHEMA.statements, "CREATE INDEX i ON things (hex(name))"],
        [*SCHEMA.statements, "CREATE INDEX i ON things (name) WHERE length(name) < 9"],
        [
            *SCHEMA.statements,
            "CREATE TRIGGER t AFTER INSERT ON things BEGIN DELETE FROM things; END",
        ],
    ],
)
def test_what_could_run_or_store_something_else_is_refused(
    tmp_path: Path, statements: list[str]
) -> None:
    path = tmp_path / "a.db"
    remake(path, *statements)
    refuse(path, DamagedDatabaseError, "lacks the tables")


def test_a_trigger_that_calls_itself_a_table_is_refused(tmp_path: Path) -> None:
    """Some releases of SQLite make what the text says, whatever type stands beside it."""
    path = tmp_path / "a.db"
    trigger = "CREATE TRIGGER t AFTER INSERT ON things BEGIN DELETE FROM things; END"
    remake(path, *SCHEMA.statements, trigger, "PRAGMA writable_schema=ON")
    change(
        path,
        "PRAGMA writable_schema=ON",
        "UPDATE sqlite_master SET type = 'table', tbl_name = 't' WHERE name = 't'",
    )
    refuse(path, DamagedDatabaseError, "move it away")


def test_an_index_that_is_ours_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path)
    statement = "CREATE UNIQUE INDEX by_name ON things (name, name)"
    schema = dataclasses.replace(SCHEMA, statements=(*SCHEMA.statements, statement))
    with pytest.raises(DamagedDatabaseError, match="lacks the tables"):
        open_for_reading(path, schema, busy_timeout_s=0)
    change(path, statement)
    assert names(open_for_reading(path, schema, busy_timeout_s=0)) == []


def test_a_table_whose_broken_text_sqlite_quotes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path)
    content = path.read_bytes()
    assert content.count(b"CREATE TABLE things") == 1
    path.write_bytes(content.replace(b"CREATE TABLE things", b"CREATE T\xffBLE things"))
    refuse(path, DamagedDatabaseError, "move it away")


def test_an_index_that_lost_its_rows_is_noticed_where_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path, "one", "two")
    content = bytearray(path.read_bytes())
    index_page = content.rindex(b"\x0a\x00\x00\x00\x02")
    content[index_page + 3 : index_page + 5] = b"\x00\x00"
    path.write_bytes(content)
    with contextlib.closing(open_for_writing(path, SCHEMA, busy_timeout_s=0)) as connection:
        query = "SELECT name FROM things WHERE name = 'one'"
        assert connection.execute(query).fetchall() == []
    careful = dataclasses.replace(SCHEMA, is_checked_whole=True)
    for opening in (open_for_reading, open_for_writing):
        with pytest.raises(DamagedDatabaseError, match="contradicts itself; move it away"):
            opening(path, careful, busy_timeout_s=0)


def test_a_folder_in_the_files_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").mkdir()
    refuse(tmp_path / "a.db", StoreError, "no file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.db")
    refuse(tmp_path / "a.db", StoreError, "no file")


def test_a_lock_held_by_another_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path)
    with contextlib.closing(connect(f"file:{path}", 0)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        with transaction(other):
            other.execute("INSERT INTO things VALUES ('one')")
        with pytest.raises(StoreError, match="another program holds it"):
            open_for_writing(path, SCHEMA, busy_timeout_s=0)


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    make(tmp_path / "a.db")
    connection = open_for_writing(tmp_path / "a.db", SCHEMA, busy_timeout_s=1)
    with contextlib.closing(connection), pytest.raises(KeyboardInterrupt):
        interrupt_a_transaction(connection)
    assert names_in(tmp_path / "a.db") == []


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path)
    with contextlib.closing(open_for_writing(path, SCHEMA, busy_timeout_s=1)) as connection:
        n_pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={n_pages}")
        with pytest.raises(StoreError, match="free some space"), sqlite_errors(path, SCHEMA):
            connection.execute("INSERT INTO things VALUES (?)", ("x" * 9000,))


def interrupt_a_transaction(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO things VALUES ('one')")
        raise KeyboardInterrupt


@pytest.fixture
def plain_user_folder() -> Iterator[Path]:
    """A folder in which the test runs without root's power to write everywhere."""
    if sys.platform == "win32":
        pytest.skip("needs POSIX permissions")
    is_root = os.geteuid() == 0
    # pytest's own folders are closed to the user that root becomes here.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        if is_root:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)


def test_a_read_only_file_can_be_read_but_not_written(plain_user_folder: Path) -> None:
    path = plain_user_folder / "a.db"
    make(path, "one")
    path.chmod(0o444)
    assert names_in(path) == ["one"]
    with pytest.raises(StoreError, match=r"a\.db cannot be used .*writable"):
        make(path, "two")


def test_a_read_only_folder_can_be_read_but_not_written(plain_user_folder: Path) -> None:
    path = plain_user_folder / "a.db"
    make(path, "one")
    path.chmod(0o444)
    plain_user_folder.chmod(0o555)
    assert names_in(path) == ["one"]
    with pytest.raises(StoreError, match=r"a\.db cannot be used .*writable"):
        make(path, "two")
    with pytest.raises(StoreError, match=r"new\.db cannot be used .*writable"):
        make(plain_user_folder / "new.db")


def test_a_read_only_copy_of_a_killed_writers_files_can_be_read(plain_user_folder: Path) -> None:
    source = plain_user_folder / "live"
    copy = plain_user_folder / "copy"
    source.mkdir()
    copy.mkdir()
    with contextlib.closing(
        open_for_writing(source / "a.db", SCHEMA, busy_timeout_s=1)
    ) as connection:
        with transaction(connection):
            connection.execute("INSERT INTO things VALUES ('in the log')")
        for file in source.iterdir():
            (copy / file.name).write_bytes(file.read_bytes())
            (copy / file.name).chmod(0o444)
    copy.chmod(0o555)
    try:
        assert names_in(copy / "a.db") == ["in the log"]
    finally:
        copy.chmod(0o755)


def test_a_log_that_cannot_be_merged_is_not_passed_over(plain_user_folder: Path) -> None:
    path = plain_user_folder / "a.db"
    make(path, "one")
    (plain_user_folder / "a.db-wal").write_bytes(b"x" * 100)
    plain_user_folder.chmod(0o555)
    path.chmod(0o444)
    with pytest.raises(StoreError, match=r"a\.db cannot be used"):
        open_for_reading(path, SCHEMA, busy_timeout_s=1)


def test_an_unreadable_file_is_refused(plain_user_folder: Path) -> None:
    path = plain_user_folder / "a.db"
    make(path)
    path.chmod(0)
    with pytest.raises(StoreError, match=r"a\.db cannot be read .*readable"):
        open_for_reading(path, SCHEMA, busy_timeout_s=1)


LATER = dataclasses.replace(
    SCHEMA,
    version=5,
    migrations=(
        (
            "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 0",
            "UPDATE things SET size = length(name)",
        ),
        (
            "CREATE TABLE sizes (size INTEGER PRIMARY KEY)",
            "INSERT INTO sizes SELECT DISTINCT size FROM things",
        ),
    ),
)


def sizes(connection: sqlite3.Connection | None) -> tuple[list[tuple[str, int]], list[int]]:
    assert connection is not None
    with contextlib.closing(connection):
        assert connection.execute("PRAGMA user_version").fetchone() == (5,)
        things = connection.execute("SELECT name, size FROM things ORDER BY name").fetchall()
        return things, [n for (n,) in connection.execute("SELECT size FROM sizes")]


@pytest.mark.parametrize("opening", [open_for_reading, open_for_writing])
@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_an_older_database_is_brought_up_to_date_and_kept_as_it_was(  # type: ignore[no-untyped-def]
    tmp_path: Path, opening, journal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    if journal == "delete":
        (tmp_path / "mounts").write_text(f"server:/ {tmp_path.resolve()} nfs4 rw 0 0\n")
        monkeypatch.setattr(database, "_MOUNTS_PATH", tmp_path / "mounts")
    make(path, "a", "bcd")
    if journal == "delete":
        (tmp_path / "mounts").unlink()
    expected = [("a", 1), ("bcd", 3)], [1, 3]
    assert sizes(opening(path, LATER, busy_timeout_s=1)) == expected
    assert sizes(opening(path, LATER, busy_timeout_s=1)) == expected
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.db", "a.db.v3"]
    refuse(path, StoreError, "layout 5, this kvw knows up to 3")
    assert names_in(tmp_path / "a.db.v3") == ["a", "bcd"]


def test_one_step_is_enough_from_the_version_before(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    between = dataclasses.replace(LATER, version=4, migrations=LATER.migrations[:1])
    with contextlib.closing(open_for_writing(path, between, busy_timeout_s=1)) as connection:
        connection.execute("INSERT INTO things VALUES ('a', 7)")
    assert sizes(open_for_reading(path, LATER, busy_timeout_s=1)) == ([("a", 7)], [7])
    assert (tmp_path / "a.db.v4").exists()


def test_a_new_database_has_the_newest_layout_at_once(tmp_path: Path) -> None:
    assert sizes(open_for_writing(tmp_path / "a.db", LATER, busy_timeout_s=1)) == ([], [])
    assert [file.name for file in tmp_path.iterdir()] == ["a.db"]


def test_the_copy_never_takes_another_files_place(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path, "a")
    (tmp_path / "a.db.v3").write_text("mine")
    (tmp_path / "a.db.v3-2").symlink_to(tmp_path / "elsewhere")
    open_for_writing(path, LATER, busy_timeout_s=1).close()
    assert (tmp_path / "a.db.v3").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()
    assert names_in(tmp_path / "a.db.v3-3") == ["a"]


def test_what_lies_in_the_log_alone_is_brought_over_and_copied(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with contextlib.closing(open_for_writing(path, SCHEMA, busy_timeout_s=1)) as writer:
        with transaction(writer):
            writer.execute("INSERT INTO things VALUES ('in the log')")
        expected = [("in the log", 10)], [10]
        assert sizes(open_for_reading(path, LATER, busy_timeout_s=1)) == expected
    assert names_in(tmp_path / "a.db.v3") == ["in the log"]


@pytest.mark.parametrize("opening", [open_for_reading, open_for_writing])
def test_a_step_that_fails_changes_nothing(tmp_path: Path, opening) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.db"
    make(path, "a")
    steps = (LATER.migrations[0], ("INSERT INTO things SELECT * FROM things",))
    with pytest.raises(StoreError, match="UNIQUE constraint failed"):
        opening(path, dataclasses.replace(LATER, migrations=steps), busy_timeout_s=1)
    assert names_in(path) == ["a"]
    assert [file.name for file in tmp_path.iterdir()] == ["a.db"]


def test_an_older_layout_is_looked_at_as_strictly(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path, "a")
    change(path, "CREATE TRIGGER t AFTER UPDATE ON things BEGIN DELETE FROM things; END")
    before = path.read_bytes()
    for opening in (open_for_reading, open_for_writing):
        with pytest.raises(DamagedDatabaseError, match="lacks the tables"):
            opening(path, LATER, busy_timeout_s=1)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.db"]


def test_a_layout_that_no_step_leads_on_from_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path)
    change(path, "PRAGMA user_version=2")
    refuse(path, OutdatedDatabaseError, "layout 2, this kvw reads 3 and later; move it away")


class Overtaken(sqlite3.Connection):
    """Before one of its statements another process brings the file up to date."""

    statement = ""
    overtake = staticmethod(lambda: None)

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:  # type: ignore[override]
        if sql == Overtaken.statement:
            Overtaken.statement = ""
            Overtaken.overtake()
        return super().execute(sql, *values)


@pytest.mark.parametrize("opening", [open_for_reading, open_for_writing])
@pytest.mark.parametrize(
    "statement",
    ["SAVEPOINT look", "PRAGMA user_version", "SELECT sql FROM sqlite_master", "BEGIN IMMEDIATE"],
)
def test_two_processes_bring_it_up_to_date_once(  # type: ignore[no-untyped-def]
    tmp_path: Path, opening, statement: str
) -> None:
    path = tmp_path / "a.db"
    make(path, "a")
    Overtaken.statement = statement
    Overtaken.overtake = staticmethod(
        lambda: open_for_writing(path, LATER, busy_timeout_s=1).close()
    )
    found = opening(path, LATER, busy_timeout_s=1, connect=connect_with(Overtaken))
    assert Overtaken.statement == ""
    assert sizes(found) == ([("a", 1)], [1])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.db", "a.db.v3"]


@pytest.mark.parametrize("protected", ["file", "folder"])
def test_an_older_database_that_cannot_be_written_is_told_as_such(
    plain_user_folder: Path, protected: str
) -> None:
    path = plain_user_folder / "a.db"
    make(path, "a")
    path.chmod(0o444)
    if protected == "folder":
        plain_user_folder.chmod(0o555)
    with pytest.raises(StoreError, match=r"layout 3 of an older kvw.*make it and its") as caught:
        open_for_reading(path, LATER, busy_timeout_s=1)
    assert "\n" not in str(caught.value)
    with pytest.raises(StoreError, match="writable"):
        open_for_writing(path, LATER, busy_timeout_s=1)
    assert not list(plain_user_folder.glob("a.db.v3*"))
    assert names_in(path) == ["a"]


def test_the_copy_is_as_private_as_the_database(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    make(path)
    path.chmod(0o600)
    open_for_writing(path, LATER, busy_timeout_s=1).close()
    assert (tmp_path / "a.db.v3").stat().st_mode == path.stat().st_mode


MOUNTS = """\
server:/home {root}/home nfs4 rw 0 0
/dev/vdb {root}/home/fast xfs rw 0 0
//nas/share {root}/my\\040share cifs rw 0 0
/dev/vda / ext4 rw 0 0
odd
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("", None),
        ("home", "nfs4"),
        ("home/ann/out", "nfs4"),
        ("home/fast/out", None),
        ("homely", None),
        ("my share/out", "cifs"),
    ],
)
def test_network_file_systems_are_recognised(tmp_path: Path, folder: str, kind: str | None) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    mounts = MOUNTS.format(root=tmp_path.resolve())
    assert network_file_system(tmp_path / folder, mounts) == kind
    assert network_file_system(tmp_path / folder, "") is None
