"""From 24 to 16 kHz with a gradient.

A filter of its own, so the numbers agree with the plain path's closely, not bit for bit.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.signal
import torch
from torch.nn import functional

UP, DOWN = 2, 3  # 24 kHz · 2 / 3 = 16 kHz
KAISER_BETA = 8.0
BLOCK_SAMPLES = 96  # at 24 kHz: what one row of the resampling matrix's product covers


@dataclass(frozen=True)
class Lowpass:
    """A windowed sinc.

    Attributes:
        half_samples: of its length, at 48 kHz; even.
        cutoff: where it has fallen by 6 dB, as a share of 24 kHz.
    """

    half_samples: int
    cutoff: float


# Power mels hardly hear what lies close to 8 kHz, log mels hear it like all else.
SHORT = Lowpass(60, 1 / DOWN)
STEEP = Lowpass(150, 0.97 / DOWN)


class Resampler:
    """Takes a waveform from 24 to 16 kHz.

    One product of overlapping blocks and a small matrix: thirty times faster than a convolution
    with one channel.
    """

    def __init__(self, dtype: torch.dtype, device: torch.device, lowpass: Lowpass = SHORT) -> None:
        self._reach = lowpass.half_samples // UP
        self._matrix = torch.as_tensor(resampling_matrix(lowpass), dtype=dtype).to(device)

    def __call__(self, samples: torch.Tensor) -> torch.Tensor:
        """Shape: (n_samples,) → (⌈n_samples · 2 / 3⌉,)."""
        n_low = -(-samples.numel() * UP // DOWN)
        n_blocks = -(-samples.numel() // BLOCK_SAMPLES)
        reach = self._reach
        padded = functional.pad(
            samples, (reach, reach + n_blocks * BLOCK_SAMPLES - samples.numel())
        )
        blocks = padded.unfold(0, BLOCK_SAMPLES + 2 * reach, BLOCK_SAMPLES)
        lowered: torch.Tensor = (blocks @ self._matrix).reshape(-1)[:n_low]
        return lowered


def resampling_matrix(lowpass: Lowpass = SHORT) -> npt.NDArray[np.float64]:
    """Returns the weights that take a block from 24 to 16 kHz, float64 (96 + half_samples, 64).

    Rows are the 96 samples of a block with half_samples / 2 more on either side, columns its 64
    new samples. New sample j lies at 3 j on the 48 kHz grid, old sample i at 2 i; a windowed sinc
    joins them.
    """
    taps = UP * scipy.signal.firwin(
        2 * lowpass.half_samples + 1, lowpass.cutoff, window=("kaiser", KAISER_BETA)
    )
    reach = lowpass.half_samples // UP
    old = UP * np.arange(-reach, BLOCK_SAMPLES + reach)
    new = DOWN * np.arange(BLOCK_SAMPLES * UP // DOWN)
    lag = new[None, :] - old[:, None] + lowpass.half_samples
    is_inside = (lag >= 0) & (lag < taps.size)
    return np.where(is_inside, taps[np.clip(lag, 0, taps.size - 1)], 0.0)
