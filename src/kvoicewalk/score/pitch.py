"""Fundamental frequency of speech, frame by frame, by normalised autocorrelation."""

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
FRAME_SAMPLES = 1024  # 64 ms: three periods of 50 Hz
HOP_SAMPLES = 160
FFT_SAMPLES = 2048  # no wrap-around below a lag of 1024
MIN_HZ, MAX_HZ = 60.0, 400.0
VOICED_ABOVE = 0.55
# A tone repeats at twice its period, too: a lag twice as long must be this much better.
OCTAVE_COST = 0.02

Values = npt.NDArray[np.float64]


def frame_pitch(samples: npt.NDArray[np.float32]) -> tuple[Values, Values]:
    """Estimates pitch every 10 ms.

    The autocorrelation of each windowed frame is divided by the window's own, so that a periodic
    signal reaches 1 at its period whatever the lag.

    Args:
        samples: float32 (n_samples,) at 16 kHz.

    Returns:
        pitch_hz, float64 (n_frames,), in 60 to 400 Hz, and strength, float64 (n_frames,), at most
        about 1; a frame is voiced above 0.55. Under 1,024 samples: no frames.

    Source: Boersma 1993, Accurate short-term analysis of the fundamental frequency, eq. 9 and 26.
    """
    if samples.size < FRAME_SAMPLES:
        return np.zeros(0), np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME_SAMPLES)[::HOP_SAMPLES]
    window = np.hanning(FRAME_SAMPLES)
    centred = (frames - frames.mean(axis=1, keepdims=True)) * window
    first, last = int(RATE_HZ / MAX_HZ), int(RATE_HZ / MIN_HZ)
    own = _autocorrelation(window[None])[0, : last + 2]
    raw = _autocorrelation(centred)[:, : last + 2]
    energy = raw[:, :1]
    safe = np.where(energy > 1e-12, energy, 1.0)
    correlation = np.where(energy > 1e-12, raw / safe / (own / own[0]), 0.0)
    lags = np.arange(first, last + 1)
    cost = OCTAVE_COST * np.log2(lags / first)
    best = first + np.argmax(correlation[:, first : last + 1] - cost, axis=1)
    return _refine(correlation, best)


def _autocorrelation(frames: Values) -> Values:
    spectrum = np.fft.rfft(frames, FFT_SAMPLES, axis=1)
    power: Values = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, FFT_SAMPLES, axis=1)
    return power


def _refine(correlation: Values, lag: npt.NDArray[np.intp]) -> tuple[Values, Values]:
    """Fits a parabola through each peak and its neighbours."""
    rows = np.arange(lag.size)
    left, peak, right = (correlation[rows, lag + shift] for shift in (-1, 0, 1))
    bend = left - 2 * peak + right
    shift = np.where(bend < -1e-9, 0.5 * (left - right) / np.where(bend < -1e-9, bend, -1.0), 0.0)
    shift = np.clip(shift, -0.5, 0.5)
    return RATE_HZ / (lag + shift), peak - 0.25 * (left - right) * shift
