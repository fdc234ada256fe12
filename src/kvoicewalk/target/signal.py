"""How a recording sounds: noise, band, level and steady tones, whoever speaks.

All of it is measured at 16 kHz: that is what the speaker encoder hears.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d, median_filter

from kvoicewalk.audio import (
    VAD_RATE_HZ,
    VAD_WINDOW_SAMPLES,
    Utterance,
    raise_volume,
    resample,
    voice_activity,
)

WINDOW_S = VAD_WINDOW_SAMPLES / VAD_RATE_HZ
BIN_HZ = 1 / WINDOW_S
SPECTRA_BATCH = 4096  # bounds memory

# Hum and rumble below are no measure of the hiss that words stand in.
NOISE_FROM_HZ = 200.0
QUIET_QUANTILE = 0.05
EMPTY_POWER = 1e-12  # −120 dBFS: digital silence, below what 16 bits can hold
MIN_OFFSET = 1e-4  # −80 dBFS: below, it changes nothing that is heard or measured
SNR_RANGE_DB = (-10.0, 60.0)

BAND_BINS = 6  # 200 Hz: 40 bands of the 240 bins above the constant one
BAND_DEPTH_DB = 60.0

TONE_FFT_SAMPLES = 1024  # 64 ms
TONE_HOP_SAMPLES = 256  # 16 ms
TONE_BLOCK_FRAMES = 16  # 0.26 s
TONE_BLOCK_SAMPLES = TONE_BLOCK_FRAMES * TONE_HOP_SAMPLES
TONE_HEIGHT_DB = 10.0  # above the median of the neighbouring bins
TONE_NEIGHBOURS = 21  # 328 Hz; what is broader than half of it lifts the median, too
TONE_RANGE_HZ = (90.0, 5_000.0)
TONE_MIN_DBFS = -80.0
MIN_TONES = 2  # one stands still in a slow vowel, too
MAX_TONE_BLOCKS = 240  # a longer recording is looked at in so many places, evenly spread

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Heard:
    """A recording as the encoder's front end hears it.

    Attributes:
        samples: float32 (n_samples,) at 16 kHz, level as recorded.
        is_speech: bool (n_windows,), one a window of 30 ms.
        spectra: float32 (n_windows, 241), power by frequency; a row sums to the window's mean
            square.
    """

    samples: npt.NDArray[np.float32] = field(repr=False)
    is_speech: Mask = field(repr=False)
    spectra: npt.NDArray[np.float32] = field(repr=False)

    @property
    def speech_s(self) -> float:
        """Seconds of speech, short pauses with them."""
        return int(self.is_speech.sum()) * WINDOW_S


def hear(utterance: Utterance) -> Heard:
    """Brings a recording to 16 kHz, tells speech from pauses, takes spectra."""
    samples = resample(utterance.samples, utterance.sample_rate_hz, VAD_RATE_HZ)
    is_speech = voice_activity(raise_volume(samples))
    windows = samples[: is_speech.size * VAD_WINDOW_SAMPLES].reshape(-1, VAD_WINDOW_SAMPLES)
    spectra = np.zeros((len(windows), VAD_WINDOW_SAMPLES // 2 + 1), dtype=np.float32)
    for start in range(0, len(windows), SPECTRA_BATCH):
        batch = windows[start : start + SPECTRA_BATCH]
        spectra[start : start + SPECTRA_BATCH] = _power(batch)
    return Heard(samples, is_speech, spectra)


def without_offset(utterance: Utterance, share: float) -> tuple[Utterance, float]:
    """Centres a recording that a sound card has shifted.

    Args:
        utterance: as recorded.
        share: an offset below this share of the root mean square about it stays.

    Returns:
        The utterance, and what was taken from each sample; 0.0 where it is as it was.
    """
    samples = utterance.samples
    offset = float(samples.mean(dtype=np.float64)) if samples.size else 0.0
    if abs(offset) <= share * _spread(samples, offset) or abs(offset) < MIN_OFFSET:
        return utterance, 0.0
    return replace(utterance, samples=samples - np.float32(offset)), offset


def drift_share(utterance: Utterance) -> float:
    """Returns by how much the offset moves, from second to second: of the root mean square."""
    rate_hz = utterance.sample_rate_hz
    n_whole = utterance.samples.size // rate_hz
    samples = utterance.samples[: n_whole * rate_hz]
    level = _spread(samples, float(samples.mean(dtype=np.float64))) if n_whole else 0.0
    if level == 0:
        return 0.0
    return float(samples.reshape(-1, rate_hz).mean(axis=1, dtype=np.float64).std()) / level


def _spread(samples: npt.NDArray[np.float32], mean: float) -> float:
    """Returns the root mean square about the mean, without a copy of an hour of sound."""
    power = float(np.dot(samples, samples)) / samples.size
    return math.sqrt(max(power - mean * mean, 0.0))


def level_dbfs(heard: Heard) -> float:
    """Returns the root mean square of speech in dB of full scale, at least −120."""
    found = heard.spectra[heard.is_speech].sum(axis=1, dtype=np.float64)
    return 10 * float(np.log10(max(found.mean() if found.size else 0.0, EMPTY_POWER)))


def noise_power(spectra: npt.NDArray[np.float32]) -> float:
    """Estimates the mean square of steady noise above 200 Hz, under speech or alone.

    Speech leaves each frequency free now and then, between harmonics and in pauses; so the low
    quantile over time, frequency by frequency, is noise. The power of noise in one bin is
    exponentially distributed: its quantile q lies at −ln(1 − q) of its mean. Digital silence is
    left out; it says nothing of the noise elsewhere.

    Args:
        spectra: float32 (n_windows, 241), as in `Heard`.

    Returns:
        At least 1e-12.

    Source: the idea is that of Martin 2001, Noise power spectral density estimation based on
    optimal smoothing and minimum statistics.
    """
    sounding = _above(spectra)
    sounding = sounding[power_above_hum(spectra) > EMPTY_POWER]
    if len(sounding) == 0:
        return EMPTY_POWER
    # P(power ≤ x) = q = 1 − exp(−x / mean), so mean = x / −ln(1 − q): 19.5 times the 5 % quantile.
    quiet = np.quantile(sounding, QUIET_QUANTILE, axis=0) / -np.log(1 - QUIET_QUANTILE)
    return max(float(quiet.sum()), EMPTY_POWER)


def snr_db(total: float, noise: float) -> float:
    """Returns by how much speech stands above noise, from mean squares: dB, −10 to 60.

    Args:
        total: of speech with the noise in it, above 200 Hz.
        noise: as `noise_power` gives it.
    """
    ratio = max(total - noise, EMPTY_POWER) / max(noise, EMPTY_POWER)
    return float(np.clip(10 * np.log10(ratio), *SNR_RANGE_DB))


def power_above_hum(spectra: npt.NDArray[np.float32]) -> Values:
    """Returns each window's mean square above 200 Hz, float64 (n_windows,)."""
    found: Values = _above(spectra).sum(axis=1, dtype=np.float64)
    return found


def bandwidth_hz(heard: Heard) -> float:
    """Returns the frequency above which speech has next to nothing, at most 8,000 Hz.

    The mean spectrum of speech in bands of 200 Hz: the upper edge of the highest one within 60 dB
    of the strongest.
    """
    if not heard.is_speech.any():
        return 0.0
    power = heard.spectra[heard.is_speech].mean(axis=0)
    bands = power[1:].reshape(-1, BAND_BINS).mean(axis=1)
    is_within = bands >= bands.max() * 10 ** (-BAND_DEPTH_DB / 10)
    n_bins = (int(np.flatnonzero(is_within)[-1]) + 1) * BAND_BINS
    return float(n_bins * VAD_RATE_HZ / VAD_WINDOW_SAMPLES)


def steady_tone_share(heard: Heard) -> float:
    """Returns the share of the sound in which several tones stand still: music, hum or beeps.

    Pitch and formants of speech move on within a quarter of a second; a chord or a hum does not.

    Source: the idea is that of Seyerlehner et al. 2007, Automatic music detection in television
    productions (continuous frequency activation).
    """
    n_blocks = (heard.samples.size - TONE_FFT_SAMPLES) // TONE_BLOCK_SAMPLES
    if n_blocks < 1:
        return 0.0
    wanted = np.linspace(0, n_blocks - 1, min(n_blocks, MAX_TONE_BLOCKS)).astype(int)
    counts = [_count_tones(heard.samples, int(block) * TONE_BLOCK_SAMPLES) for block in wanted]
    sounding = [n >= MIN_TONES for n in counts if n is not None]
    return float(np.mean(sounding)) if sounding else 0.0


def _count_tones(samples: npt.NDArray[np.float32], start: int) -> int | None:
    """Counts the bins that show a peak in every frame of a block; None where it is silent."""
    part = samples[start : start + TONE_BLOCK_SAMPLES + TONE_FFT_SAMPLES]
    frames = np.lib.stride_tricks.sliding_window_view(part, TONE_FFT_SAMPLES)[::TONE_HOP_SAMPLES]
    power = _power(frames[:TONE_BLOCK_FRAMES])
    if power.sum(axis=1).mean() < 10 ** (TONE_MIN_DBFS / 10):
        return None
    first, last = (round(f * TONE_FFT_SAMPLES / VAD_RATE_HZ) for f in TONE_RANGE_HZ)
    levels = 10 * np.log10(power[:, : last + TONE_NEIGHBOURS] + 1e-14)
    around = median_filter(levels, size=(1, TONE_NEIGHBOURS))
    is_peak = (levels == maximum_filter1d(levels, 3, axis=1)) & (levels > around + TONE_HEIGHT_DB)
    return int(is_peak.all(axis=0)[first:last].sum())


def _power(frames: npt.NDArray[np.float32]) -> Values:
    """Returns power spectra, (n_frames, n // 2 + 1), of frames (n_frames, n); sums: mean square."""
    window = np.hanning(frames.shape[1])
    spectrum = np.fft.rfft(frames * window, axis=1)
    # Parseval: |X|² over all n frequencies sums to n Σ(x·w)², n Σw² times a steady sound's mean
    # square. Half of the frequencies are here, so each counts twice (0 Hz and Nyquist should not).
    scale = 2 / (frames.shape[1] * np.square(window).sum())
    power: Values = (spectrum.real**2 + spectrum.imag**2) * scale
    return power


def _above(spectra: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return spectra[:, round(NOISE_FROM_HZ / BIN_HZ) :]
