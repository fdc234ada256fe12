"""Runs: folders, rows, endings; with several processes, and with processes that die."""

import contextlib
import dataclasses
import json
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from kvoicewalk.errors import AudioError, StoreError
from kvoicewalk.store import Run, RunRow, RunStore
from kvoicewalk.store.lock import RunLock, is_held

START = datetime(2026, 1, 31, 14, 25, tzinfo=timezone.utc)
MODEL = "mini@0123456789ab"


def clock(step_s: float = 1.0) -> Callable[[], datetime]:
    """A clock that advances by itself at each look."""
    looks = iter(range(1_000_000))
    return lambda: START + timedelta(seconds=next(looks) * step_s)


def stopped_clock() -> datetime:
    return START


def start(store: RunStore, target: str = "bob", command: str = "rank") -> Run:
    return store.start(command, target, MODEL, {"seed": 1})


def edit(out_dir: Path, statement: str, *values: object) -> None:
    """Change the database behind the store's back."""
    with contextlib.closing(sqlite3.connect(out_dir / "kvw.sqlite3")) as connection, connection:
        connection.execute(statement, values)


def put_and_fail(run: Run, error: BaseException) -> None:
    run.put("voice", "late", {})
    raise error


def test_opening_and_listing_make_nothing(tmp_path: Path) -> None:
    with RunStore.open(tmp_path / "out") as store:
        assert store.list_runs() == ()
        with pytest.raises(StoreError, match="no runs yet"):
            store.get("latest")
    assert not (tmp_path / "out").exists()


def test_a_run_from_start_to_end(tmp_path: Path) -> None:
    config = {"seed": 7, "texts": ["a", "ü"], "score": {"weights": [0.48, 0.5, 0.02]}, "n": None}
    with RunStore.open(tmp_path / "deep" / "out", now=clock()) as store:
        run = store.start("rank", "Bob Müller.wav", MODEL, config)
        assert run.folder == tmp_path / "deep" / "out" / "20260131-142500-rank-bob-muller-wav"
        assert json.loads((run.folder / "config.json").read_text(encoding="utf-8")) == config
        running = store.get("latest")
        assert (running.status, running.finished_at, running.result) == ("running", None, None)
        run.put("voice", "af_heart", {"score": 81.22})
        run.finish("done", {"best": "af_heart"}, note="two\nlines")
    with RunStore.open(tmp_path / "deep" / "out") as store:
        record = store.get(run.run_id)
        assert store.rows(run.run_id, "voice") == (RunRow(0, "af_heart", {"score": 81.22}),)
    assert dataclasses.asdict(record) == {
        "run_id": "20260131-142500-rank-bob-muller-wav",
        "folder": run.folder,
        "command": "rank",
        "target": "Bob Müller.wav",
        "model": MODEL,
        "status": "done",
        "started_at": "2026-01-31T14:25:00.000000+00:00",
        "finished_at": "2026-01-31T14:25:01.000000+00:00",
        "config": config,
        "result": {"best": "af_heart"},
        "note": "two lines",
    }


def test_folder_names_follow_the_clocks_zone_and_records_are_in_utc(tmp_path: Path) -> None:
    zone = timezone(timedelta(hours=9))
    with RunStore.open(tmp_path, now=lambda: START.astimezone(zone)) as store:
        run = start(store)
        assert run.run_id == "20260131-232500-rank-bob"
        assert store.get("latest").started_at == "2026-01-31T14:25:00.000000+00:00"


def test_runs_of_one_second_get_numbers(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=stopped_clock) as store:
        names = [start(store).run_id for _ in range(3)]
        base = "20260131-142500-rank-bob"
        assert names == [base, f"{base}-2", f"{base}-3"]
        assert [record.run_id for record in store.list_runs()] == names[::-1]
        assert store.get(base).run_id == base


def test_the_name_of_a_deleted_folder_is_not_used_again(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=stopped_clock) as store:
        first = start(store)
        first.finish("done")
        for file in first.folder.iterdir():
            file.unlink()
        first.folder.rmdir()
        assert start(store).run_id == first.run_id + "-2"
        gone = store.get(first.run_id)
        assert (gone.status, gone.note) == ("done", "its folder is gone")
        with pytest.raises(StoreError, match="is gone"):
            store.open_run(gone)


def test_a_target_name_that_is_no_unicode_and_no_latin(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=stopped_clock) as store:
        assert start(store, "声\udcff").run_id == "20260131-142500-rank-target"
        assert store.get("latest").target == "声?"


def test_a_config_that_is_no_json_starts_nothing(tmp_path: Path) -> None:
    with RunStore.open(tmp_path / "out") as store, pytest.raises(StoreError, match="finite"):
        store.start("rank", "bob", MODEL, {"seed": float("nan")})
    assert not (tmp_path / "out").exists()


def test_a_failed_start_leaves_no_folder(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store:
        start(store)
        edit(tmp_path, "DROP TABLE runs")
        edit(tmp_path, "CREATE TABLE runs (run_id TEXT)")
        with pytest.raises(StoreError, match=r"kvw\.sqlite3"):
            start(store)
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


@pytest.mark.parametrize("place", ["out", "out/inner"])
def test_a_file_in_the_folders_place_is_one_clear_error(tmp_path: Path, place: str) -> None:
    (tmp_path / "out").write_text("x")
    with RunStore.open(tmp_path / place) as store, pytest.raises(StoreError) as caught:
        start(store)
    assert caught.value.settings == ("out_dir",)


def test_rows_are_overwritten_in_place_and_kept_in_order(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store, start(store) as run:
        run.put("voice", "a", {"score": 1})
        run.put("voice", "b", {"score": 2})
        run.put("voice", "a", {"score": 3})
        run.put("step", "now", {"n": 1}, position=41)
        run.put("step", "now", {"n": 2})
        run.put("step", "next", {"n": 3})
        run.put("voice", "first", {"score": 4}, position=-1)
        assert [(row.position, row.name, row.payload) for row in run.rows("voice")] == [
            (-1, "first", {"score": 4}),
            (0, "a", {"score": 3}),
            (1, "b", {"score": 2}),
        ]
        assert [(row.position, row.name) for row in run.rows("step")] == [(41, "now"), (42, "next")]
        assert run.rows("nothing") == ()
        other = start(store)
        assert other.rows("voice") == ()


def test_payloads_keep_every_bit_of_a_float(tmp_path: Path) -> None:
    payload = {"score": 0.1 + 0.2, "tiny": 5e-324, "state": 2**127 + 1, "list": [1.5, None, True]}
    with RunStore.open(tmp_path, now=clock()) as store, start(store) as run:
        run.put("voice", "a", payload)
        assert run.rows("voice")[0].payload == payload


@pytest.mark.parametrize(
    ("name", "payload"), [("a", {"score": float("inf")}), ("\udcff", {"score": 1})]
)
def test_a_row_that_cannot_be_kept_is_refused(
    tmp_path: Path, name: str, payload: dict[str, object]
) -> None:
    with RunStore.open(tmp_path, now=clock()) as store, start(store) as run:
        with pytest.raises(StoreError):
            run.put("voice", name, payload)
        assert run.rows("voice") == ()


def test_a_batch_is_written_at_its_end_or_not_at_all(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store, start(store) as run:
        with run.batch():
            run.put("voice", "a", {})
            with run.batch():
                run.put("voice", "b", {})
            assert run.rows("voice") == ()
        assert [row.name for row in run.rows("voice")] == ["a", "b"]
        with pytest.raises(ZeroDivisionError), run.batch():
            put_and_fail(run, ZeroDivisionError())
        run.put("voice", "d", {})
        assert [row.name for row in run.rows("voice")] == ["a", "b", "d"]


@pytest.mark.parametrize(
    ("error", "status", "note"),
    [
        (KeyboardInterrupt(), "interrupted", ""),
        (SystemExit(1), "interrupted", ""),
        (AudioError("too short"), "failed", "too short"),
        (ZeroDivisionError("by\nzero"), "failed", "ZeroDivisionError: by zero"),
        (AudioError("clip\udcff.wav is silent"), "failed", "clip?.wav is silent"),
    ],
)
def test_leaving_early_says_how_it_ended(
    tmp_path: Path, error: BaseException, status: str, note: str
) -> None:
    with RunStore.open(tmp_path, now=clock()) as store:
        with pytest.raises(type(error)), start(store) as run:
            put_and_fail(run, error)
        record = store.get("latest")
        assert (record.status, record.note) == (status, note)
        assert record.finished_at is not None
        assert len(store.rows(record.run_id, "voice")) == 1
        assert is_held(record.folder) is False


def test_leaving_without_a_conclusion_counts_as_interrupted(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store:
        with start(store):
            pass
        assert store.get("latest").status == "interrupted"


def test_the_first_error_wins_over_one_of_writing_it_down(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store:
        run = start(store)
        edit(tmp_path, "DROP TABLE runs")
        with pytest.raises(ZeroDivisionError), run:
            put_and_fail(run, ZeroDivisionError())
        assert is_held(run.folder) is False


def test_a_finished_run_takes_no_more(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store:
        run = start(store)
        run.finish("done")
        for late in (lambda: run.put("voice", "a", {}), lambda: run.finish("failed")):
            with pytest.raises(StoreError, match="is finished"):
                late()
        assert store.get("latest").status == "done"


def test_a_run_goes_on(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store:
        run = start(store)
        run.put("voice", "a", {"score": 1})
        run.finish("interrupted", {"so far": 1}, note="cut")
        again = store.open_run(store.get("latest"))
        record = store.get("latest")
        assert (record.status, record.finished_at, record.note) == ("running", None, "")
        again.put("voice", "b", {"score": 2})
        again.finish("done")
        assert [row.name for row in again.rows("voice")] == ["a", "b"]
        record = store.get("latest")
        assert (record.status, record.result) == ("done", {"so far": 1})


def test_a_run_at_work_cannot_be_opened_twice(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store, RunStore.open(tmp_path) as other:
        run = start(store)
        with pytest.raises(StoreError, match="still at work"):
            other.open_run(other.get("latest"))
        run.finish("interrupted")
        other.open_run(other.get("latest")).finish("done")


def test_a_record_from_elsewhere_cannot_be_opened(tmp_path: Path) -> None:
    with RunStore.open(tmp_path / "a", now=clock()) as store:
        start(store).finish("done")
        record = store.get("latest")
    with RunStore.open(tmp_path / "b", now=clock()) as other:
        start(other, "someone").finish("done")
        (tmp_path / "b" / record.run_id).mkdir()
        with pytest.raises(StoreError, match="is not in"):
            other.open_run(record)
        with pytest.raises(StoreError, match="no name of a run"):
            other.open_run(dataclasses.replace(record, run_id="../a"))
    assert is_held(tmp_path / "b" / record.run_id) is False


def test_closing_the_store_lets_go_of_its_runs(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store:
        run = start(store)
        assert is_held(run.folder) is True
    assert is_held(run.folder) is False
    with RunStore.open(tmp_path) as store:
        record = store.get("latest")
        assert (record.status, record.note) == ("interrupted", "its process ended without a word")
        assert store.list_runs(statuses=["running"]) == ()
        assert store.list_runs(statuses=["interrupted"]) == (record,)


def test_a_lock_that_cannot_be_asked_leaves_the_question_open(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, now=clock()) as store:
        run = start(store)
        (run.folder / "run.lock").unlink()
        (run.folder / "run.lock").symlink_to(tmp_path / "elsewhere")
        record = store.get("latest")
        assert (record.status, record.note) == (
            "running",
            "whether it still runs cannot be told here",
        )
        with pytest.raises(StoreError, match="cannot be made"):
            RunLock(run.folder)


def test_voices_and_the_best_get_stable_names(tmp_path: Path) -> None:
    from kvoicewalk import audio, voices

    rng = np.random.default_rng(0)
    rows = rng.normal(0, 0.1, (510, 1, 256)).astype(np.float32)
    voice = voices.Voice("af_heart+x", rows)
    utterance = audio.Utterance(np.zeros(2400, np.float32), 24_000)
    with RunStore.open(tmp_path, now=clock()) as store, start(store) as run:
        path = run.save_voice(voice, {"score": np.float32(1.5), "model": MODEL})
        assert path == run.folder / "voices" / "af_heart+x.pt"
        best = run.save_best(voice, utterance, {"model": MODEL})
        run.save_best(voice, utterance)
        assert best == run.folder / "best.pt"
        with pytest.raises(StoreError, match="cannot be a file name"):
            run.save_voice(voices.Voice("../../x", rows), {})
    assert json.loads(path.with_suffix(".kvw.json").read_text()) == {"score": 1.5, "model": MODEL}
    files = sorted(str(file.relative_to(run.folder)) for file in run.folder.rglob("*.*"))
    assert files == [
        *("best.kvw.json", "best.pt", "best.wav", "config.json", "run.lock"),
        *("voices/af_heart+x.kvw.json", "voices/af_heart+x.pt"),
    ]
    assert voices.load_voice(path).hash == voice.hash


def test_only_its_own_improvements_are_dropped(tmp_path: Path) -> None:
    from kvoicewalk import audio, voices

    voice = voices.Voice("v", np.full((510, 1, 256), 0.1, np.float32))
    utterance = audio.Utterance(np.zeros(2400, np.float32), 24_000)

    def improve(run: Run, number: int) -> None:
        named = dataclasses.replace(voice, name=f"step-{number:06d}")
        run.save_improvement(named, utterance, {}, n_kept=2)

    def names(run: Run) -> list[str]:
        return sorted(path.name for path in (run.folder / "voices").iterdir())

    with RunStore.open(tmp_path, now=clock()) as store:
        run = start(store)
        (run.folder / "voices").mkdir()
        own = ["my_mix.pt", "my_mix.json", "step-mine.pt", "step-000000.pt", "af_heart.wav"]
        for name in own:
            (run.folder / "voices" / name).write_text("mine")
        for number in (1, 2, 3):
            improve(run, number)
        run.finish("interrupted")
        again = store.open_run(store.get("latest"))
        improve(again, 4)
        kept = [f"step-00000{n}.{end}" for n in (3, 4) for end in ("kvw.json", "pt", "wav")]
        assert names(again) == sorted([*own, *kept])
        # A copy that the user brings back from elsewhere is the user's own.
        (again.folder / "voices" / "step-000001.pt").write_text("mine")
        improve(again, 5)
        assert "step-000001.pt" in names(again)
        assert "step-000003.pt" not in names(again)
        again.finish("done")
