"""Which channels are used, and what is told of the others."""

import numpy as np
import pytest

from kvoicewalk.decode import decode
from kvoicewalk.errors import AudioError

RATE_HZ = 24_000


@pytest.fixture
def read(as_file, put):
    def run(*channels, channel=None, kind="WAV", subtype="FLOAT"):
        content = as_file(np.stack(channels, axis=1), kind, subtype)
        return decode(put(content), 60, channel)

    return run


def hiss(n, level, seed=0):
    return np.random.default_rng(seed).normal(0, level, n).astype(np.float32)


@pytest.fixture(scope="module")
def interview(speech):
    """Two people who take turns; each is 34 dB softer on the other's channel."""
    pause = np.zeros(RATE_HZ // 2, np.float32)
    turns = [(speech[i * 2 * RATE_HZ : (i + 1) * 2 * RATE_HZ], i % 2) for i in range(6)]
    return [
        np.concatenate([np.r_[x if side == who else x * 0.02, pause] for x, who in turns])
        for side in (0, 1)
    ]


@pytest.mark.parametrize("delay_ms", [2, 10, 40])
def test_two_microphones_apart_are_no_comb(read, speech, delay_ms):
    n = delay_ms * RATE_HZ // 1000
    late = np.r_[np.zeros(n, np.float32), speech[:-n]] * 0.9
    found = read(speech, late)
    assert found.source.reason == "late"
    one = {"left": speech, "right": late}[found.source.used]
    np.testing.assert_array_equal(found.samples, one)


def test_two_microphones_at_one_place_are_averaged(read, speech):
    near = np.r_[np.zeros(3, np.float32), speech[:-3]] * 0.9
    found = read(speech, near + hiss(speech.size, 1e-4))
    assert found.source.n_used == 2


@pytest.mark.parametrize("level", [0.003, 0.03])
def test_a_channel_of_hiss_is_left_out(read, speech, level):
    found = read(hiss(speech.size, level), speech)
    np.testing.assert_array_equal(found.samples, speech)
    assert (found.source.reason, found.source.used) == ("noise", "right")


def test_speech_in_the_centre_alone(read, speech):
    silence = np.zeros_like(speech)
    sides = [hiss(speech.size, 0.01, seed) for seed in (0, 1)]
    found = read(*sides, speech, silence, silence, silence)
    np.testing.assert_array_equal(found.samples, speech)
    assert (found.source.n_used, found.source.used) == (1, "3")


def test_a_speaker_on_each_channel_is_told(read, interview, speech):
    found = read(*interview).source
    assert found.n_used == 2
    assert len(found.own_s) == 2
    assert min(found.own_s) > 3
    soft = read(interview[0], interview[1] * 0.03).source  # a microphone that is set lower
    assert min(soft.own_s) > 3
    assert read(speech, speech * 0.5).source.own_s == ()
    assert read(speech, speech + hiss(speech.size, 0.005)).source.own_s == ()


def test_a_channel_that_is_asked_for(read, interview):
    for name, index in (("left", 0), ("right", 1), ("1", 0), ("2", 1)):
        found = read(*interview, channel=name)
        np.testing.assert_array_equal(found.samples, interview[index])
        assert (found.source.n_used, found.source.reason) == (1, "asked")
        assert found.source.own_s == ()
    flac = read(*interview, channel="right", kind="FLAC", subtype="PCM_16")
    np.testing.assert_allclose(flac.samples, interview[1], atol=1e-4)


def test_a_channel_that_is_not_there(read, speech):
    with pytest.raises(AudioError, match="has 2 channels, no 3"):
        read(speech, speech, channel="3")
    with pytest.raises(AudioError, match="has one channel, no right"):
        read(speech, channel="right")
    np.testing.assert_array_equal(read(speech, channel="left").samples, speech)
