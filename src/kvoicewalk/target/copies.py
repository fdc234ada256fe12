"""Is one recording a copy of another, perhaps in another format?"""

import numpy as np
import scipy.fft

from kvoicewalk.audio import Utterance

MAX_LENGTH_GAP_S = 0.3  # what encoders add at both ends
COMPARED_S = 30.0
# The waveforms of copies are so alike at the best shift; opus at 16 kbit/s: 0.79. Two recordings of
# the same words: below 0.1.
COPY_LIKENESS = 0.6


def are_copies(one: Utterance, other: Utterance) -> bool:
    """Tells whether two recordings hold the same waveform, at any level, within a short shift.

    The cross-correlation of the two, by way of their spectra, is highest where they fit; their
    first 30 s are enough.

    Args:
        one: at the same sample rate as the other.
        other: which may be a little longer or shorter.
    """
    rate_hz = one.sample_rate_hz
    if abs(one.duration_s - other.duration_s) > MAX_LENGTH_GAP_S:
        return False
    n = int(COMPARED_S * rate_hz)
    first, second = (u.samples[:n] - u.samples[:n].mean() for u in (one, other))
    norm = float(np.linalg.norm(first)) * float(np.linalg.norm(second))
    if norm == 0:
        return False
    n_fft = scipy.fft.next_fast_len(first.size + second.size, real=True)
    spectra = scipy.fft.rfft(first, n_fft) * scipy.fft.rfft(second, n_fft).conj()
    found = scipy.fft.irfft(spectra, n_fft)
    furthest = min(int(MAX_LENGTH_GAP_S * rate_hz), n_fft // 2)
    best = max(float(found[: furthest + 1].max()), float(found[-furthest:].max(initial=0.0)))
    return best >= COPY_LIKENESS * norm
