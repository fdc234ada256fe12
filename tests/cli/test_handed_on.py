"""What a command without a target takes from the run before it."""

from pathlib import Path

import pytest

from kvoicewalk.app.events import Events
from kvoicewalk.app.handover import fit_for_model, search_config
from kvoicewalk.app.start import handed_on
from kvoicewalk.cli.output import Output
from kvoicewalk.cli.shown import ShownEvents
from kvoicewalk.config_file import dump_config, merge_config
from kvoicewalk.store import RunStore

KEPT = {"voices": ["a", "b", "c"], "floor": "b"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in; another one beside it."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def finished(command, result, status="done", kept=KEPT, files=(), **sections):
    config = merge_config(command, {"model": {"name": "mini"}, **sections}, None)
    with RunStore.open(config.out_dir) as store:
        run = store.start(command, "t", "mini@0", dump_config(config))
        if kept:
            run.plan("population", kept)
        for name in files:
            (run.folder / name).parent.mkdir(exist_ok=True)
            (run.folder / name).touch()
        run.finish(status, result)


def taken(n_voices=None, out="out"):
    with RunStore.open(Path(out).absolute()) as store:
        (record,) = store.list_runs()
        population = store.planned(record.run_id, "population")
    return handed_on(record, population, n_voices)


def ranked(*names):
    return {"voices": [{"name": name, "target_similarity": 0.5} for name in names]}


def test_a_ranking_hands_on_its_likest(folder):
    finished("rank", ranked("x", "y", "z"), kept=None)
    assert taken()["population"]["voices"] == ["x", "y", "z"]
    assert taken(2)["population"]["voices"] == ["x", "y"]


def test_a_ranking_that_was_cut_off_hands_nothing_on(folder):
    finished("rank", ranked("x", "y", "z"), "interrupted", kept=None)
    assert taken() == {}


def test_a_sweep_hands_on_its_blends_wherever_it_lies_now(folder):
    blends = [f"voices/{name}.pt" for name in "pqr"]
    result = {"population": [{"voice_path": f"/once/here/{one}"} for one in blends]}
    finished("interpolate", result, files=blends)
    (folder / "out").rename(folder / "kept")
    found = taken(2, "kept")["population"]
    (run,) = (folder / "kept").glob("*-interpolate-*")
    assert found["voices"] == [str(run / one) for one in blends[:2]]
    assert found["floor"] == "b"


def test_a_sweep_that_was_cut_off_hands_on_what_it_began_with(folder):
    finished("interpolate", None, "interrupted")
    assert taken()["population"]["voices"] == ["a", "b", "c"]


@pytest.mark.parametrize("result", [None, {"best": {"voice_path": "out/gone/best.pt"}}])
def test_a_walk_hands_on_its_best_voice_to_any_folder(folder, monkeypatch, result):
    finished("walk", result, "interrupted", files=["best.pt"])
    monkeypatch.chdir(folder.parent / "elsewhere")
    found = taken(out="../here/out")
    assert found["population"]["voices"] == ["a", "b", "c"]
    start = Path(found["walk"]["start"])
    (run,) = (folder / "out").glob("*-walk-*")
    assert start.is_absolute()
    assert start.samefile(run / "best.pt")


def flags(model=None, out=None, voices=None):
    return {
        "model": {"name": model}, "target": {"paths": None}, "out_dir": out,
        "rank": {"voices_path": voices}, "walk": {"start": None},
    }  # fmt: skip


def test_runs_go_where_they_were_found(folder, capsys):
    finished("walk", None, files=["best.pt"])
    (folder / "out").rename(folder / "kept")
    config = search_config("walk", flags(out="kept"), None, ShownEvents(Output()))
    assert str(config.out_dir) == "kept"
    assert config.walk.start is not None
    assert config.walk.start in capsys.readouterr().err
    (folder / "kept").rename(folder / "out")
    assert str(search_config("walk", flags(), None, Events()).out_dir) == "out"


def test_another_model_takes_neither_voices_nor_their_folder(folder):
    finished("walk", None, files=["best.pt"], rank={"voices_path": "/some/voices"})
    same = search_config("walk", flags("mini"), None, Events())
    assert (same.population.voices, str(same.rank.voices_path)) == (("a", "b", "c"), "/some/voices")
    other = search_config("walk", flags("kokoro"), None, Events())
    assert (other.population.voices, other.walk.start, other.rank.voices_path) == ((), None, None)


def test_a_score_with_another_model_takes_no_voices_of_the_run():
    base = {"model": {"name": "mini"}, "synth": {}, "population": {}, "walk": {}, "rank": {}}
    assert fit_for_model(base, None) == fit_for_model(base, "mini") == base
    assert set(fit_for_model(base, "kokoro")) == {"model", "synth"}
