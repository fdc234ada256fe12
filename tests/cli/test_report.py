"""`kvw report`, and the page that every search leaves."""

import json
import sqlite3

import pytest

from kvoicewalk.app import page
from kvoicewalk.errors import StoreError
from tests.cli.test_cli import clip, failed, kvw, ok  # noqa: F401  (fixtures)
from tests.cli.test_searches import lines, settings  # noqa: F401
from tests.pages import HOSTILE, make_clone


def test_the_latest_run_by_default(kvw, tmp_path):  # noqa: F811
    make_clone(tmp_path / "out", "first.wav")
    record = make_clone(tmp_path / "out", "second.wav")
    path = tmp_path / "out" / record.run_id / "report.html"
    assert (tmp_path / ok(kvw("report")).strip()).samefile(path)
    assert "second.wav" in path.read_text(encoding="utf-8")
    shown = json.loads(ok(kvw("report", record.run_id, "--json")))
    assert shown["runs"] == [record.run_id]
    assert shown["n_bytes"] == path.stat().st_size


def test_several_are_compared_on_one_page(kvw, tmp_path):  # noqa: F811
    out = tmp_path / "elsewhere"
    records = [make_clone(out), make_clone(out, HOSTILE)]
    names = [record.run_id for record in records]
    shown = json.loads(ok(kvw("report", *names, "--out", out, "--json")))
    assert shown["runs"] == names
    assert shown["page_path"].startswith(str(out / "compare-"))
    # The same run twice is one run.
    shown = json.loads(ok(kvw("report", names[0], names[0], "--out", out, "--json")))
    assert shown["page_path"].endswith("report.html")


def test_errors_are_one_line(kvw, tmp_path):  # noqa: F811
    failed(kvw("report"), "holds no runs yet")
    record = make_clone(tmp_path / "out")
    failed(kvw("report", "nowhere"), "no run 'nowhere'")
    (record.folder / "report.html").mkdir()
    failed(kvw("report"), "report.html")
    with sqlite3.connect(tmp_path / "out" / "kvw.sqlite3") as connection:
        connection.execute("UPDATE runs SET result = '{'")
    connection.close()
    failed(kvw("report", record.run_id), "damaged")


@pytest.mark.slow
def test_searches_and_rankings_leave_a_page(kvw, settings, tmp_path):  # noqa: F811
    ranked = json.loads(ok(kvw("rank", "--config", settings, "--json")))
    swept = lines(ok(kvw("interpolate", "--config", settings, "--json")))[-1]
    walked = lines(ok(kvw("walk", "--config", settings, "--steps", 3, "--held-out", "--json")))[-1]
    for result, parts in ((ranked, ()), (swept, ("h-curve",)), (walked, ("h-curve", "h-lengths"))):
        folder = tmp_path / "out" / result["run"]
        assert (tmp_path / result["page_path"]).samefile(folder / "report.html")
        text = (folder / "report.html").read_text(encoding="utf-8")
        for part in ("h-verdict", "h-plane", "h-ranking", "h-score", 'data-key="target"', *parts):
            assert part in text
        assert text.count('<li class="card"') == (2 if result is ranked else 3)
    stderr = kvw("walk", "--config", settings, "--steps", 1)[2]
    assert "Listen and compare: " in stderr
    assert "report.html" in stderr


@pytest.mark.parametrize("function", ["write_page_inputs", "write_page"])
def test_trouble_with_the_page_spoils_no_run(kvw, settings, tmp_path, monkeypatch, function):  # noqa: F811
    def fail(*_):
        raise StoreError("no space")

    place = (
        "store.write_json_atomic"
        if function == "write_page_inputs"
        else "report.page.write_run_page"
    )
    monkeypatch.setattr(f"kvoicewalk.{place}", fail)
    code, stdout, stderr = kvw("walk", "--config", settings, "--steps", 1, "--json")
    assert code == 0
    done = lines(stdout)[-1]
    assert done["status"] == "done"
    assert (done["page_path"] is None) == (function == "write_page")
    assert "no space" in " ".join(stderr.split())


def test_clips_are_joined_and_capped(example_target):
    from kvoicewalk.audio import read_utterance

    one = read_utterance(example_target)
    both = page.joined([one, one])
    assert both.duration_s == page.TARGET_MAX_S
    assert page.joined([one]).samples.tolist() == one.samples.tolist()
