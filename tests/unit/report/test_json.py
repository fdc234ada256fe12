"""JSON for programs: unrounded, no NaN, best first."""

import json

import pytest

from kvoicewalk.report.json import dump
from kvoicewalk.scoring.combine import Score
from kvoicewalk.search.base import RankStep
from kvoicewalk.store.results import rank_row, ranking_data, step_row

SCORED = RankStep("score", "a", 0.7, 0.9, Score(80.123456789, 0.9, 0.95, 0.5), 1, 2)
COMPARED = RankStep("compare", "c", 0.4, 0.6, None, 1, 2)
SCREENED = RankStep("screen", "b", 0.3, None, None, 2, 2)


def test_entries():
    assert rank_row(SCORED).dump()["score"] == 80.123456789
    assert rank_row(COMPARED).dump()["target_similarity"] == 0.6
    assert rank_row(COMPARED).dump()["self_similarity"] is None
    assert rank_row(SCREENED).dump() == {
        "name": "b",
        "score": None,
        "target_similarity": None,
        "self_similarity": None,
        "feature_similarity": None,
        "likeness": None,
        "similarities": {},
        "screening_similarity": 0.3,
        "outcome": "heard",
    }


def test_object_round_trips():
    data = ranking_data("run", "mini@0", "t.wav", [SCORED, SCREENED], {"best": None})
    assert json.loads(dump(data)) == data
    assert [voice["name"] for voice in data["voices"]] == ["a", "b"]


def test_nan_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        dump({"score": float("nan")})


def test_a_step_says_what_its_likeness_comes_from():
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.scoring.combine import Score

    found = [
        step_row(1, Evaluation("v", 0.5, Score(1.0, 0.5, 1.0, 1.0)), "rejected").dump(),
        step_row(2, Evaluation("v", 0.5, None), "gated").dump(),
        step_row(3, Evaluation("v", 0.5, None, is_glance=True), "gated").dump(),
    ]
    assert [entry["heard"] for entry in found] == ["all", "target", "glance"]
