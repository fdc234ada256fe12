"""Names that become paths, and what is read back from an untrusted database."""

from pathlib import Path

import pytest

from kvoicewalk.errors import StoreError
from kvoicewalk.store.records import check_file_name, is_run_id, read_record, read_row, slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tts_lighthouse.wav", "tts-lighthouse-wav"),
        ("Müller & Söhne", "muller-sohne"),
        ("../../etc/passwd", "etc-passwd"),
        ("声音", "target"),
        ("", "target"),
        ("a" * 39 + "--b", "a" * 39),
        ("x" * 100, "x" * 40),
    ],
)
def test_slug(text: str, expected: str) -> None:
    assert slug(text) == expected


@pytest.mark.parametrize("name", ["af_heart", "af_heart+am_adam@-0.35", "Zoë", "声音", "v.1"])
def test_names_that_can_be_files(name: str) -> None:
    assert check_file_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../x", "a/b", "a\\b", "a:b", "a\0b", ".hidden", "end.", " ", "nul"),
        *("COM1.x", "line\nbreak", "\udcff", "é" * 101),
    ],
)
def test_names_that_cannot_be_files(name: str) -> None:
    with pytest.raises(StoreError, match="cannot be a file name") as caught:
        check_file_name(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "value", ["../../x", "a/b", "a\\b", "", ".", "..", "-x", "a\n", "A", None, 3, b"a", "a" * 201]
)
def test_what_is_no_run_id(value: object) -> None:
    assert not is_run_id(value)


def _fields(**changes: object) -> tuple[object, ...]:
    fields: dict[str, object] = {
        "run_id": "20260131-142500-rank-bob",
        "command": "rank",
        "target": "bob",
        "model": "mini@0123456789ab",
        "status": "done",
        "started_at": "2026-01-31T14:25:00.000000+00:00",
        "finished_at": None,
        "config": "{}",
        "result": None,
        "note": "",
    }
    return tuple({**fields, **changes}.values())


def test_a_sound_entry_is_read(tmp_path: Path) -> None:
    record = read_record(tmp_path, _fields(config='{"seed": 1}'))
    assert record.folder == tmp_path / record.run_id
    assert record.config == {"seed": 1}
    assert record.note == "its folder is gone"


@pytest.mark.parametrize(
    "change",
    [
        {"run_id": "../../x"},
        {"run_id": 5},
        {"status": "flying"},
        {"status": None},
        {"command": b"rank"},
        {"started_at": 17},
        {"note": None},
        {"config": "no JSON"},
        {"config": None},
        {"config": "[]"},
        {"result": "{"},
    ],
)
def test_a_damaged_entry_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(StoreError, match=str(tmp_path)):
        read_record(tmp_path, _fields(**change))


@pytest.mark.parametrize(
    "fields", [(None, "a", "{}"), (0, None, "{}"), (0, "a", None), (0, "a", "x"), (0, "a", b"{}")]
)
def test_a_damaged_row_is_refused(fields: tuple[object, ...]) -> None:
    with pytest.raises(StoreError, match="run 7, voice"):
        read_row("run 7, voice", fields)
