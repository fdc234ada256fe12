"""The 106 features as the original computes them: each from the samples, nothing shared.

What they cost is a part of what the original's step costs. The package's own `classic_features`
gives the same numbers from one spectrogram; `agree` checks that.

Source: RobViren/kvoicewalk `utilities/fitness_scorer.py`: one librosa call a feature, a sum in
Python for the energy.
"""

from collections.abc import Callable
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
import scipy.stats

from kvoicewalk.scoring.classic_features import CLASSIC_FEATURE_NAMES

FFT_SAMPLES, HOP_SAMPLES, N_MFCC = 2048, 512, 13
TOLERANCE = 1e-2

Samples = npt.NDArray[np.float32]


def original_features(samples: Samples, rate_hz: int) -> dict[str, float]:
    """Returns the 106 values by name, as `classic_features` does, at the original's cost."""
    found: dict[str, float] = {}

    def moments(name: str, values: Any) -> None:
        found[f"{name}_mean"], found[f"{name}_std"] = float(np.mean(values)), float(np.std(values))

    def call(measure: Callable[..., Any], **more: Any) -> Any:
        return measure(y=samples, sr=rate_hz, n_fft=FFT_SAMPLES, hop_length=HOP_SAMPLES, **more)

    feature = librosa.feature
    found["rms_energy"] = float(np.sqrt(np.mean(samples**2)))
    found["zero_crossing_rate"] = float(feature.zero_crossing_rate(samples).mean())
    for name in ("centroid", "bandwidth", "rolloff", "contrast"):
        moments(f"spectral_{name}", call(getattr(feature, f"spectral_{name}")))
    mfcc = call(feature.mfcc, n_mfcc=N_MFCC)
    slopes = feature.delta(mfcc)
    for i in range(N_MFCC):
        moments(f"mfcc{i + 1}", mfcc[i])
        moments(f"mfcc{i + 1}_delta", slopes[i])
    chroma = call(feature.chroma_stft)
    moments("chroma", chroma)
    for i, row in enumerate(chroma):
        moments(f"chroma_{i + 1}", row)
    moments("mel_spec", call(feature.melspectrogram))
    flatness = feature.spectral_flatness(y=samples, n_fft=FFT_SAMPLES, hop_length=HOP_SAMPLES)
    moments("spectral_flatness", flatness)
    moments("tonnetz", feature.tonnetz(y=samples, sr=rate_hz))
    tempo, beats = librosa.beat.beat_track(y=samples, sr=rate_hz)
    found["tempo"] = float(np.atleast_1d(tempo)[0])
    gaps_s = np.diff(librosa.frames_to_time(beats, sr=rate_hz))
    moments("beat", gaps_s if gaps_s.size else np.zeros(1))
    candidates_hz, strength = call(librosa.piptrack)
    strongest = [column[strength[:, i].argmax()] for i, column in enumerate(candidates_hz.T)]
    heard = [hz for hz in strongest if hz > 0]
    moments("pitch", heard or [0.0])
    starts = range(0, samples.size, HOP_SAMPLES)
    moments("energy", [sum(abs(samples[start : start + HOP_SAMPLES])) for start in starts])
    power = np.abs(librosa.stft(samples, n_fft=FFT_SAMPLES, hop_length=HOP_SAMPLES)) ** 2
    mean, std = power.mean(axis=1), power.std(axis=1)
    ratio = np.divide(mean, std, out=np.zeros_like(mean), where=std != 0)
    found["harmonic_ratio"] = float(ratio.mean())
    found["audio_mean"], found["audio_std"] = float(samples.mean()), float(samples.std())
    found["audio_skew"] = float(scipy.stats.skew(samples))
    found["audio_kurtosis"] = float(scipy.stats.kurtosis(samples))
    return {name: found[name] for name in CLASSIC_FEATURE_NAMES}


def agree(one: dict[str, float], other: dict[str, float]) -> bool:
    """Tells whether two sets of features are the same but for rounding."""
    return all(
        abs(one[name] - other[name]) <= TOLERANCE * abs(other[name]) + 1e-6
        for name in CLASSIC_FEATURE_NAMES
    )
