"""The speaker embedding as a differentiable function of the waveform.

The same steps as `SpeakerEncoder.embed`, in torch. Which windows are speech is decided on the
detached waveform: the decision has no gradient. Resampling is a filter of its own, so the numbers
agree with the plain path closely, not bit for bit.
"""

import copy
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.signal
import torch
from torch.nn import functional

from kvoicewalk.audio import TARGET_DBFS, voice_activity
from kvoicewalk.errors import AudioError
from kvoicewalk.score.librosa_lock import librosa
from kvoicewalk.score.speaker import (
    ENCODER_RATE_HZ,
    MEL_FFT_SAMPLES,
    MEL_HOP_SAMPLES,
    MIN_COVERAGE,
    N_MELS,
    PARTIALS_PER_S,
    WINDOW_SAMPLES,
    SpeakerEncoder,
)

UP, DOWN = 2, 3  # 24 kHz · 2 / 3 = 16 kHz
FILTER_HALF_SAMPLES = 60  # of the resampling filter, at 48 kHz
KAISER_BETA = 8.0
BLOCK_SAMPLES = 96  # at 24 kHz: what one row of the resampling matrix's product covers


class DifferentiableEncoder:
    """Embeds a waveform so that gradients reach its samples.

    Attributes:
        device, dtype: of the waveforms it takes; float64 for checks of the gradient.
        partials_per_s: windows of 1.6 s that start each second. The package's 1.3 overlap by half
            and give its own numbers; 0.65, hardly overlapping, take half the time.
    """

    def __init__(
        self,
        encoder: SpeakerEncoder,
        dtype: torch.dtype = torch.float32,
        partials_per_s: float = PARTIALS_PER_S,
    ) -> None:
        self.partials_per_s = partials_per_s
        self._encoder: Any = copy.deepcopy(encoder.network).to(dtype)
        self.device, self.dtype = self._encoder.device, dtype

        def constant(values: Any) -> torch.Tensor:
            return torch.as_tensor(np.asarray(values), dtype=dtype).to(self.device)

        self._resampling = constant(resampling_matrix())
        self._window = constant(scipy.signal.get_window("hann", MEL_FFT_SAMPLES))
        self._mel = constant(
            librosa().filters.mel(sr=ENCODER_RATE_HZ, n_fft=MEL_FFT_SAMPLES, n_mels=N_MELS)
        )

    def speech_mask(self, samples: torch.Tensor) -> torch.Tensor:
        """Returns which 16 kHz samples are speech, bool (n_kept,), for `embed`.

        Args:
            samples: (n_samples,) at 24 kHz; not differentiated.
        """
        return self._active(self._raise_volume(self._resample(samples)))

    def _active(self, loud: torch.Tensor) -> torch.Tensor:
        active = voice_activity(loud.detach().to(torch.float32).cpu().numpy())
        return torch.from_numpy(np.repeat(active, WINDOW_SAMPLES)).to(self.device)

    def embed(self, samples: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Embeds speech.

        Args:
            samples: (n_samples,) at 24 kHz.
            mask: from `speech_mask`; None makes it here.

        Returns:
            (256,), of length 1.

        Raises:
            AudioError: no speech is left once pauses are cut.
        """
        loud = self._raise_volume(self._resample(samples))
        mask = self._active(loud) if mask is None else mask
        if not bool(mask.any()):
            raise AudioError("no speech was found to compare; the voice is silent.")
        speech = loud[: mask.numel()][mask]
        wav_slices, mel_slices = self._encoder.compute_partial_slices(
            speech.numel(), self.partials_per_s, MIN_COVERAGE
        )
        speech = functional.pad(speech, (0, max(0, wav_slices[-1].stop - speech.numel())))
        spectrum = torch.stft(
            speech, MEL_FFT_SAMPLES, MEL_HOP_SAMPLES, window=self._window, center=True,
            pad_mode="constant", return_complex=True,
        )  # fmt: skip
        power = spectrum.real.square() + spectrum.imag.square()
        mel = (self._mel @ power).T
        # cuDNN's recurrent layers refuse a backward pass in eval mode.
        with torch.backends.cudnn.flags(enabled=False):
            partials = self._encoder(torch.stack([mel[part] for part in mel_slices]))
        mean = partials.mean(dim=0)
        embedding: torch.Tensor = mean / mean.norm()
        return embedding

    def _resample(self, samples: torch.Tensor) -> torch.Tensor:
        # One product of overlapping blocks and a small matrix: thirty times faster than a
        # convolution with one channel.
        n_low = -(-samples.numel() * UP // DOWN)
        n_blocks = -(-samples.numel() // BLOCK_SAMPLES)
        reach = FILTER_HALF_SAMPLES // UP
        padded = functional.pad(
            samples, (reach, reach + n_blocks * BLOCK_SAMPLES - samples.numel())
        )
        blocks = padded.unfold(0, BLOCK_SAMPLES + 2 * reach, BLOCK_SAMPLES)
        lowered: torch.Tensor = (blocks @ self._resampling).reshape(-1)[:n_low]
        return lowered

    @staticmethod
    def _raise_volume(samples: torch.Tensor) -> torch.Tensor:
        rms = samples.square().mean().sqrt()
        if float(rms.detach()) == 0.0:
            return samples
        gain_db = TARGET_DBFS - 20 * torch.log10(rms)
        raised: torch.Tensor = samples * 10 ** (gain_db.clamp(min=0) / 20)
        return raised


def resampling_matrix() -> npt.NDArray[np.float64]:
    """Returns the weights that take a block from 24 to 16 kHz, float64 (156, 64).

    Rows are the 96 samples of a block with 30 more on either side, columns its 64 new samples.
    New sample j lies at 3 j on the 48 kHz grid, old sample i at 2 i; a windowed sinc joins them.
    """
    taps = UP * scipy.signal.firwin(
        2 * FILTER_HALF_SAMPLES + 1, 1 / DOWN, window=("kaiser", KAISER_BETA)
    )
    reach = FILTER_HALF_SAMPLES // UP
    old = UP * np.arange(-reach, BLOCK_SAMPLES + reach)
    new = DOWN * np.arange(BLOCK_SAMPLES * UP // DOWN)
    lag = new[None, :] - old[:, None] + FILTER_HALF_SAMPLES
    is_inside = (lag >= 0) & (lag < taps.size)
    return np.where(is_inside, taps[np.clip(lag, 0, taps.size - 1)], 0.0)
