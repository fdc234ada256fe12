"""Whatever bytes lie on disk: a working store or one clear error, never anything else."""

import re
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from kvoicewalk.errors import StoreError
from kvoicewalk.store import MeasurementCache, RunStore, slug, write_json_atomic
from kvoicewalk.store.files import from_json
from kvoicewalk.store.records import check_file_name, is_run_id

NOW = datetime(2026, 1, 31, 14, 25, tzinfo=timezone.utc)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
configs = st.dictionaries(st.text(), json_values, max_size=5)


def sound_run_database() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        with RunStore.open(Path(name), now=lambda: NOW) as store:
            for number in range(3):
                with store.start("rank", f"t{number}", "mini@0", {"seed": number}) as run:
                    run.put("voice", "af_heart", {"score": 81.22})
                    run.finish("done", {"best": "af_heart"})
        return (Path(name) / "kvw.sqlite3").read_bytes()


def sound_cache() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        with MeasurementCache.open(Path(name) / "m") as cache:
            for number in range(30):
                cache.put(f"k{number}", "embedding", np.full(64, number, np.float32))
        return (Path(name) / "m").read_bytes()


RUN_DATABASE = sound_run_database()
CACHE = sound_cache()


# Where to write over a file (modulo its length), and what.
patches = st.lists(
    st.tuples(st.integers(0, 120) | st.integers(0, 2**20), st.binary(min_size=1, max_size=40)),
    max_size=6,
)
kept_shares = st.just(1.0) | st.floats(0, 1)


def spoil(sound: bytes, changes: list[tuple[int, bytes]], kept_share: float) -> bytes:
    """A real database, some of it overwritten, perhaps cut short."""
    content = bytearray(sound)
    for place, patch in changes:
        start = place % len(sound)
        content[start : start + len(patch)] = patch
    return bytes(content[: round(len(content) * kept_share)])


def use_store(out_dir: Path) -> None:
    """Everything one does with a store; the only error is a StoreError of one line."""
    message = ""
    try:
        with RunStore.open(out_dir, now=lambda: NOW) as store:
            for record in store.list_runs():
                assert record.folder.parent == out_dir
                store.rows(record.run_id, "voice")
            assert not any("\n" in note for note in store.notes)
            with store.start("rank", "new", "mini@0", {"seed": 1}) as run:
                run.put("voice", "a", {"score": 1})
                assert "a" in [row.name for row in run.rows("voice")]
                run.finish("done")
    except StoreError as error:
        message = str(error)
    assert "\n" not in message
    assert message == "" or str(out_dir) in message


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=600) | st.binary(max_size=600).map(b"SQLite format 3\0".__add__))
def test_any_bytes_as_a_run_database(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "kvw.sqlite3"
        path.write_bytes(content)
        use_store(Path(name))
        if content:
            assert path.read_bytes() == content


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(patches, kept_shares)
def test_a_spoiled_run_database(changes: list[tuple[int, bytes]], kept_share: float) -> None:
    content = spoil(RUN_DATABASE, changes, kept_share)
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "kvw.sqlite3").write_bytes(content)
        use_store(Path(name))
        assert (Path(name) / "kvw.sqlite3").exists()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(patches, kept_shares)
def test_a_spoiled_cache_gives_right_values_or_none(
    changes: list[tuple[int, bytes]], kept_share: float
) -> None:
    content = spoil(CACHE, changes, kept_share)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "m"
        path.write_bytes(content)
        with MeasurementCache.open(path) as cache:
            for number in range(30):
                found = cache.get(f"k{number}", "embedding")
                assert found is None or found.tolist() == [number] * 64
            cache.put("new", "embedding", np.ones(3, np.float32))
            cache.prune(10)


@settings(deadline=None)
@given(st_numpy.arrays(np.float32, st.integers(0, 300)), st.text(), st.text())
def test_measurements_come_back_bit_for_bit(values: np.ndarray, key: str, kind: str) -> None:
    with tempfile.TemporaryDirectory() as name, MeasurementCache.open(Path(name) / "m") as cache:
        cache.put(key, kind, values)
        found = cache.get(key, kind)
        assert found is not None
        assert found.tobytes() == values.tobytes()


@settings(deadline=None, max_examples=50)
@given(configs, st.text())
def test_a_config_reloads_equal_from_folder_and_database(
    config: dict[str, Any], target: str
) -> None:
    with tempfile.TemporaryDirectory() as name, RunStore.open(Path(name)) as store:
        with store.start("rank", target, "mini@0", config) as run:
            run.put("voice", "a", config)
            assert run.rows("voice")[0].payload == config
            run.finish("done", config)
        record = store.get(run.run_id)
        assert record.config == config
        assert record.result == config
        assert record.target == target
        assert from_json((run.folder / "config.json").read_text(encoding="utf-8")) == config


@settings(deadline=None)
@given(st.dictionaries(st.text(st.characters()), json_values, max_size=5))
def test_json_files_reload_equal(data: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.json"
        write_json_atomic(path, {"old": True})
        write_json_atomic(path, data)
        assert from_json(path.read_text(encoding="utf-8")) == data
        assert [file.name for file in Path(name).iterdir()] == ["a.json"]


@given(st.text(st.characters()))
def test_slugs_are_plain_short_and_stable(text: str) -> None:
    made = slug(text)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= 40
    assert slug(made) == made
    assert is_run_id(f"20260131-142500-rank-{made}")


@given(st.text(st.characters(), max_size=30))
def test_checked_file_names_stay_in_their_folder(name: str) -> None:
    try:
        check_file_name(name)
    except StoreError:
        return
    path = Path("/voices") / f"{name}.pt"
    assert (path.parent, path.suffix, path.stem) == (Path("/voices"), ".pt", name)


@given(st.text(st.characters()) | st.integers() | st.binary() | st.none())
def test_run_ids_stay_in_their_folder(value: object) -> None:
    if is_run_id(value):
        assert (Path("/out") / value).parent == Path("/out")
