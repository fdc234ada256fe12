"""Rows of results: what is written is read back, and what is damaged is never an error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvoicewalk.evaluate import Evaluation
from kvoicewalk.scoring.combine import Score
from kvoicewalk.store.results import (
    BestRow,
    BlendRow,
    EncoderRow,
    HeldOutRow,
    LengthRow,
    RankRow,
    ReadingRow,
    SearchRow,
    StepRow,
    SweepRow,
    step_row,
)

ROWS = [
    *(BestRow, BlendRow, EncoderRow, HeldOutRow, LengthRow),
    *(RankRow, ReadingRow, SearchRow, StepRow, SweepRow),
]
SCORED = Evaluation("v", 0.9123456789012345, Score(81.2, 0.9123456789012345, 0.97, 0.5))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def test_a_step_is_written_as_programs_know_it():
    assert step_row(3, SCORED, "accepted").dump() == {
        "step": 3,
        "name": "v",
        "outcome": "accepted",
        "heard": "all",
        "score": 81.2,
        "target_similarity": 0.9123456789012345,
        "self_similarity": 0.97,
        "feature_similarity": 0.5,
        "likeness": None,
        "similarities": {},
        "island": 0,
    }


def test_a_search_is_written_in_its_order():
    row = SearchRow(run="r", model="m", best=BestRow(name="b", score=1.5), population_names=("x",))
    data = row.dump()
    first = ["run", "model", "target", "step", "score", "target_similarity", "self_similarity"]
    assert list(data)[: len(first)] == first
    assert list(data["best"])[:3] == ["name", "voice_path", "wav_path"]
    assert data["population_names"] == ["x"]
    assert "population_names" not in SearchRow().dump()
    assert json.loads(json.dumps(data)) == data
    assert SearchRow.read(data) == row


def test_what_is_damaged_has_its_default_and_the_rest_stays():
    row = RankRow.read(
        {"name": "v", "score": float("nan"), "target_similarity": "0.9", "self_similarity": 0.97,
         "feature_similarity": True, "screening_similarity": 1e300, "later": 1}
    )  # fmt: skip
    assert row == RankRow(name="v", self_similarity=0.97)
    held_out = HeldOutRow.read(
        {"target_similarity": 0.9, "by_length": [{"n_phonemes": "x"}, 5, {"n_phonemes": 10}]}
    )
    assert held_out.target_similarity == 0.9
    assert [one.n_phonemes for one in held_out.by_length] == [None, 10]
    held_out = HeldOutRow.read({"encoders": [{"name": "a", "similarity": "x"}, None, {"name": 5}]})
    assert held_out.encoders == (EncoderRow(name="a"), EncoderRow())
    assert HeldOutRow.read({"encoders": "a"}).encoders == ()
    assert StepRow.read({"step": -1, "name": "v"}) == StepRow(name="v")


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
@given(data=ANYTHING)
def test_anything_is_read(kind, data):
    row = kind.read(data)
    assert kind.read(row.dump()) == row
    json.dumps(row.dump(), allow_nan=False)
    assert kind.read(dict.fromkeys(kind.model_fields, data)) is not None
    assert isinstance(kind.read_all(data), tuple)
