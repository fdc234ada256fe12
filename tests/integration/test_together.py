"""Voices spoken in one pass score what they score alone, on the embedded model."""

import pytest

import kvoicewalk


def test_a_ranking_in_one_pass(tmp_path, example_target):
    one, eight = (
        kvoicewalk.rank(
            example_target, model="mini", out_dir=tmp_path / str(n), n_threads=1,
            settings={"model": {"n_together": n}},
        )
        for n in (1, 8)
    )  # fmt: skip
    assert [voice.name for voice in one.voices] == [voice.name for voice in eight.voices]
    for alone, together in zip(one.voices, eight.voices, strict=True):
        if alone.scores.score is not None:
            assert together.scores.score == pytest.approx(alone.scores.score, abs=0.01)
