"""How speech sounds, in numbers whose differences mean the same for each: the scaled term.

The classic term divides by the target's own value, so a feature near zero drowns all others. Here
each difference is counted in units of the feature's natural spread among speakers, is bounded,
and weighs as much as the feature tells speakers apart. Everything is measured at 16 kHz, over
speech frames only, after level normalisation; music features are out, pitch is in.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kvoicewalk.audio import resample
from kvoicewalk.scoring.librosa_lock import librosa
from kvoicewalk.scoring.pitch import HOP_SAMPLES, RATE_HZ, VOICED_ABOVE, frame_pitch

SCALES_PATH = Path(__file__).parent / "feature_scales.json"
FFT_SAMPLES = 512  # 32 ms
N_MELS = 40
N_MFCC = 20
N_DELTA = 13
ACTIVE_RANGE_DB = 35.0  # frames this far below the loud ones are pauses
LOUD_PERCENTILE = 95
FLOOR_POWER = 1e-10
NEUTRAL_PITCH_HZ = 150.0  # stands where nothing is voiced
MIN_VOICED_FRAMES = 5

FEATURE_NAMES = (
    *(f"mfcc{i}_mean" for i in range(2, N_MFCC + 1)),
    *(f"mfcc{i}_std" for i in range(1, N_MFCC + 1)),
    *(f"mfcc{i}_delta_std" for i in range(1, N_DELTA + 1)),
    *(
        f"spectral_{name}_{statistic}"
        for name in ("centroid", "bandwidth", "rolloff", "flatness", "contrast")
        for statistic in ("mean", "std")
    ),
    "zero_crossing_rate_mean",
    "zero_crossing_rate_std",
    "pitch_median_semitones",
    "pitch_range_semitones",
    "voiced_share",
)

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FeatureScales:
    """What a difference in each feature is worth.

    Attributes:
        spread: float64 (n_features,), standard deviation among speakers, above 0.
        weight: float64 (n_features,), at least 0, summing to 1.
    """

    spread: npt.NDArray[np.float64]
    weight: npt.NDArray[np.float64]


def load_scales(path: Path = SCALES_PATH) -> FeatureScales:
    """Reads the scales that `tools/fit_feature_scales.py` writes."""
    table: Mapping[str, Mapping[str, float]] = json.loads(path.read_text(encoding="utf-8"))[
        "features"
    ]
    weight = np.array([table[name]["weight"] for name in FEATURE_NAMES])
    return FeatureScales(
        spread=np.array([table[name]["spread"] for name in FEATURE_NAMES]),
        weight=weight / weight.sum(),  # they are rounded in the file
    )


def scaled_features(samples: Values, sample_rate_hz: int) -> Values:
    """Measures an utterance.

    Args:
        samples: float32 (n_samples,), mono, any level.
        sample_rate_hz: of the samples; they are resampled to 16 kHz.

    Returns:
        float32 (n_features,) in the order of `FEATURE_NAMES`; finite for silence, too.
    """
    speech = resample(samples, sample_rate_hz, RATE_HZ)
    speech = np.pad(speech, (0, max(0, FFT_SAMPLES * 4 - speech.size)))
    peak = float(np.abs(speech).max())
    speech = speech / peak if peak > 1e-9 else np.zeros_like(speech)
    power = np.abs(librosa().stft(speech, n_fft=FFT_SAMPLES, hop_length=HOP_SAMPLES)) ** 2
    is_active = active_frames(power)
    power = power / max(float(power[:, is_active].mean()), FLOOR_POWER)
    parts = (
        _cepstral(power, is_active),
        _spectral(power, is_active),
        _crossings(speech, is_active),
        _pitch(speech, is_active),
    )
    return np.concatenate(parts).astype(np.float32)


def scaled_feature_similarity(values: Values, target: Values, scales: FeatureScales) -> float:
    """Compares two measurements: 1 for equal ones, falling toward 0 as any feature departs.

    Each feature counts 1 / (1 + d²) with d its difference in units of its spread, so one odd
    feature costs its own weight and no more.
    """
    distance = (values.astype(np.float64) - target.astype(np.float64)) / scales.spread
    return float(np.sum(scales.weight / (1.0 + distance**2)))


def active_frames(power: Values) -> npt.NDArray[np.bool_]:
    """Tells speech frames from pauses by level; at least the loudest frame is speech.

    Args:
        power: (n_bins, n_frames).
    """
    level_db = 10 * np.log10(power.mean(axis=0) + FLOOR_POWER)
    is_active = level_db > np.percentile(level_db, LOUD_PERCENTILE) - ACTIVE_RANGE_DB
    is_active[int(np.argmax(level_db))] = True
    return np.asarray(is_active, dtype=bool)


def _cepstral(power: Values, is_active: npt.NDArray[np.bool_]) -> Values:
    mel = librosa().feature.melspectrogram(S=power, sr=RATE_HZ, n_mels=N_MELS)
    mfcc = librosa().feature.mfcc(S=10 * np.log10(mel + 1e-6), n_mfcc=N_MFCC)
    slopes = np.gradient(mfcc[:N_DELTA], axis=1)[:, is_active]
    mfcc = mfcc[:, is_active]
    return np.concatenate((mfcc.mean(axis=1)[1:], mfcc.std(axis=1), slopes.std(axis=1)))


def _spectral(power: Values, is_active: npt.NDArray[np.bool_]) -> Values:
    magnitude = np.sqrt(power[:, is_active])
    curves = (
        librosa().feature.spectral_centroid(S=magnitude, sr=RATE_HZ)[0],
        librosa().feature.spectral_bandwidth(S=magnitude, sr=RATE_HZ)[0],
        librosa().feature.spectral_rolloff(S=magnitude, sr=RATE_HZ)[0],
        np.log10(librosa().feature.spectral_flatness(S=magnitude)[0]),
        librosa().feature.spectral_contrast(S=magnitude, sr=RATE_HZ).mean(axis=0),
    )
    return np.array([number for curve in curves for number in (curve.mean(), curve.std())])


def _crossings(speech: Values, is_active: npt.NDArray[np.bool_]) -> Values:
    rate = librosa().feature.zero_crossing_rate(
        speech, frame_length=FFT_SAMPLES, hop_length=HOP_SAMPLES
    )[0]
    return np.array([rate[is_active].mean(), rate[is_active].std()])


def _pitch(speech: Values, is_active: npt.NDArray[np.bool_]) -> Values:
    pitch_hz, strength = frame_pitch(speech)
    is_voiced = (strength > VOICED_ABOVE) & is_active
    share = is_voiced.sum() / is_active.sum()
    if is_voiced.sum() < MIN_VOICED_FRAMES:
        return np.array([12 * np.log2(NEUTRAL_PITCH_HZ), 0.0, share])
    semitones = 12 * np.log2(pitch_hz[is_voiced])
    low, median, high = np.percentile(semitones, (10, 50, 90))
    return np.array([median, high - low, share])
