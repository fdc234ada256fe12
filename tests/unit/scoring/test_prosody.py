"""Pitch and pace of known signals."""

import numpy as np
import pytest

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, read_utterance, speech_duration_s
from kvoicewalk.scoring.prosody import measure_prosody


def tone(hz, seconds=1.0):
    """A pulse-like tone of steady pitch; hz may be an array of one value a sample."""
    hz = np.broadcast_to(hz, round(seconds * SAMPLE_RATE_HZ))
    phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ
    samples = sum(np.cos(k * phase) / k for k in range(1, 9))
    return Utterance((0.2 * samples).astype(np.float32), SAMPLE_RATE_HZ)


@pytest.mark.parametrize("hz", [90.0, 150.0, 240.0])
def test_a_steady_tone(hz):
    found = measure_prosody([tone(hz)])
    assert found.pitch_semitones == pytest.approx(12 * np.log2(hz), abs=0.05)
    assert found.range_semitones == pytest.approx(0.0, abs=0.05)
    assert found.pace_s is None


def test_a_glide_of_an_octave_has_half_of_it_between_the_quartiles():
    n_samples = 2 * SAMPLE_RATE_HZ
    found = measure_prosody([tone(100 * 2 ** np.linspace(0, 1, n_samples), 2.0)])
    assert found.range_semitones == pytest.approx(6.0, abs=0.3)
    assert found.pitch_semitones == pytest.approx(12 * np.log2(100) + 6, abs=0.2)


def test_clips_count_together():
    found = measure_prosody([tone(100.0), tone(200.0)])
    assert found.range_semitones == pytest.approx(12.0, abs=0.1)


def test_silence_has_no_pitch_and_no_pace():
    silence = Utterance(np.zeros(SAMPLE_RATE_HZ, np.float32), SAMPLE_RATE_HZ)
    found = measure_prosody([silence], n_phonemes=10)
    assert (found.pitch_semitones, found.range_semitones, found.pace_s) == (None, None, None)


def test_pace_is_speech_over_phonemes(example_target):
    clip = read_utterance(example_target)
    found = measure_prosody([clip, clip], n_phonemes=500)
    assert found.pace_s == pytest.approx(2 * speech_duration_s(clip) / 500)
