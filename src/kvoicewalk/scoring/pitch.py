"""Fundamental frequency of speech, frame by frame, by normalised autocorrelation."""

import functools

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
FRAME_SAMPLES = 1024  # 64 ms: nearly four periods of 60 Hz
HOP_SAMPLES = 160
FFT_SAMPLES = 2048  # no wrap-around below a lag of 1024
MIN_HZ, MAX_HZ = 60.0, 400.0
# Chosen on the cohort against librosa.pyin. Breath and hiss lie above the band; they would pull
# the strength of voiced frames down and, with it, the choice between a period and its multiples.
BAND_HZ = 2_000
# Mains hum and rumble lie below, and a voice as low has its harmonics above. What is left of the
# hum is heard in pauses alone, which are far softer than speech.
HUM_HZ = 80
VOICED_RANGE_DB = 20.0
LOUD_QUANTILE = 0.95
VOICED_ABOVE = 0.65
# A tone repeats at twice its period, too: a lag twice as long must be this much better.
OCTAVE_COST = 0.05

Values = npt.NDArray[np.float64]


def frame_pitch(samples: npt.NDArray[np.float32]) -> tuple[Values, Values]:
    """Estimates pitch every 10 ms.

    The autocorrelation of each windowed frame is divided by the window's own, so that a periodic
    signal reaches 1 at its period whatever the lag.

    Args:
        samples: float32 (n_samples,) at 16 kHz, peaks near 1.

    Returns:
        pitch_hz, float64 (n_frames,), about 60 to 400 Hz, and strength, float64 (n_frames,), at
        most about 1, −1 where nothing repeats or the frame is far softer than the loud ones; it is
        voiced above `VOICED_ABOVE`.
        n_frames = 1 + n_samples // 160, frame i around sample 160 i like those of a centred
        spectrogram.

    Source: Boersma 1993, Accurate short-term analysis of the fundamental frequency, eq. 9 and 26.
    """
    padded = np.pad(samples, FRAME_SAMPLES // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME_SAMPLES)[::HOP_SAMPLES]
    window = np.hanning(FRAME_SAMPLES)
    centred = (frames - frames.mean(axis=1, keepdims=True)) * window
    first, last = int(RATE_HZ / MAX_HZ), int(RATE_HZ / MIN_HZ)
    own = _autocorrelation(window[None], last + 2, 0)
    raw = _autocorrelation(centred, last + 2, HUM_HZ * FFT_SAMPLES // RATE_HZ)
    energy = raw[:, :1]
    is_sound = energy > 1e-12
    correlation = np.where(is_sound, raw / np.where(is_sound, energy, 1.0) * own[0, 0] / own, 0.0)
    lags, strength = _peaks(correlation, first, last)
    best = np.argmax(strength - OCTAVE_COST * np.log2(lags / first), axis=1)
    rows = np.arange(best.size)
    is_soft = energy[:, 0] < np.quantile(energy, LOUD_QUANTILE) * 10 ** (-VOICED_RANGE_DB / 10)
    return RATE_HZ / lags[rows, best], np.where(is_soft, -1.0, strength[rows, best])


def _autocorrelation(frames: Values, n_lags: int, first_bin: int) -> Values:
    """Returns the autocorrelation of the band from a bin on, (n_frames, n_lags).

    So few bins and lags are asked for that a product is faster than the way back by FFT.
    """
    n_bins = BAND_HZ * FFT_SAMPLES // RATE_HZ
    spectrum = np.fft.rfft(frames, FFT_SAMPLES, axis=1)[:, :n_bins]
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(power[:, first_bin:] @ _cosines(n_bins, n_lags)[first_bin:], dtype=np.float64)


@functools.cache
def _cosines(n_bins: int, n_lags: int) -> Values:
    # All bins stand for two but the one at 0 Hz.
    bins, lags = np.arange(n_bins)[:, None], np.arange(n_lags)[None]
    twice = np.where(bins == 0, 1.0, 2.0)
    return twice * np.cos(2 * np.pi * bins * lags / FFT_SAMPLES) / FFT_SAMPLES


def _peaks(correlation: Values, first: int, last: int) -> tuple[Values, Values]:
    """Fits a parabola through each lag and its neighbours.

    A period falls between two samples as a rule; its height must not depend on where.

    Returns:
        lags in samples and heights, both (n_frames, last − first + 1); height −1 where the lag is
        no local maximum.
    """
    left, peak, right = (correlation[:, first + i : last + 1 + i] for i in (-1, 0, 1))
    bend = np.minimum(left - 2 * peak + right, -1e-9)
    shift = np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    height = np.where((peak >= left) & (peak >= right), peak - 0.25 * (left - right) * shift, -1.0)
    return np.arange(first, last + 1) + shift, height
