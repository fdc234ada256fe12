"""Pitch, spectral envelope and noise share → waveform: pulses and noise, filtered frame by frame.

A compact stand-in for Kokoro's vocoder. It has no weights, so the decoder need only learn what a
frame sounds like, and its output is differentiable in all three inputs.
"""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

SAMPLE_RATE_HZ = 24_000
HOP_SAMPLES = 300  # 80 frames a second: half of a Kokoro duration frame of 25 ms
FFT_SAMPLES = 1024
N_BINS = FFT_SAMPLES // 2 + 1
N_ENVELOPE = 80
N_NOISE_BANDS = 12
VOICED_ABOVE_HZ = 40.0
MAX_PITCH_HZ = 600.0
UNVOICED_PITCH_HZ = 100.0  # keeps the phase running where no pulse is heard


# Mel scale: linear to 1000 Hz, 15 mels; then 27 mels for each factor of 6.4.
# Source: Slaney, Auditory Toolbox, 1998.
LINEAR_HZ_PER_MEL, LINEAR_MELS = 200 / 3, 15
MELS_PER_LOG_HZ = 27 / math.log(6.4)
HIGHEST_MEL = LINEAR_MELS + MELS_PER_LOG_HZ * math.log(SAMPLE_RATE_HZ / 2 / 1000)


class PulseNoiseVocoder(nn.Module):
    """Filters a pulse train and noise with one envelope, mixed by the noise share."""

    envelope_weights: torch.Tensor
    noise_weights: torch.Tensor
    window: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        buffers = {
            "envelope_weights": interpolation_matrix(N_ENVELOPE),
            "noise_weights": interpolation_matrix(N_NOISE_BANDS),
            "window": torch.hann_window(FFT_SAMPLES),
        }
        for name, values in buffers.items():
            self.register_buffer(name, values, persistent=False)

    def forward(
        self, pitch_hz: torch.Tensor, log_envelope: torch.Tensor, noise_share: torch.Tensor
    ) -> torch.Tensor:
        """Makes the waveform.

        Args:
            pitch_hz: (batch, n_frames) at 80 frames a second; unvoiced at 40 Hz and below.
            log_envelope: (batch, 80, n_frames), natural log of the amplitude, at mel frequencies.
            noise_share: (batch, 12, n_frames) in (0, 1), power share of noise, at mel frequencies.

        Returns:
            (batch, 300 · n_frames) samples at 24 kHz. Noise comes from torch's global generator.
        """
        n_frames = pitch_hz.shape[1]
        is_voiced = (pitch_hz > VOICED_ABOVE_HZ).to(pitch_hz.dtype)
        pulses = self._pulses(pitch_hz, is_voiced)
        noise = torch.randn_like(pulses)
        gain = torch.exp(self.envelope_weights @ log_envelope)
        share = self.noise_weights @ noise_share
        share = 1 - (1 - share) * is_voiced[:, None]  # an unvoiced frame is all noise
        spectrum = gain * (
            self._stft(pulses, n_frames) * torch.sqrt(1 - share + 1e-5)
            + self._stft(noise, n_frames) * torch.sqrt(share + 1e-5)
        )
        return torch.istft(
            functional.pad(spectrum, (0, 1)),
            FFT_SAMPLES,
            HOP_SAMPLES,
            window=self.window,
            length=n_frames * HOP_SAMPLES,
        )

    def _pulses(self, pitch_hz: torch.Tensor, is_voiced: torch.Tensor) -> torch.Tensor:
        # All harmonics below half the sample rate, in closed form. With phase p in [0, 1),
        #     1 + 2 Σ_{k=1..K} cos(2π k p) = sin(π n p) / sin(π p),  n = 2K + 1
        # (Dirichlet's kernel), whose mean square is n: so it is divided by √n.
        pitch = torch.where(pitch_hz > VOICED_ABOVE_HZ, pitch_hz, UNVOICED_PITCH_HZ)
        pitch = functional.interpolate(pitch[:, None], scale_factor=HOP_SAMPLES, mode="linear")
        pitch = pitch[:, 0].clamp(VOICED_ABOVE_HZ, MAX_PITCH_HZ)
        # Single precision would lose the phase after some seconds.
        turns = pitch / SAMPLE_RATE_HZ
        turns = turns.cpu() if turns.device.type == "mps" else turns  # which has no float64
        phase = torch.cumsum(turns.double(), dim=1)
        phase = (phase - phase.detach().floor()).to(pitch.dtype).to(pitch.device)
        n_terms = 2 * torch.floor(SAMPLE_RATE_HZ / 2 / pitch.detach()) - 1
        below = torch.sin(math.pi * phase)
        is_small = below.abs() < 1e-3
        safe = torch.where(is_small, 1.0, below)
        kernel = torch.where(is_small, n_terms, torch.sin(math.pi * n_terms * phase) / safe)
        return kernel / n_terms.sqrt() * is_voiced.repeat_interleave(HOP_SAMPLES, dim=1)

    def _stft(self, samples: torch.Tensor, n_frames: int) -> torch.Tensor:
        spectrum = torch.stft(
            samples, FFT_SAMPLES, HOP_SAMPLES, window=self.window, return_complex=True
        )
        return spectrum[:, :, :n_frames]


def interpolation_matrix(n_points: int) -> torch.Tensor:
    """Returns float32 (513, n_points): linear interpolation from mel points to FFT bins."""
    points_hz = mel_to_hz(np.linspace(0, HIGHEST_MEL, n_points))
    bins_hz = np.linspace(0, SAMPLE_RATE_HZ / 2, N_BINS)
    columns = [np.interp(bins_hz, points_hz, unit) for unit in np.eye(n_points)]
    return torch.tensor(np.stack(columns, axis=1), dtype=torch.float32)


def mel_to_hz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Returns the frequencies of points on the mel scale."""
    beyond = np.maximum(mels - LINEAR_MELS, 0.0)
    return np.minimum(mels, LINEAR_MELS) * LINEAR_HZ_PER_MEL * np.exp(beyond / MELS_PER_LOG_HZ)
