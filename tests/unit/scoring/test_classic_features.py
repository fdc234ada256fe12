import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kvoicewalk.scoring.acoustics import ClassicTerm
from kvoicewalk.scoring.classic_features import (
    CLASSIC_FEATURE_NAMES,
    classic_feature_penalty,
    classic_feature_similarity,
    classic_features,
)

RATE_HZ = 24_000


@pytest.fixture(scope="module")
def golden(shared_data: Path) -> dict:
    return json.loads((shared_data / "golden" / "original_scores.json").read_text())


@pytest.fixture(scope="module")
def measured(shared_data: Path, golden: dict) -> dict[str, dict[str, float]]:
    names = {row[key] for row in golden["scores"] for key in ("target", "utterance")}
    found = {}
    for name in names | set(golden["features"]):
        samples, rate_hz = soundfile.read(shared_data / "targets" / name, dtype="float32")
        found[name] = classic_features(samples, rate_hz)
    return found


def test_every_feature_of_the_original_within_one_percent(golden, measured):
    assert len(golden["features"]) == 2
    for recording, expected in golden["features"].items():
        assert len(expected) == 106
        assert tuple(measured[recording]) == CLASSIC_FEATURE_NAMES
        assert measured[recording] == pytest.approx(expected, rel=0.01, abs=0)


def test_every_penalty_of_the_original_within_one_percent(golden, measured):
    assert len(golden["scores"]) == 16
    for row in golden["scores"]:
        penalty = classic_feature_penalty(measured[row["utterance"]], measured[row["target"]])
        assert penalty == pytest.approx(row["feature_penalty"], rel=0.01, abs=1e-9), row
        assert classic_feature_similarity(penalty) == pytest.approx(
            row["feature_similarity"], abs=0.005
        )


def test_harmonic_ratio_is_measured(measured):
    # It once stood as a constant that happened to be right for one recording.
    assert len({values["harmonic_ratio"] for values in measured.values()}) == len(measured)


def test_the_term_agrees_with_the_original(golden, measured):
    term = ClassicTerm()
    packed = {
        name: np.array(list(values.values()), dtype=np.float32) for name, values in measured.items()
    }
    for row in golden["scores"]:
        similarity = term.similarity(packed[row["utterance"]], packed[row["target"]])
        assert similarity == pytest.approx(row["feature_similarity"], abs=0.005)


def test_penalty_is_relative_to_the_target():
    assert classic_feature_penalty({"a": 3.0, "b": 1.0}, {"a": 2.0, "b": -1.0}) == 0.5 + 2.0


@pytest.mark.parametrize(("value", "is_floored"), [(0.0, False), (1e-6, True), (-5.0, True)])
def test_a_zero_in_the_target_costs_nothing_or_the_floor(value, is_floored):
    penalty = classic_feature_penalty({"beat_std": value}, {"beat_std": 0.0})
    assert np.isfinite(penalty)
    assert (classic_feature_similarity(penalty) == 0.01) is is_floored


@pytest.mark.parametrize(
    ("penalty", "similarity"), [(0.0, 1.0), (60.0, 0.4), (100.0, 0.0), (100.1, 0.01), (1e9, 0.01)]
)
def test_similarity_of_a_penalty(penalty, similarity):
    assert classic_feature_similarity(penalty) == pytest.approx(similarity)


@pytest.mark.parametrize("n_samples", [0, 1, 720, 12_000, 48_000])
@pytest.mark.parametrize("kind", ["silence", "level", "tone"])
def test_finite_and_quiet_for_degenerate_audio(kind, n_samples):
    time_s = np.arange(n_samples) / RATE_HZ
    samples = {
        "silence": np.zeros(n_samples),
        "level": np.full(n_samples, 0.3),
        "tone": 0.3 * np.sin(2 * np.pi * 200 * time_s),
    }[kind].astype(np.float32)
    values = classic_features(samples, RATE_HZ)
    assert tuple(values) == CLASSIC_FEATURE_NAMES
    assert np.isfinite(list(values.values())).all()


def test_known_answers_of_a_tone():
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    values = classic_features((0.5 * np.sin(2 * np.pi * 440 * time_s)).astype(np.float32), RATE_HZ)
    assert values["rms_energy"] == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)
    assert values["audio_kurtosis"] == pytest.approx(-1.5, abs=0.01)
    assert values["zero_crossing_rate"] == pytest.approx(2 * 440 / RATE_HZ, rel=0.05)
    assert values["pitch_mean"] == pytest.approx(440, rel=0.01)


def test_same_samples_same_values():
    samples = np.random.default_rng(0).normal(0, 0.1, RATE_HZ).astype(np.float32)
    before = samples.copy()
    assert classic_features(samples, RATE_HZ) == classic_features(samples, RATE_HZ)
    np.testing.assert_array_equal(samples, before)
