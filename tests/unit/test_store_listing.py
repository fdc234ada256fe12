"""Finding runs again, also in a database that somebody has damaged on purpose."""

import contextlib
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kvoicewalk.errors import StoreError
from kvoicewalk.store import Run, RunStore

START = datetime(2026, 1, 31, 14, 25, tzinfo=timezone.utc)
MODEL = "mini@0123456789ab"


def clock(step_s: float = 1.0) -> Callable[[], datetime]:
    """A clock that advances by itself at each look."""
    looks = iter(range(1_000_000))
    return lambda: START + timedelta(seconds=next(looks) * step_s)


def start(store: RunStore, target: str = "bob", command: str = "rank") -> Run:
    return store.start(command, target, MODEL, {"seed": 1})


def edit(out_dir: Path, statement: str, *values: object) -> None:
    """Change the database behind the store's back."""
    with contextlib.closing(sqlite3.connect(out_dir / "kvw.sqlite3")) as connection, connection:
        connection.execute(statement, values)


def test_listing_filters_and_limits(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store:
        for command, status in [
            ("rank", "done"),
            ("walk", "failed"),
            ("rank", "interrupted"),
            ("walk", "done"),
        ]:
            start(store, command=command).finish(status)  # type: ignore[arg-type]

        def listed(**choice: object) -> list[tuple[str, str]]:
            records = store.list_runs(**choice)  # type: ignore[arg-type]
            return [(record.command, record.status) for record in records]

        assert listed(limit=2) == [("walk", "done"), ("rank", "interrupted")]
        assert listed(limit=0) == []
        assert listed(commands=["rank"]) == [("rank", "interrupted"), ("rank", "done")]
        assert listed(statuses=["done"], limit=1) == [("walk", "done")]
        assert listed(commands=["rank"], statuses=["failed"]) == []


def test_a_run_is_found_by_name_beginning_and_path(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock(0)) as store:
        for target in ("ann", "bob", "bobby", "cid", "dan", "eve", "flo"):
            start(store, target).finish("done")
        base = "20260131-142500-rank-"
        assert store.get(base + "ann").target == "ann"
        assert store.get(base + "a").target == "ann"
        assert store.get(base + "bob").target == "bob"
        assert store.get(f"{tmp_path}/{base}eve/").target == "eve"
        assert store.get("latest").target == "flo"
        with pytest.raises(StoreError, match=r"fits 7 runs \(.*, …\); give more") as caught:
            store.get("2026")
        assert str(caught.value).count(base) == 5
        for wanted in ("nobody", "", "/", "%", "..", "../" + base + "zoe"):
            with pytest.raises(StoreError, match="no run"):
                store.get(wanted)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("run_id", "../../escape"),
        ("run_id", "a/b"),
        ("config", "no JSON"),
        ("config", "[" * 100_000),
        ("result", b"\xff"),
        ("status", "flying"),
        ("started_at", b"\xff\xfe"),
    ],
)
def test_a_hostile_entry_is_left_out_with_a_note(
    tmp_path: Path, column: str, value: object
) -> None:
    out_dir = tmp_path / "a" / "b" / "out"
    with RunStore.open(out_dir, now=clock()) as store:
        start(store, "good").finish("done")
        start(store, "bad").finish("done")
        edit(out_dir, f"UPDATE runs SET {column} = ? WHERE target = 'bad'", value)
        assert [record.target for record in store.list_runs()] == ["good"]
        assert len(store.notes) == 1
        assert "\n" not in store.notes[0]
        assert store.get("latest").target == "good"
        with pytest.raises(StoreError):
            store.get(str(value) if column == "run_id" else "20260131-142502-rank-bad")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


@pytest.mark.parametrize("payload", ["no JSON", "[]", b"{}", 3.5, '{"a": NaN}'])
def test_a_hostile_row_is_an_error(tmp_path: Path, payload: object) -> None:
    with RunStore.open(tmp_path, now=clock()) as store, start(store) as run:
        run.put("voice", "a", {})
        edit(tmp_path, "UPDATE rows SET payload = ?", payload)
        with pytest.raises(StoreError, match="damaged"):
            run.rows("voice")
        run.put("voice", "a", {"score": 1})
        assert run.rows("voice")[0].payload == {"score": 1}


def test_an_index_that_hides_rows_is_refused(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store, start(store) as run:
        run.put("voice", "a", {})
    edit(tmp_path, "PRAGMA journal_mode=DELETE")
    # Two indexes exchange their first pages: every page is sound, the whole is not.
    edit(tmp_path, "PRAGMA writable_schema=ON")
    path = tmp_path / "kvw.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT SUM(rootpage) FROM sqlite_master "
            "WHERE name IN ('rows_in_order', 'sqlite_autoindex_rows_1')) - rootpage "
            "WHERE name IN ('rows_in_order', 'sqlite_autoindex_rows_1')"
        )
    with pytest.raises(StoreError, match="contradicts itself; move it away"):
        RunStore.open(tmp_path)


def test_a_newer_database_is_refused_and_kept(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store:
        start(store).finish("done")
    edit(tmp_path, "PRAGMA user_version=99")
    with pytest.raises(StoreError, match=r"layout 99.*update kvw"):
        RunStore.open(tmp_path)


def test_a_damaged_database_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "kvw.sqlite3").write_text("not a database")
    with pytest.raises(StoreError, match=r"kvw\.sqlite3 is no database; move it away"):
        RunStore.open(tmp_path)
    assert (tmp_path / "kvw.sqlite3").read_text() == "not a database"


def test_runs_list_without_write_permission(tmp_path: Path) -> None:
    def read_only(address: str, timeout_s: float) -> sqlite3.Connection:
        # What the system makes of it on a read-only disk.
        address = address.replace("mode=rwc", "mode=ro").replace("mode=rw", "mode=ro")
        return sqlite3.connect(address, uri=True, timeout=timeout_s, isolation_level=None)

    with RunStore.open(tmp_path, now=clock()) as store:
        start(store).finish("done")
    with RunStore.open(tmp_path, connect=read_only) as store:
        assert [record.status for record in store.list_runs()] == ["done"]
        with pytest.raises(StoreError, match="writable"):
            start(store)
        with pytest.raises(StoreError, match="writable"):
            store.open_run(store.get("latest"))
        assert [record.status for record in store.list_runs()] == ["done"]
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1
