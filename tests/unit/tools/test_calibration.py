"""The last touch on stock voices: range moves, median, time and timbre stay."""

import numpy as np
import pytest

from kvoicewalk.voices import PROSODY, TIMBRE
from tools.train_mini.bench import open_bench
from tools.train_mini.calibration import _numbers, moved, range_direction
from tools.train_mini.texts import VALIDATION_SENTENCES

TEXTS = VALIDATION_SENTENCES[:3]


def test_one_semitone_of_range_and_little_else():
    bench = open_bench()
    voice = bench.voices["am_jasper"]
    direction = range_direction(bench, voice, TEXTS)
    wider = moved(voice, direction, 0.5)
    np.testing.assert_array_equal(wider.rows[:, :, TIMBRE], voice.rows[:, :, TIMBRE])
    shift = wider.rows[:, :, PROSODY] - voice.rows[:, :, PROSODY]
    np.testing.assert_allclose(shift, np.broadcast_to(shift[:1], shift.shape), atol=1e-6)

    def figures(one):
        return np.mean(
            [[float(n.detach()) for n in _numbers(bench, one, t)[0]] for t in TEXTS], axis=0
        )

    span, median, log_time = figures(wider) - figures(voice)
    assert span == pytest.approx(0.5, abs=0.25)
    assert abs(median) < 0.15
    assert abs(log_time) < 0.02
