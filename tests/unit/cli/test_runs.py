"""`kvw runs show` on what anybody may have written: what makes no sense is left out."""

import json

from typer.testing import CliRunner

from kvoicewalk.cli.app import app
from kvoicewalk.store import RunStore

VOICES = [
    {"name": "second", "score": 70.0, "target_similarity": 0.7},
    {"name": "first", "score": 80.0, "target_similarity": "high"},
    {"name": "screened", "score": None, "screening_similarity": 0.6},
    {"name": "damaged", "score": "90", "of_a_later_version": [1]},
]


def kvw(*arguments):
    result = CliRunner().invoke(app, ["runs", *map(str, arguments)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_damaged_rows_are_shown_as_far_as_they_can_be_read(tmp_path):
    with RunStore.open(tmp_path) as store, store.start("rank", "t", "mini@0", {"synth": 3}) as run:
        for row in VOICES:
            run.put("voice", row["name"], row)
        run.finish("done", {"best": {"name": "first", "score": "80"}, "held_out": [1]})
    told = kvw("show", "--out", tmp_path).splitlines()
    lines = [line.split() for line in told if line.strip()[:1] in ("1", "2")]
    assert lines == [
        ["1", "first", "80.00", "·", "·", "·"],
        ["2", "second", "70.00", "0.700", "·", "·"],
    ]
    assert any(line.split() == ["best", "voice", "first"] for line in told)
    assert json.loads(kvw("show", "--out", tmp_path, "--json"))["voices"] == VOICES
    assert "first" in kvw("list", "--out", tmp_path)
