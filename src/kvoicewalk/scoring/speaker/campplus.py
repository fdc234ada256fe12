"""CAM++ behind its front end: a second ear beside Resemblyzer, plain and differentiable.

Front end: 80 log mel energies by Kaldi's rules every 10 ms (torchaudio's implementation), their
mean over time taken off. No pause is cut. Source: modelscope/3D-Speaker
speakerlab/process/processor.py, `FBank`.

The weights (Apache-2.0, 28 MB) are no part of this package: `kvw setup --encoders` fetches them.
"""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import torch

from kvoicewalk.audio import Utterance, resample
from kvoicewalk.errors import AudioError, ModelError
from kvoicewalk.scoring.speaker.base import (
    ENCODER_RATE_HZ,
    DifferentiableEncoder,
    Embedding,
    unit,
)
from kvoicewalk.scoring.speaker.campplus_network import EMBEDDING_DIM, N_MELS, CampplusNetwork
from kvoicewalk.scoring.speaker.resampling import STEEP, Resampler

WEIGHTS_SHA256 = "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199"
MIN_SAMPLES = 4800  # 0.3 s: below, the mean over time is not one of speech


class Campplus:
    """Embeds utterances with CAM++.

    Attributes:
        network: in eval mode, without gradients, on the synthesizer's device.
    """

    name = "campplus"
    dimension = EMBEDDING_DIM

    def __init__(self, network: CampplusNetwork, device: str | torch.device = "cpu") -> None:
        self.network = network.eval().to(device)
        self.device = torch.device(device)

    def embed(self, utterance: Utterance) -> Embedding:
        """See `SpeakerEncoder.embed`."""
        (found,) = self.embed_all([utterance])
        return found

    def embed_all(self, utterances: Sequence[Utterance]) -> list[Embedding]:
        """See `SpeakerEncoder.embed_all`."""
        heard = [self._samples(one) for one in utterances]
        with torch.inference_mode():
            found = self.network.embed_all([frames(one.to(self.device)) for one in heard])
        return [unit(one.cpu().numpy()) for one in found]

    @staticmethod
    def _samples(utterance: Utterance) -> torch.Tensor:
        samples = resample(utterance.samples, utterance.sample_rate_hz, ENCODER_RATE_HZ)
        if samples.size < MIN_SAMPLES or not samples.any():
            raise AudioError("no speech was found to compare; give a recording of a voice.")
        return torch.from_numpy(samples)

    def differentiable(self, partials_per_s: float | None = None) -> DifferentiableEncoder:
        """See `SpeakerEncoder.differentiable`; it hears the whole."""
        del partials_per_s
        return DifferentiableCampplus(self.network, self.device)


class DifferentiableCampplus:
    """Embeds a waveform so that gradients reach its samples.

    Attributes:
        device, dtype: of the waveforms it takes; float64 for checks of the gradient.
    """

    def __init__(
        self,
        network: CampplusNetwork,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.device, self.dtype = device, dtype
        self._network = network
        self._resample = Resampler(dtype, device, STEEP)

    def embed(self, samples: torch.Tensor) -> torch.Tensor:
        """See `DifferentiableEncoder.embed`."""
        (found,) = self.embed_all([samples])
        return found

    def embed_all(self, samples: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """See `DifferentiableEncoder.embed_all`."""
        lowered = [self._resample(one) for one in samples]
        for one in lowered:
            if one.numel() < MIN_SAMPLES or not bool(one.detach().any()):
                raise AudioError("no speech was found to compare; the voice is silent.")
        found = self._network.embed_all([frames(one) for one in lowered])
        return [one / one.norm() for one in found]


def frames(samples: torch.Tensor) -> torch.Tensor:
    """Returns what the network hears, (n_frames, 80), of 16 kHz samples, (n_samples,)."""
    from torchaudio.compliance.kaldi import fbank

    mels: torch.Tensor = fbank(
        samples[None], num_mel_bins=N_MELS, sample_frequency=ENCODER_RATE_HZ, dither=0.0
    )
    return mels - mels.mean(0, keepdim=True)


def load_campplus(path: Path, device: str | torch.device = "cpu") -> Campplus:
    """Loads CAM++ from its file of weights.

    Raises:
        ModelError: it cannot be read, or holds something else.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    if hashlib.sha256(data).hexdigest() != WEIGHTS_SHA256:
        raise ModelError(f"{path} is not CAM++ as it was published; run 'kvw setup --encoders'.")
    weights = torch.load(  # noqa: TID251  (hash checked, weights_only)
        io.BytesIO(data), map_location="cpu", weights_only=True
    )
    return Campplus(CampplusNetwork(weights), device)
