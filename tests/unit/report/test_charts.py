"""Pictures: where points lie, and when there is no picture."""

import json
import math
import shlex

import numpy as np
import pytest

from kvoicewalk.report import charts, plain
from kvoicewalk.report.page_facts import Parts, StepFacts
from kvoicewalk.report.voice_map import voice_map
from kvoicewalk.report.words import speak_command, when


def step(number, score, outcome):
    return StepFacts(number, outcome, Parts(f"step{number}", score))


def test_the_curve_only_climbs():
    steps = [step(1, 82, "accepted"), step(2, 81, "rejected"), step(3, 90, "accepted")]
    chart = charts.best_so_far(steps, Parts("start", 80.0))
    assert chart is not None
    assert "from 80.0 to 90.0" in chart.title
    heights = [dot.y for dot in chart.dots if dot.kind == "best"]
    assert heights == sorted(heights, reverse=True)
    x0, y0, x1, y1 = chart.frame
    assert all(x0 <= dot.x <= x1 and y0 <= dot.y <= y1 for dot in chart.dots)
    assert 3 <= len(chart.y_ticks) <= 9


def test_a_search_that_found_nothing_has_a_flat_curve():
    chart = charts.best_so_far([step(1, 79, "rejected"), step(2, 78, "rejected")], Parts("a", 80.0))
    assert chart is not None
    assert "from 80.0 to 80.0" in chart.title


def test_no_curve_without_scores():
    assert charts.best_so_far([], None) is None
    assert charts.best_so_far([step(1, None, "gated")], None) is None
    assert charts.best_so_far([step(1, None, "gated")], Parts("start", 80.0)) is not None


@pytest.mark.parametrize(
    ("low", "high"), [(0, 0), (0.71, 0.96), (80, 80.01), (0, 300), (-1e9, 1e9)]
)
def test_ticks_are_few_and_inside(low, high):
    scale = charts._Scale(low, high or 1, 0, 100)
    ticks = charts._ticks(scale, low, high or 1)
    assert 1 <= len(ticks) <= 15
    assert all(-1e-6 <= tick.place <= 100 + 1e-6 for tick in ticks)


def test_the_map_is_the_plane_of_largest_spread():
    rng = np.random.default_rng(0)
    first, second = np.eye(256)[:2]
    stock = {
        f"v{i}": np.broadcast_to(x * first + y * second, (510, 1, 256)).astype(np.float32)
        for i, (x, y) in enumerate(rng.normal(size=(8, 2)) * (5, 1))
    }
    found = voice_map(stock, {"new": stock["v3"]})
    assert found is not None
    assert sum(found["shares"]) == pytest.approx(1)
    places = {one["name"]: (one["x"], one["y"]) for one in found["stock"]}
    for a, b in (("v0", "v1"), ("v2", "v7")):
        true = np.linalg.norm(stock[a][0] - stock[b][0])
        assert math.dist(places[a], places[b]) == pytest.approx(true, rel=1e-5)
    assert found["others"][0]["x"] == pytest.approx(places["v3"][0])
    json.dumps(found)


def test_no_map_of_too_few_or_equal_voices():
    one = np.ones((510, 1, 256), np.float32)
    assert voice_map({"a": one, "b": one * 2}, {}) is None
    assert voice_map({"a": one, "b": one, "c": one}, {}) is None


def test_plain_values():
    data = {"a": 1, "b": True, "c": 1e300, "d": "1", "e": float("inf")}
    assert [plain.number(data, key) for key in "abcdef"] == [1.0, None, None, None, None, None]
    assert plain.text("a\x00b\u202ec\udcff") == "a\ufffdb\ufffdc\ufffd"
    assert plain.text("x" * 999, 5) == "xxxx…"
    assert plain.mappings([1, {"a": 1}, {2: 3}]) == [{"a": 1}, {}]
    assert when("2026-01-31T14:25:00+00:00") == "31 January 2026, 14:25 UTC"
    assert when("<b>") == ""


def test_no_caption_lies_under_that_of_the_new_voice():
    new = charts.Dot(200, 100, "best", "step9", None, "the new voice")
    near, far = (charts.Dot(x, 104, "floor", "am_ash", 1.0, "am_ash") for x in (230, 400))
    assert charts._without_caption_under(new, near).caption == ""
    assert charts._without_caption_under(new, far).caption == "am_ash"


def test_a_command_can_be_pasted():
    assert speak_command("out/best.pt") == 'kvw speak out/best.pt "Any text you like."'
    words = shlex.split(speak_command("Mein Ordner/it's/best.pt"))
    assert words == ["kvw", "speak", "Mein Ordner/it's/best.pt", "Any text you like."]
