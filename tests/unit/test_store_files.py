"""Files are whole or absent; JSON is the strict kind."""

import json
import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from kvoicewalk.errors import StoreError
from kvoicewalk.store.files import (
    from_json,
    require_writable,
    to_json,
    write_json_atomic,
    write_text_atomic,
)


def test_text_is_written_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    write_text_atomic(path, "first, much longer")
    write_text_atomic(path, "zwei ✓")
    assert path.read_text(encoding="utf-8") == "zwei ✓"
    assert [entry.name for entry in tmp_path.iterdir()] == ["note.txt"]


def test_the_old_file_is_replaced_and_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    write_text_atomic(path, "old")
    os.link(path, tmp_path / "second name of the old file")
    write_text_atomic(path, "new")
    assert (tmp_path / "second name of the old file").read_text() == "old"


def test_a_name_of_the_longest_length_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 255)
    write_text_atomic(path, "x")
    assert path.read_text(encoding="utf-8") == "x"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_old_content_stays_when_the_disk_takes_no_more(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "config.json"
    write_json_atomic(path, {"steps": 1})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(StoreError, match=r"config\.json cannot be written"):
            write_json_atomic(path, {"steps": "2" * 5000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert json.loads(path.read_text(encoding="utf-8")) == {"steps": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]


def test_a_folder_in_the_way_stays_and_no_temporary_file_is_left(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(StoreError, match="taken cannot be written"):
        write_text_atomic(tmp_path / "taken", "x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("parent", ["absent", "file"])
def test_a_parent_that_is_no_folder_is_one_clear_error(tmp_path: Path, parent: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written"):
        write_text_atomic(tmp_path / parent / "a.txt", "x")


def test_text_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Unicode"):
        write_text_atomic(tmp_path / "a.txt", "\udcff")
    assert not list(tmp_path.iterdir())


def test_json_takes_numpy_and_paths() -> None:
    data = {"score": np.float32(0.5), "n": np.int64(3), "v": np.array([1.0, 2.0]), "p": Path("a")}
    assert json.loads(to_json(data)) == {"score": 0.5, "n": 3, "v": [1.0, 2.0], "p": "a"}


def test_json_keeps_a_file_name_that_is_no_unicode() -> None:
    assert from_json(to_json({"path": "clip\udcff.wav"})) == {"path": "clip\udcff.wav"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_json_refuses_numbers_that_are_not_finite(value: float) -> None:
    with pytest.raises(StoreError, match="finite"):
        to_json({"score": value})


def test_json_refuses_data_that_contain_themselves() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(StoreError):
        to_json(loop)


def test_json_of_an_unknown_type_is_the_callers_mistake() -> None:
    with pytest.raises(TypeError, match="object"):
        to_json({"x": object()})


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "3", "null", '{"a": NaN}', '{"a": -Infinity}', "[" * 100_000]
)
def test_from_json_takes_finite_objects_only(text: str) -> None:
    with pytest.raises(StoreError):
        from_json(text)


def test_a_place_for_runs_is_looked_at_and_not_made(tmp_path: Path, monkeypatch) -> None:
    require_writable(tmp_path)
    require_writable(tmp_path / "new" / "deeper")
    require_writable(Path("out"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("no folder")
    for place in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(StoreError, match="is no folder"):
            require_writable(place)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(StoreError, match="cannot be written into"):
        require_writable(tmp_path / "new")
