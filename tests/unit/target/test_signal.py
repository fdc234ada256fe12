"""Noise, band, level and tones: known in, known out."""

import numpy as np
import pytest

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, read_utterance, resample
from kvoicewalk.target.signal import (
    bandwidth_hz,
    hear,
    level_dbfs,
    noise_power,
    power_above_hum,
    snr_db,
    steady_tone_share,
)


def heard(samples):
    return hear(Utterance(np.asarray(samples, dtype=np.float32), SAMPLE_RATE_HZ))


def white(rng, n, rms):
    """Noise with this root mean square below 8 kHz, where it is measured."""
    return rng.normal(size=n) * rms * np.sqrt(1.5)


@pytest.fixture(scope="module")
def speech(example_target):
    return read_utterance(example_target).samples


def test_a_rows_sum_is_the_windows_mean_square():
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(48_000) / SAMPLE_RATE_HZ)
    found = heard(tone)
    assert found.spectra.shape == (found.is_speech.size, 241)
    assert found.spectra.dtype == np.float32
    assert found.samples.size == 32_000
    # Of a window at a time, a Hann window sees no more than its middle: a few percent.
    assert found.spectra.sum(axis=1)[1:-1] == pytest.approx(0.125, rel=0.05)
    assert np.argmax(found.spectra.mean(axis=0)) == 30  # 1 kHz in bins of 33 Hz


@pytest.mark.parametrize("rms", [0.1, 0.001])
def test_the_power_of_white_noise(rms):
    found = heard(white(np.random.default_rng(0), 10 * SAMPLE_RATE_HZ, rms))
    assert noise_power(found.spectra) == pytest.approx(rms**2, rel=0.15)


def test_digital_silence_hides_no_noise_and_is_none_itself():
    noise = white(np.random.default_rng(0), 5 * SAMPLE_RATE_HZ, 0.01)
    padded = heard(np.concatenate((np.zeros(10 * SAMPLE_RATE_HZ), noise)))
    assert noise_power(padded.spectra) == pytest.approx(1e-4, rel=0.2)
    assert noise_power(heard(np.zeros(48_000)).spectra) <= 1e-12


@pytest.mark.parametrize("wanted_db", [25, 15, 5])
def test_noise_under_speech_is_found_without_pauses(speech, wanted_db):
    clean = heard(speech)
    rms = 10 ** ((level_dbfs(clean) - wanted_db) / 20)
    noisy = heard(speech + white(np.random.default_rng(1), speech.size, rms))
    # What is speech is told on the clean one: the detector is not what is tested here.
    total = power_above_hum(noisy.spectra)[clean.is_speech].mean()
    assert snr_db(float(total), noise_power(noisy.spectra)) == pytest.approx(wanted_db, abs=4)


def test_snr_is_bounded():
    assert snr_db(1.0, 0.0) == 60
    assert snr_db(0.0, 1.0) == -10
    assert snr_db(0.0, 0.0) == pytest.approx(0)


def test_the_band_of_a_telephone(speech):
    assert bandwidth_hz(heard(speech)) > 7_000
    narrow = resample(resample(speech, SAMPLE_RATE_HZ, 8_000), 8_000, SAMPLE_RATE_HZ)
    assert bandwidth_hz(heard(narrow)) == pytest.approx(4_000, abs=250)
    assert bandwidth_hz(heard(np.zeros(48_000))) == 0


def test_level_follows_the_gain(speech):
    assert level_dbfs(heard(speech * 0.1)) == pytest.approx(level_dbfs(heard(speech)) - 20, abs=0.3)
    assert level_dbfs(heard(np.zeros(48_000))) == -120


def test_tones_that_stand_still():
    t = np.arange(6 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    chord = sum(np.sin(2 * np.pi * f * t) for f in (220.0, 277.2, 329.6)) * 0.1
    glide = 0.1 * np.sin(2 * np.pi * (200 * t + 150 * t**2))
    assert steady_tone_share(heard(chord)) == 1
    assert steady_tone_share(heard(glide)) == 0
    assert steady_tone_share(heard(np.random.default_rng(0).normal(size=t.size) * 0.1)) == 0
    assert steady_tone_share(heard(np.zeros(t.size))) == 0
    assert steady_tone_share(heard(np.zeros(100))) == 0


def test_speech_holds_no_tones(speech):
    assert steady_tone_share(heard(speech)) < 0.05


def test_clean_recordings(shared_data):
    for path in sorted((shared_data / "targets").iterdir()):
        found = heard(read_utterance(path).samples)
        total = power_above_hum(found.spectra)[found.is_speech].mean()
        assert snr_db(float(total), noise_power(found.spectra)) > 20, path
        assert bandwidth_hz(found) > 4_500, path
        assert steady_tone_share(found) < 0.05, path
