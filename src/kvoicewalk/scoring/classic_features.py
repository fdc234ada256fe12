"""The original's 106 acoustic features, and how it compares them.

Found by matching the values that RobViren/kvoicewalk c89f74d gives (`utilities/fitness_scorer.py`);
librosa's defaults at the file's own rate. One spectrogram serves all that can share it; only the
constant-Q transform under `tonnetz` needs the samples again.
"""

import warnings
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import scipy.stats

from kvoicewalk.scoring.librosa_lock import librosa

N_MFCC = 13
N_CHROMA = 12
ENERGY_FRAME_SAMPLES = 512
MIN_SAMPLES = 2048
MIN_SIMILARITY = 0.01
# A target value of zero (the beats of a short clip) would divide by zero; the original then gets
# infinity and lands on its floor. This stays finite and lands there, too, from any difference above
# 1e-7; equal zeros cost nothing.
MIN_TARGET = 1e-9

CLASSIC_FEATURE_NAMES = (
    *("rms_energy", "zero_crossing_rate"),
    *(
        f"spectral_{name}_{statistic}"
        for name in ("centroid", "bandwidth", "rolloff", "contrast")
        for statistic in ("mean", "std")
    ),
    *(f"mfcc{i + 1}_{statistic}" for i in range(N_MFCC) for statistic in ("mean", "std")),
    *(f"mfcc{i + 1}_delta_{statistic}" for i in range(N_MFCC) for statistic in ("mean", "std")),
    *("chroma_mean", "chroma_std"),
    *(f"chroma_{i + 1}_{statistic}" for i in range(N_CHROMA) for statistic in ("mean", "std")),
    *("mel_spec_mean", "mel_spec_std", "spectral_flatness_mean", "spectral_flatness_std"),
    *("tonnetz_mean", "tonnetz_std", "tempo", "beat_mean", "beat_std", "pitch_mean", "pitch_std"),
    *("energy_mean", "energy_std", "harmonic_ratio"),
    *("audio_mean", "audio_std", "audio_skew", "audio_kurtosis"),
)

Samples = npt.NDArray[np.float32]
Pair = tuple[str, float]


def classic_features(samples: Samples, sample_rate_hz: int) -> dict[str, float]:
    """Measures an utterance as the original does.

    Args:
        samples: float32 (n_samples,), mono; the level counts.
        sample_rate_hz: of the samples; the original scores 24 kHz files.

    Returns:
        106 values by name, in the order of `CLASSIC_FEATURE_NAMES`, all finite; what silence or
        very short audio leaves undefined is 0.
    """
    samples = np.pad(samples, (0, max(0, MIN_SAMPLES - samples.size)))
    magnitude = np.abs(librosa().stft(samples))
    with warnings.catch_warnings():
        # Silence has no tuning, half a second too little for the lowest octaves: no news to us.
        warnings.filterwarnings("ignore", "Trying to estimate tuning", UserWarning)
        warnings.filterwarnings("ignore", "n_fft=", UserWarning)
        found = dict(_features(samples, sample_rate_hz, magnitude))
    return {name: value if np.isfinite(value) else 0.0 for name, value in found.items()}


def classic_feature_penalty(values: Mapping[str, float], target: Mapping[str, float]) -> float:
    """Returns Σ |xᵢ − tᵢ| / |tᵢ| over the target's features; 0 for equal ones, no upper bound.

    Not symmetric: a feature that is near zero in the target alone can outweigh all others.

    Args:
        values: x, by name, as `classic_features` gives them.
        target: t, likewise.
    """
    return sum(abs(values[name] - t) / max(abs(t), MIN_TARGET) for name, t in target.items())


def classic_feature_similarity(penalty: float) -> float:
    """Returns (100 − penalty) / 100, 0.01 where that is below zero; higher is closer."""
    similarity = (100.0 - penalty) / 100.0
    return similarity if similarity >= 0 else MIN_SIMILARITY


def _features(samples: Samples, rate_hz: int, magnitude: Samples) -> Iterator[Pair]:
    mel = librosa().feature.melspectrogram(S=magnitude**2, sr=rate_hz)
    log_mel = librosa().power_to_db(mel)
    yield "rms_energy", float(np.sqrt(np.mean(samples**2)))
    yield "zero_crossing_rate", float(librosa().feature.zero_crossing_rate(samples).mean())
    yield from _spectral(magnitude, rate_hz)
    yield from _cepstral(log_mel)
    yield from _tonal(samples, magnitude, mel, rate_hz)
    yield from _rhythm(log_mel, rate_hz)
    yield from _pitch(magnitude, rate_hz)
    yield from _energy(samples)
    yield "harmonic_ratio", _harmonic_ratio(magnitude)
    yield "audio_mean", float(samples.mean())
    yield "audio_std", float(samples.std())
    is_flat = bool(samples.std() <= 1e-6 * np.abs(samples).max())
    yield "audio_skew", 0.0 if is_flat else float(scipy.stats.skew(samples))
    yield "audio_kurtosis", 0.0 if is_flat else float(scipy.stats.kurtosis(samples))


def _moments(name: str, values: npt.NDArray[np.floating]) -> Iterator[Pair]:
    yield f"{name}_mean", float(values.mean())
    yield f"{name}_std", float(values.std())


def _spectral(magnitude: Samples, rate_hz: int) -> Iterator[Pair]:
    for name, measure in (
        ("centroid", librosa().feature.spectral_centroid),
        ("bandwidth", librosa().feature.spectral_bandwidth),
        ("rolloff", librosa().feature.spectral_rolloff),
        ("contrast", librosa().feature.spectral_contrast),
    ):
        yield from _moments(f"spectral_{name}", measure(S=magnitude, sr=rate_hz))


def _cepstral(log_mel: Samples) -> Iterator[Pair]:
    mfcc = librosa().feature.mfcc(S=log_mel, n_mfcc=N_MFCC)
    width = min(9, mfcc.shape[1] if mfcc.shape[1] % 2 else mfcc.shape[1] - 1)
    slopes = librosa().feature.delta(mfcc, width=width) if width >= 3 else np.zeros_like(mfcc)
    for i in range(N_MFCC):
        yield from _moments(f"mfcc{i + 1}", mfcc[i])
    for i in range(N_MFCC):
        yield from _moments(f"mfcc{i + 1}_delta", slopes[i])


def _tonal(samples: Samples, magnitude: Samples, mel: Samples, rate_hz: int) -> Iterator[Pair]:
    chroma = librosa().feature.chroma_stft(S=magnitude**2, sr=rate_hz)
    yield from _moments("chroma", chroma)
    for i in range(N_CHROMA):
        yield from _moments(f"chroma_{i + 1}", chroma[i])
    yield from _moments("mel_spec", mel)
    yield from _moments("spectral_flatness", librosa().feature.spectral_flatness(S=magnitude))
    yield from _moments("tonnetz", librosa().feature.tonnetz(y=samples, sr=rate_hz))


def _rhythm(log_mel: Samples, rate_hz: int) -> Iterator[Pair]:
    onsets = librosa().onset.onset_strength(S=log_mel, sr=rate_hz, aggregate=np.median)
    tempo, beats = librosa().beat.beat_track(onset_envelope=onsets, sr=rate_hz)
    yield "tempo", float(np.atleast_1d(tempo)[0])
    gaps_s = np.diff(librosa().frames_to_time(beats, sr=rate_hz))
    yield from _moments("beat", gaps_s if gaps_s.size else np.zeros(1))


def _pitch(magnitude: Samples, rate_hz: int) -> Iterator[Pair]:
    candidates_hz, strength = librosa().piptrack(S=magnitude, sr=rate_hz)
    strongest = candidates_hz[strength.argmax(axis=0), np.arange(candidates_hz.shape[1])]
    found = strongest[strongest > 0]
    yield from _moments("pitch", found if found.size else np.zeros(1))


def _energy(samples: Samples) -> Iterator[Pair]:
    starts = np.arange(0, samples.size, ENERGY_FRAME_SAMPLES)
    yield from _moments("energy", np.add.reduceat(np.abs(samples), starts))


def _harmonic_ratio(magnitude: Samples) -> float:
    """Returns the mean over bins of mean power over its standard deviation in time.

    No harmonics are looked for, whatever its name says. Bins that never change count as 0.
    """
    power = magnitude**2
    mean, std = power.mean(axis=1), power.std(axis=1)
    return float(np.divide(mean, std, out=np.zeros_like(mean), where=std != 0).mean())
