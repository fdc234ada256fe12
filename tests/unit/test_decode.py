"""Files → mono samples: which channels count, and what is told of the file."""

import hashlib

import numpy as np
import pytest
import soundfile

from kvoicewalk.audio import read_recording, read_utterance
from kvoicewalk.decode import decode

RATE_HZ = 24_000


@pytest.fixture(scope="module")
def speech(example_target):
    return read_utterance(example_target).samples[: 5 * RATE_HZ]


@pytest.fixture
def put(tmp_path):
    def write(*channels, rate_hz=RATE_HZ, name="a.wav", **options):
        path = tmp_path / name
        soundfile.write(path, np.stack(channels, axis=1), rate_hz, **options)
        return path

    return write


def hiss(speech, level_db):
    rms = np.sqrt(np.mean(speech**2)) * 10 ** (level_db / 20)
    return np.random.default_rng(0).normal(size=speech.size).astype(np.float32) * rms


def test_channels_are_averaged(put, speech):
    found = decode(put(speech, speech * 0.5, subtype="FLOAT"), 60)
    np.testing.assert_allclose(found.samples, speech * 0.75, atol=1e-6)
    assert (found.source.n_channels, found.source.n_used) == (2, 2)


@pytest.mark.parametrize("level_db", [-np.inf, -60])
def test_a_dead_channel_does_not_halve_the_level(put, speech, level_db):
    found = decode(put(hiss(speech, level_db), speech, subtype="FLOAT"), 60)
    np.testing.assert_array_equal(found.samples, speech)
    assert (found.source.n_channels, found.source.n_used) == (2, 1)


def test_an_offset_does_not_make_a_dead_channel_live(put, speech):
    shifted = np.full_like(speech, 0.3)
    found = decode(put(shifted, speech + shifted, subtype="FLOAT"), 60)
    assert found.source.n_used == 1
    np.testing.assert_allclose(found.samples, speech + 0.3, atol=1e-6)  # taken out by who examines


def test_a_channel_that_is_only_soft_counts(put, speech):
    assert decode(put(speech, speech * 0.05, subtype="FLOAT"), 60).source.n_used == 2


def test_channels_that_cancel_each_other(put, speech):
    found = decode(put(-speech * 0.9, speech, subtype="FLOAT"), 60)
    np.testing.assert_array_equal(found.samples, speech)
    assert found.source.n_used == 1


def test_independent_channels_do_not_cancel(put, speech):
    assert decode(put(speech, speech[::-1], subtype="FLOAT"), 60).source.n_used == 2


def test_silence_in_all_channels(put):
    silence = np.zeros(RATE_HZ, np.float32)
    found = decode(put(silence, silence), 60)
    assert found.samples.shape == (RATE_HZ,)
    assert found.source.clipped_share == 0


def test_nan_reaches_the_reader_in_any_channel(put, speech):
    spoiled = speech.copy()
    spoiled[7] = np.nan
    for channels in ((spoiled, speech), (speech, spoiled), (spoiled,)):
        assert not np.isfinite(decode(put(*channels, subtype="FLOAT"), 60).samples).all()


def test_one_channel_is_read_as_it_is(put, speech):
    found = decode(put(speech, subtype="FLOAT"), 60)
    np.testing.assert_array_equal(found.samples, speech)
    assert found.samples.dtype == np.float32


@pytest.mark.parametrize("gain", [1.0, 0.3])
def test_clipping_is_found_at_any_level(put, speech, gain):
    loud = np.clip(speech / np.abs(speech).max() * 4, -1, 1)
    expected = np.mean(np.abs(loud) >= 0.99)
    assert expected > 0.01
    assert decode(put(loud * gain), 60).source.clipped_share == pytest.approx(expected, rel=0.01)
    assert decode(put(speech * gain), 60).source.clipped_share < 1e-4


def test_peaks_far_beyond_full_scale_are_whole_unless_flat(put, speech):
    loud = speech / np.abs(speech).max() * 4
    assert decode(put(loud, subtype="FLOAT"), 60).source.clipped_share < 1e-4
    flat = np.clip(loud * 4, -4, 4)
    share = decode(put(flat, subtype="FLOAT"), 60).source.clipped_share
    assert share == pytest.approx(np.mean(np.abs(flat) >= 3.96))
    assert share > 0.01


def test_plain_files_give_the_same_samples_for_ever(example_target):
    # Frozen: scores depend on every bit of them.
    samples = read_utterance(example_target).samples
    assert hashlib.sha256(samples.tobytes()).hexdigest().startswith("fcca2b4f9592269f")


def test_flac_gives_the_same_samples_for_ever(shared_data):
    path = shared_data / "targets" / "human_1688-142285-0004.flac"
    samples = read_utterance(path).samples
    assert hashlib.sha256(samples.tobytes()).hexdigest().startswith("0509133590bccad5")


def test_what_is_told_of_the_file(put, speech):
    source = read_recording(put(speech, speech, rate_hz=96_000, name="a.flac")).source
    assert (source.sample_rate_hz, source.n_channels, source.n_used) == (96_000, 2, 2)
