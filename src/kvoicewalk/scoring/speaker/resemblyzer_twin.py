"""Resemblyzer's embedding as a differentiable function of the waveform.

The same steps as `Resemblyzer.embed`, in torch. Which windows are speech is decided on the
detached waveform: the decision has no gradient.
"""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.signal
import torch
from torch.nn import functional

from kvoicewalk.audio import TARGET_DBFS, voice_activity
from kvoicewalk.errors import AudioError
from kvoicewalk.scoring.librosa_lock import librosa
from kvoicewalk.scoring.speaker.base import ENCODER_RATE_HZ
from kvoicewalk.scoring.speaker.resampling import Resampler
from kvoicewalk.scoring.speaker.resemblyzer import (
    MEL_FFT_SAMPLES,
    MEL_HOP_SAMPLES,
    MIN_COVERAGE,
    N_MELS,
    PARTIALS_PER_S,
    WINDOW_SAMPLES,
    Resemblyzer,
)


class DifferentiableResemblyzer:
    """Embeds a waveform so that gradients reach its samples.

    Attributes:
        device, dtype: of the waveforms it takes; float64 for checks of the gradient.
        partials_per_s: windows of 1.6 s that start each second. The package's 1.3 overlap by half
            and give its own numbers; 0.65, hardly overlapping, take half the time.
    """

    def __init__(
        self,
        encoder: Resemblyzer,
        dtype: torch.dtype = torch.float32,
        partials_per_s: float = PARTIALS_PER_S,
    ) -> None:
        self.partials_per_s = partials_per_s
        self._encoder: Any = copy.deepcopy(encoder.network).to(dtype)
        self.device, self.dtype = self._encoder.device, dtype

        def constant(values: Any) -> torch.Tensor:
            return torch.as_tensor(np.asarray(values), dtype=dtype).to(self.device)

        self._resample = Resampler(dtype, self.device)
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
        return self._embed_windows([self._windows(samples, mask)])[0]

    def embed_all(self, samples: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """See `DifferentiableEncoder.embed_all`."""
        return self._embed_windows([self._windows(one) for one in samples])

    def _windows(self, samples: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Returns what the network hears, (n_windows, 160, 40)."""
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
        return torch.stack([mel[part] for part in mel_slices])

    def _embed_windows(self, windows: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        # cuDNN's recurrent layers refuse a backward pass in eval mode.
        with torch.backends.cudnn.flags(enabled=False):
            partials = self._encoder(torch.cat(tuple(windows)))
        means = [part.mean(dim=0) for part in partials.split([len(one) for one in windows])]
        return [mean / mean.norm() for mean in means]

    @staticmethod
    def _raise_volume(samples: torch.Tensor) -> torch.Tensor:
        rms = samples.square().mean().sqrt()
        if float(rms.detach()) == 0.0:
            return samples
        gain_db = TARGET_DBFS - 20 * torch.log10(rms)
        raised: torch.Tensor = samples * 10 ** (gain_db.clamp(min=0) / 20)
        return raised
