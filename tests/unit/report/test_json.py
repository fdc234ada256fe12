"""JSON for programs: unrounded, no NaN, best first."""

import json

import pytest

from kvoicewalk.report.json import dump, ranking_object, voice_entry
from kvoicewalk.score.combine import Score
from kvoicewalk.search.base import RankStep

SCORED = RankStep("score", "a", 0.7, 0.9, Score(80.123456789, 0.9, 0.95, 0.5), 1, 2)
COMPARED = RankStep("compare", "c", 0.4, 0.6, None, 1, 2)
SCREENED = RankStep("screen", "b", 0.3, None, None, 2, 2)


def test_entries():
    assert voice_entry(SCORED)["score"] == 80.123456789
    assert voice_entry(COMPARED)["target_similarity"] == 0.6
    assert voice_entry(COMPARED)["self_similarity"] is None
    assert voice_entry(SCREENED) == {
        "name": "b",
        "score": None,
        "target_similarity": None,
        "self_similarity": None,
        "feature_similarity": None,
        "screening_similarity": 0.3,
        "outcome": "heard",
    }


def test_object_round_trips():
    data = ranking_object("run", "mini@0", "t.wav", [SCORED, SCREENED], {"best": None})
    assert json.loads(dump(data)) == data
    assert [voice["name"] for voice in data["voices"]] == ["a", "b"]


def test_nan_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        dump({"score": float("nan")})


def test_a_step_says_what_its_likeness_comes_from():
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.report.json import step_entry
    from kvoicewalk.score.combine import Score

    found = [
        step_entry(1, Evaluation("v", 0.5, Score(1.0, 0.5, 1.0, 1.0)), "rejected"),
        step_entry(2, Evaluation("v", 0.5, None), "gated"),
        step_entry(3, Evaluation("v", 0.5, None, is_glance=True), "gated"),
    ]
    assert [entry["heard"] for entry in found] == ["all", "target", "glance"]
