"""From one learned style to a whole voice: how style rows change with text length.

Kokoro's stock rows drift with length: their norm falls from 7.8 to 2.2, and the spread within a
voice is 0.4 of the spread across voices (0.056 against 0.140). mini's do the same by construction:
one fixed direction, large for short texts, is added to every voice, and the network learns with it.
"""

import numpy as np
import numpy.typing as npt

from kvoicewalk.voices import N_ROWS, STYLE_DIM

SPREAD_ACROSS_VOICES = 0.140
SPREAD_WITHIN_VOICE = 0.056
FAST_PHONEMES, SLOW_PHONEMES, FAST_SHARE = 25.0, 200.0, 0.7
DIRECTION_SEED = 1


def length_drift() -> npt.NDArray[np.float32]:
    """Returns what is added to a style at each text length, float32 (510, 256)."""
    n = np.arange(N_ROWS)
    curve = FAST_SHARE * np.exp(-n / FAST_PHONEMES)
    curve += (1 - FAST_SHARE) * np.exp(-n / SLOW_PHONEMES)
    curve /= curve.std()
    # Every column drifts as far as any other, up or down.
    direction = np.random.default_rng(DIRECTION_SEED).choice([-1.0, 1.0], STYLE_DIM)
    return np.outer(curve, SPREAD_WITHIN_VOICE * direction).astype(np.float32)


def voice_rows(style: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Returns a voice's rows, float32 (510, 1, 256), from its style, float32 (256,)."""
    return (style + length_drift())[:, None, :].astype(np.float32)
