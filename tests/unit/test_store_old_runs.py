"""Runs as version 0.1.0 left them: a later kvw lists, shows and reads them, and goes on with them.

tests/data/runs-0.1.0 is the output folder of `kvw rank examples/target.wav --model mini`, of a
random walk that was cut off after step 3, and of a CMA walk that was cut off after step 6. Sounds
and pages were left out. No later version writes such files, so they are never made anew.
"""

import contextlib
import dataclasses
import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kvoicewalk.app.events import Events
from kvoicewalk.app.handover import latest_search
from kvoicewalk.app.settings import resolve
from kvoicewalk.cli.app import app
from kvoicewalk.config import CmaConfig, WalkConfig
from kvoicewalk.config_file import upgrade_config
from kvoicewalk.search.cma import CovarianceSearch
from kvoicewalk.search.random_walk import RandomWalk
from kvoicewalk.store import RunStore, runs
from kvoicewalk.store.checkpoint import read_evaluation, restore
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice, load_voice

DATA = Path(__file__).resolve().parents[1] / "data" / "runs-0.1.0"
WRITTEN_IN = "/tmp/runs-0.1.0"
RANK = "20261129-102455-rank-target-wav"
WALK = "20261129-102515-walk-target-wav"
CMA = "20261129-102536-walk-target-wav"
N_ROWS_OF = {
    (RANK, "plan"): 1, (RANK, "voice"): 24,
    (WALK, "plan"): 2, (WALK, "voice"): 24, (WALK, "start"): 1, (WALK, "incumbent"): 1,
    (WALK, "improvement"): 1, (WALK, "state"): 1, (WALK, "counts"): 1, (WALK, "step"): 3,
    (CMA, "plan"): 2, (CMA, "voice"): 24, (CMA, "start"): 1, (CMA, "incumbent"): 1,
    (CMA, "improvement"): 2, (CMA, "state"): 1, (CMA, "counts"): 1, (CMA, "step"): 6,
}  # fmt: skip


@pytest.fixture
def old_out(tmp_path: Path) -> Path:
    """The old output folder, as if it had been made below `tmp_path`."""
    out_dir = tmp_path / "out"
    shutil.copytree(DATA, out_dir)
    with contextlib.closing(sqlite3.connect(out_dir / "kvw.sqlite3")) as connection, connection:
        for table, column in (("runs", "config"), ("runs", "result"), ("rows", "payload")):
            connection.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)",
                (WRITTEN_IN, str(tmp_path)),
            )
    for path in out_dir.glob("*/config.json"):
        text = path.read_text(encoding="utf-8").replace(WRITTEN_IN, str(tmp_path))
        path.write_text(text, encoding="utf-8")
    return out_dir


def payloads(store: RunStore, run_id: str, kind: str) -> list[dict[str, object]]:
    return [row.payload for row in store.rows(run_id, kind)]


def test_they_are_listed(old_out: Path) -> None:
    with RunStore.open(old_out) as store:
        records = store.list_runs()
        assert store.notes == ()
    assert [(record.run_id, record.command, record.status) for record in records] == [
        (CMA, "walk", "interrupted"),
        (WALK, "walk", "interrupted"),
        (RANK, "rank", "done"),
    ]
    for record in records:
        assert (record.target, record.model) == ("target.wav", "mini@7d5e82a0920e")
        assert (record.folder, record.note) == (old_out / record.run_id, "")
        config = json.loads((record.folder / "config.json").read_text(encoding="utf-8"))
        assert record.config == config
        assert record.result is not None
        assert record.started_at < str(record.finished_at)
    assert records[2].result is not None
    assert records[2].result["best"] == {
        "name": "am_jasper",
        "score": 82.86650042282471,
        "voice_path": f"out/{RANK}/best.pt",
        "wav_path": f"out/{RANK}/best.wav",
    }


def test_all_their_rows_are_read(old_out: Path) -> None:
    with contextlib.closing(sqlite3.connect(old_out / "kvw.sqlite3")) as connection:
        query = "SELECT run_id, kind, COUNT(*) FROM rows GROUP BY run_id, kind"
        counts = {(run_id, kind): n for run_id, kind, n in connection.execute(query)}
    assert counts == N_ROWS_OF
    with RunStore.open(old_out) as store:
        for (run_id, kind), n_rows in N_ROWS_OF.items():
            rows = store.rows(run_id, kind)
            assert len({row.name for row in rows}) == n_rows
            assert all(row.payload for row in rows)
        scores = {row.name: row.payload["score"] for row in store.rows(RANK, "voice")}
        assert scores["am_jasper"] == 82.86650042282471
        assert scores["af_jade"] is None
        outcomes = [step["outcome"] for step in payloads(store, WALK, "step")]
        assert outcomes == ["gated", "gated", "accepted"]


def test_they_are_shown(old_out: Path) -> None:
    def kvw(*arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, "--out", str(old_out)])
        assert result.exit_code == 0, result.stderr
        return result.stdout

    assert [run["run"] for run in json.loads(kvw("runs", "list", "--json"))["runs"]] == [
        CMA,
        WALK,
        RANK,
    ]
    shown = json.loads(kvw("runs", "show", RANK, "--json"))
    assert len(shown["voices"]) == 24
    assert shown["files"] == ["best.json", "best.pt", "config.json", "run.lock"]
    for words in ("random", "step3", "85.60", "0.788"):
        assert words in kvw("runs", "show", WALK)


def test_their_voices_are_read(old_out: Path) -> None:
    assert load_voice(old_out / RANK / "best.pt") == load_voice(DATA / RANK / "best.pt")
    assert load_voice(old_out / WALK / "best.pt") != load_voice(DATA / RANK / "best.pt")


class AnySpace:
    """A space of as many dimensions as were saved; what its voices sound like does not matter."""

    def __init__(self, n_dims: int) -> None:
        self.start, self.unit = np.zeros(n_dims), np.ones(n_dims)

    def decode(self, z: np.ndarray, name: str) -> Voice:
        return Voice(name, np.full((N_ROWS, 1, STYLE_DIM), 0.1, np.float32))


N_DIMS = 276


@pytest.mark.parametrize(("run_id", "n_steps"), [(WALK, 3), (CMA, 6)])
def test_their_searches_go_on(old_out: Path, run_id: str, n_steps: int) -> None:
    with RunStore.open(old_out) as store:
        (state,), (incumbent,), (start,) = (
            payloads(store, run_id, kind) for kind in ("state", "incumbent", "start")
        )
        steps = payloads(store, run_id, "step")
        result = store.get(run_id).result
    space = AnySpace(N_DIMS)
    optimizer = (
        RandomWalk(space, WalkConfig(method="random"), 9)
        if run_id == WALK
        else CovarianceSearch(space, CmaConfig(n_candidates=4), 9)
    )
    progress = restore(optimizer, space, state, incumbent, steps)
    assert result is not None
    assert (progress.number, progress.score) == (n_steps, result["score"])
    assert optimizer.ask(1)[0].voice.name == f"step{n_steps + 1}"
    assert read_evaluation(start).voice_name == "mean"


def test_a_cma_state_told_what_stands_in_the_steps(old_out: Path) -> None:
    """Restoring goes by the rows alone, for runs whose state holds the scores, too."""
    with RunStore.open(old_out) as store:
        (state,) = payloads(store, CMA, "state")
        scores = [step["score"] for step in payloads(store, CMA, "step")]
    assert isinstance(state["optimizer"], dict)
    assert state["optimizer"]["told"] == scores
    assert None in scores


@pytest.mark.parametrize("run_id", [RANK, WALK, CMA])
def test_their_settings_run_them_again(old_out: Path, run_id: str) -> None:
    """Settings are kept twice: in the database, for resuming, and as a file, for `--config`."""
    with RunStore.open(old_out) as store:
        record = store.get(run_id)
    kept = resolve(record.command, {}, None, upgrade_config(record.config, run_id))
    filed = resolve(record.command, {}, record.folder / "config.json")
    assert kept == filed
    assert kept.model.name == "mini"
    assert kept.target.paths == (old_out.parent / "target.wav",)
    assert kept.target.words == ("My grandmother kept bees." if run_id == CMA else None)


def test_a_search_goes_on_from_the_latest_of_them(old_out: Path) -> None:
    base = latest_search(old_out, Events())
    assert base["target"]["text"] == "My grandmother kept bees."
    assert base["population"]["voices"][0] == "am_jasper"


def test_a_run_with_settings_of_a_later_version_is_not_resumed(old_out: Path) -> None:
    database = old_out / "kvw.sqlite3"
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE runs SET config = json_set(config, '$.version', 99)")
    result = CliRunner().invoke(app, ["runs", "resume", CMA, "--out", str(old_out)])
    assert result.exit_code == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith(f"Error: the configuration of run {CMA} has version 99")
    assert last.endswith("update kvw.")


NEXT = dataclasses.replace(
    runs._SCHEMA,
    version=runs._SCHEMA.version + 1,
    migrations=(
        *runs._SCHEMA.migrations,
        (
            "ALTER TABLE runs ADD COLUMN kvw_version TEXT NOT NULL DEFAULT ''",
            "UPDATE rows SET kind = 'hearing' WHERE kind = 'voice'",
        ),
    ),
)


def test_a_later_layout_takes_them_over(old_out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunStore.open(old_out) as store:
        records, voices = store.list_runs(), store.rows(RANK, "voice")
    with monkeypatch.context() as later:
        later.setattr(runs, "_SCHEMA", NEXT)
        with RunStore.open(old_out) as store:
            assert store.list_runs() == records
            assert store.rows(RANK, "hearing") == voices
            assert store.rows(RANK, "voice") == ()
            store.start("rank", "new", "mini@0", {}).finish("done")
            assert len(store.list_runs()) == 4
    # As it was: the earlier kvw still reads the copy.
    (old_out / "kvw.sqlite3.v1").replace(old_out / "kvw.sqlite3")
    with RunStore.open(old_out) as store:
        assert store.list_runs() == records
        assert store.rows(RANK, "voice") == voices
