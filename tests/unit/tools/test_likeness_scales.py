"""The scales of likeness: every pair of clips once, speakers told by their files' names."""

import numpy as np
import pytest
import soundfile

from tests.fakes import UnitEncoder, fake_encoders
from tools.fit_likeness_scales import clips_of, fit, measure


@pytest.fixture
def data(tmp_path):
    """Three speakers, of whom one has two clips."""
    levels = {
        "targets/human_7-1-0001": 0.5,
        "targets/human_7-2-0002": 0.5,
        "cohort/70-1-0001": -0.5,
        "cohort/8-1-0001": 0.25,
    }
    for name, level in levels.items():
        path = (tmp_path / name).with_suffix(".flac")
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, np.full(24_000, level), 24_000)
    soundfile.write(tmp_path / "targets" / "tts_one.wav", np.zeros(24_000), 24_000)
    return tmp_path


def test_every_pair_is_compared_once(data):
    clips = clips_of(data)
    assert [speaker for speaker, _ in clips] == ["7", "7", "70", "8"]
    found = measure(clips, fake_encoders(UnitEncoder(), UnitEncoder("campplus", off=0.5)))
    assert list(found) == ["resemblyzer", "campplus"]
    for pairs in found.values():
        assert pairs.same == (pytest.approx(1.0),)
        assert len(pairs.strangers) == 5
    # (0.5, 1) and (-0.5, 1), as lengths of 1: 0.75 / 1.25.
    assert found["resemblyzer"].strangers[0] == pytest.approx(0.6, abs=1e-3)


def test_the_file_says_what_it_was_made_of(data):
    found = fit(clips_of(data), fake_encoders(UnitEncoder()))
    assert (found["n_speakers"], found["n_clips"]) == (3, 4)
    assert (found["n_pairs_same"], found["n_pairs_strangers"]) == (1, 5)
    scale = found["encoders"]["resemblyzer"]
    assert list(scale) == ["strangers", "same"]
    assert scale["strangers"] < scale["same"] == 1.0
    assert round(scale["strangers"], 4) == scale["strangers"]
