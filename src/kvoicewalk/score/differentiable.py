"""The speaker embedding as a differentiable function of the waveform.

The same steps as `SpeakerEncoder.embed`, in torch. Which windows are speech is decided on the
detached waveform: the decision has no gradient. Resampling is a filter of its own, so the numbers
agree with the plain path closely, not bit for bit.
"""

import copy
from typing import Any

import numpy as np
import scipy.signal
import torch
from librosa.filters import mel as mel_filters
from torch.nn import functional

from kvoicewalk.audio import TARGET_DBFS, voice_activity
from kvoicewalk.errors import AudioError
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


class DifferentiableEncoder:
    """Embeds a waveform so that gradients reach its samples.

    Attributes:
        device, dtype: of the waveforms it takes; float64 for checks of the gradient.
    """

    def __init__(self, encoder: SpeakerEncoder, dtype: torch.dtype = torch.float32) -> None:
        self._encoder: Any = copy.deepcopy(encoder.network).to(dtype)
        self.device, self.dtype = self._encoder.device, dtype

        def constant(values: Any) -> torch.Tensor:
            return torch.as_tensor(np.asarray(values), dtype=dtype, device=self.device)

        taps = scipy.signal.firwin(
            2 * FILTER_HALF_SAMPLES + 1, 1 / DOWN, window=("kaiser", KAISER_BETA)
        )
        self._taps = constant(taps * UP)
        self._window = constant(scipy.signal.get_window("hann", MEL_FFT_SAMPLES))
        self._mel = constant(mel_filters(sr=ENCODER_RATE_HZ, n_fft=MEL_FFT_SAMPLES, n_mels=N_MELS))

    def speech_mask(self, samples: torch.Tensor) -> torch.Tensor:
        """Returns which 16 kHz samples are speech, bool (n_kept,), for `embed`.

        Args:
            samples: (n_samples,) at 24 kHz; not differentiated.
        """
        loud = self._raise_volume(self._resample(samples.detach()))
        active = voice_activity(loud.to(torch.float32).cpu().numpy())
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
        mask = self.speech_mask(samples) if mask is None else mask
        if not bool(mask.any()):
            raise AudioError("no speech was found to compare; the voice is silent.")
        loud = self._raise_volume(self._resample(samples))
        speech = loud[: mask.numel()][mask]
        wav_slices, mel_slices = self._encoder.compute_partial_slices(
            speech.numel(), PARTIALS_PER_S, MIN_COVERAGE
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
        stuffed = torch.zeros(samples.numel() * UP, dtype=self.dtype, device=self.device)
        stuffed = stuffed.scatter(
            0, torch.arange(samples.numel(), device=self.device) * UP, samples
        )
        low = functional.conv1d(
            stuffed[None, None], self._taps[None, None], padding=FILTER_HALF_SAMPLES
        )
        lowered: torch.Tensor = low[0, 0, ::DOWN]
        return lowered

    @staticmethod
    def _raise_volume(samples: torch.Tensor) -> torch.Tensor:
        rms = samples.square().mean().sqrt()
        if float(rms.detach()) == 0.0:
            return samples
        gain_db = TARGET_DBFS - 20 * torch.log10(rms)
        raised: torch.Tensor = samples * 10 ** (gain_db.clamp(min=0) / 20)
        return raised
