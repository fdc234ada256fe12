import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from kvoicewalk.audio import read_utterance, resample
from kvoicewalk.scoring.acoustics import ScaledTerm, make_feature_term
from kvoicewalk.scoring.pitch import RATE_HZ, VOICED_ABOVE, frame_pitch
from kvoicewalk.scoring.prosody import measure_prosody
from kvoicewalk.scoring.scaled_features import (
    FEATURE_NAMES,
    SCALES_PATH,
    active_frames,
    load_scales,
    scaled_feature_similarity,
    scaled_features,
)

N_FEATURES = len(FEATURE_NAMES)
SCALES = load_scales()
DISTANCES = st.floats(-50, 50, allow_nan=False).filter(lambda d: d == 0 or abs(d) > 1e-3)
MEDIAN, RANGE, VOICED = (
    FEATURE_NAMES.index(name)
    for name in ("pitch_median_semitones", "pitch_range_semitones", "voiced_share")
)


def voiced_speech(pitch_hz: float, duration_s: float = 2.0, rate_hz: int = RATE_HZ) -> np.ndarray:
    """A band-limited pulse train through three resonances: float32, peak 0.5."""
    time_s = np.arange(int(duration_s * rate_hz)) / rate_hz
    n_harmonics = int(7_500 / pitch_hz)
    speech = sum(np.cos(2 * np.pi * pitch_hz * k * time_s) for k in range(1, n_harmonics + 1))
    for formant_hz, width_hz in ((600, 80), (1_400, 100), (2_600, 150)):
        radius = np.exp(-np.pi * width_hz / rate_hz)
        angle = 2 * np.pi * formant_hz / rate_hz
        speech = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], speech)
    return (0.5 * speech / np.abs(speech).max()).astype(np.float32)


def noisy(samples: np.ndarray, snr_db: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, samples.std() * 10 ** (-snr_db / 20), samples.size)
    return (samples + noise).astype(np.float32)


def similarity(distances: np.ndarray) -> float:
    """Similarity of two measurements that many spreads apart."""
    values = distances * SCALES.spread
    return scaled_feature_similarity(values, np.zeros(N_FEATURES), SCALES)


# --- pitch


@pytest.mark.parametrize("pitch_hz", [70, 100, 141, 200, 262, 333, 390])
@pytest.mark.parametrize("snr_db", [200, 10])
def test_pitch_of_a_known_pulse_train(pitch_hz, snr_db):
    found_hz, strength = frame_pitch(noisy(voiced_speech(pitch_hz), snr_db))
    is_voiced = strength > VOICED_ABOVE
    assert is_voiced.mean() > 0.95
    error_semitones = 12 * np.log2(found_hz[is_voiced] / pitch_hz)
    assert np.mean(np.abs(error_semitones) < 0.5) > 0.95


@pytest.mark.parametrize(
    ("hum_hz", "level_db"),
    [(61, -15), (120, -24)],  # below the band; in it, but far softer than speech
    ids=["fundamental", "harmonic"],
)
def test_a_pause_that_hums_is_no_voice(hum_hz, level_db):
    voice = voiced_speech(200)
    speech = np.concatenate([voice, np.zeros(3 * RATE_HZ, dtype=np.float32)])
    hum = np.sin(2 * np.pi * hum_hz * np.arange(speech.size) / RATE_HZ)
    hum *= 10 ** (level_db / 20) * voice.std() / hum.std()
    found_hz, strength = frame_pitch(noisy((speech + hum).astype(np.float32), 40))
    is_voiced = strength > VOICED_ABOVE
    assert 0.3 < is_voiced.mean() < 0.45
    assert np.median(found_hz[is_voiced]) == pytest.approx(200, rel=0.01)


@pytest.mark.parametrize("speaker", ["103", "1116", "1363", "1594"])
def test_recordings_that_hum(shared_data, speaker):
    """Their quartiles lay 20 semitones apart: one of them was the hum."""
    (path,) = (shared_data / "cohort").glob(f"{speaker}-*.flac")
    assert measure_prosody([read_utterance(path)]).range_semitones < 10


def test_noise_and_silence_are_unvoiced():
    noise = np.random.default_rng(0).normal(0, 0.3, 5 * RATE_HZ).astype(np.float32)
    for samples in (noise, np.zeros(RATE_HZ, dtype=np.float32)):
        found_hz, strength = frame_pitch(samples)
        assert np.isfinite(found_hz).all()
        assert (strength <= VOICED_ABOVE).all()


@pytest.mark.parametrize("n_samples", [0, 159, 160, 8_000])
def test_pitch_frames_are_those_of_a_centred_spectrogram(n_samples):
    found_hz, strength = frame_pitch(np.zeros(n_samples, dtype=np.float32))
    assert found_hz.shape == strength.shape == (1 + n_samples // 160,)


def test_pitch_features_in_semitones():
    low, high = (scaled_features(voiced_speech(hz), RATE_HZ) for hz in (110, 220))
    assert high[MEDIAN] - low[MEDIAN] == pytest.approx(12, abs=0.5)
    assert low[RANGE] < 0.5
    assert low[VOICED] > 0.95
    glide = np.concatenate([voiced_speech(hz, 1.0) for hz in (110, 220)])
    assert scaled_features(glide, RATE_HZ)[RANGE] == pytest.approx(12, abs=1)


# --- measuring


def test_shape_type_and_argument_untouched():
    speech = voiced_speech(120)
    before = speech.copy()
    values = scaled_features(speech, RATE_HZ)
    assert values.shape == (N_FEATURES,)
    assert values.dtype == np.float32
    assert len(set(FEATURE_NAMES)) == N_FEATURES
    np.testing.assert_array_equal(speech, before)
    np.testing.assert_array_equal(values, scaled_features(speech, RATE_HZ))


@pytest.mark.parametrize("gain", [1e-3, 0.1, 1.9])
def test_level_does_not_count(gain):
    speech = noisy(voiced_speech(120), 25)
    distances = (scaled_features(gain * speech, RATE_HZ) - scaled_features(speech, RATE_HZ)) / (
        SCALES.spread
    )
    assert np.abs(distances).max() < 0.01


def test_pauses_do_not_count():
    speech = noisy(voiced_speech(120, 4.0), 25)
    pause = np.random.default_rng(1).normal(0, 1e-4, RATE_HZ).astype(np.float32)
    with_pauses = np.concatenate((pause, speech[:32_000], pause, speech[32_000:], pause))
    plain, paused = (scaled_features(s, RATE_HZ) for s in (speech, with_pauses))
    assert scaled_feature_similarity(paused, plain, SCALES) > 0.9
    other = scaled_features(noisy(voiced_speech(210, 4.0), 0), RATE_HZ)
    assert scaled_feature_similarity(other, plain, SCALES) < 0.8


def test_one_path_for_every_rate():
    at_16k = noisy(voiced_speech(120), 25)
    at_24k = resample(at_16k, RATE_HZ, 24_000)
    there, back = scaled_features(at_16k, RATE_HZ), scaled_features(at_24k, 24_000)
    assert scaled_feature_similarity(back, there, SCALES) > 0.95


@pytest.mark.parametrize("n_samples", [0, 1, 720, 12_000])
@pytest.mark.parametrize("kind", ["silence", "level", "click", "speech"])
def test_finite_for_short_or_degenerate_audio(kind, n_samples):
    samples = np.zeros(n_samples, dtype=np.float32)
    if kind == "level":
        samples[:] = 0.3
    if kind == "click":
        samples[n_samples // 2 : n_samples // 2 + 1] = 1.0
    if kind == "speech":
        samples[:] = voiced_speech(120, rate_hz=24_000)[:n_samples]
    values = scaled_features(samples, 24_000)
    assert np.isfinite(values).all()
    assert np.isfinite(scaled_feature_similarity(values, np.zeros(N_FEATURES), SCALES))


def test_quiet_frames_are_pauses_and_the_loudest_never_is():
    power = np.full((257, 100), 1e-6)
    power[:, 20:60] = 1.0
    np.testing.assert_array_equal(np.flatnonzero(active_frames(power)), np.arange(20, 60))
    assert active_frames(np.zeros((257, 5))).any()


# --- comparing


@given(st.lists(st.floats(-1e3, 1e3), min_size=N_FEATURES, max_size=N_FEATURES))
def test_equal_measurements_are_one(numbers):
    values = np.array(numbers, dtype=np.float32)
    assert scaled_feature_similarity(values, values, SCALES) == pytest.approx(1.0, abs=1e-12)


@given(
    st.lists(DISTANCES, min_size=N_FEATURES, max_size=N_FEATURES),
    st.integers(0, N_FEATURES - 1),
    st.floats(1.1, 3.0),
)
def test_bounded_and_falling_in_each_feature(numbers, feature, factor):
    distances = np.array(numbers)
    further = distances.copy()
    further[feature] *= factor
    near, far = similarity(distances), similarity(further)
    assert 0.0 < far <= near <= 1.0 + 1e-12
    if distances[feature] != 0 and SCALES.weight[feature] > 0:
        assert far < near


@given(st.lists(DISTANCES, min_size=N_FEATURES, max_size=N_FEATURES))
def test_symmetric(numbers):
    distances = np.array(numbers)
    assert similarity(distances) == pytest.approx(similarity(-distances), abs=1e-12)


def test_one_odd_feature_costs_its_weight_and_no_more():
    for feature in range(N_FEATURES):
        distances = np.zeros(N_FEATURES)
        distances[feature] = 1e9
        assert similarity(distances) == pytest.approx(1 - SCALES.weight[feature])
        distances[feature] = 1.0
        assert similarity(distances) == pytest.approx(1 - SCALES.weight[feature] / 2)


def test_smooth_at_equality():
    steps = np.array([similarity(np.full(N_FEATURES, d)) for d in (-1e-3, 0.0, 1e-3)])
    assert abs(steps[2] - steps[0]) / 2e-3 < 1e-6
    assert (steps[0] + steps[2] - 2 * steps[1]) / 1e-6 == pytest.approx(-2.0, rel=1e-3)


def test_the_term_uses_the_committed_scales():
    term = make_feature_term("scaled")
    assert isinstance(term, ScaledTerm)
    distances = np.full(N_FEATURES, 2.0) * SCALES.spread
    assert term.similarity(distances, np.zeros(N_FEATURES)) == pytest.approx(0.2)


# --- scales


def test_scales_file_matches_the_names():
    table = json.loads(SCALES_PATH.read_text())["features"]
    assert tuple(table) == FEATURE_NAMES
    assert (SCALES.spread > 0).all()
    assert (SCALES.weight >= 0).all()
    assert SCALES.weight.sum() == pytest.approx(1.0, abs=1e-12)
    music = ("tempo", "beat", "chroma", "tonnetz")
    assert not [name for name in table if name.startswith(music)]


def test_weights_that_do_not_sum_to_one_are_brought_there(tmp_path):
    table = {name: {"spread": 1.0, "weight": 3.0} for name in FEATURE_NAMES}
    path = tmp_path / "scales.json"
    path.write_text(json.dumps({"features": table}))
    np.testing.assert_allclose(load_scales(path).weight, 1 / N_FEATURES)


def test_a_refit_gives_the_committed_scales(shared_data):
    path = Path(__file__).resolve().parents[3] / "tools" / "fit_feature_scales.py"
    spec = importlib.util.spec_from_file_location("fit_feature_scales", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    refitted = tool.fit(shared_data / "cohort")
    committed = json.loads(SCALES_PATH.read_text())
    assert refitted["n_speakers"] == committed["n_speakers"] == 30
    for name in FEATURE_NAMES:
        # Six decimals are kept; other processors round a little differently.
        assert refitted["features"][name] == pytest.approx(
            committed["features"][name], rel=1e-3, abs=1e-5
        ), name
