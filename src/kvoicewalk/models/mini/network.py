"""Kokoro in small: kokoro's own encoders, predictor and blocks around a pulse-and-noise vocoder."""

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from kokoro.istftnet import AdainResBlk1d
from kokoro.model import KModel
from kokoro.modules import CustomAlbert, ProsodyPredictor, TextEncoder
from torch import nn
from torch.nn.utils import weight_norm
from transformers import AlbertConfig

from kvoicewalk.models.mini.vocoder import N_ENVELOPE, N_NOISE_BANDS, PulseNoiseVocoder

# Brings each input near unit spread.
PITCH_SCALE_HZ = 100.0
ENERGY_SCALE = 4.0
ENVELOPE_OFFSET = 3.0
MIN_LOG_ENVELOPE, MAX_LOG_ENVELOPE = -12.0, 6.0


class MiniKModel(KModel):  # type: ignore[misc]  # kokoro carries no types
    """A `KModel` in every call, with a small decoder.

    Args:
        config: Kokoro's `config.json` keys, with `decoder` (width, residual) for `istftnet`.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        nn.Module.__init__(self)  # KModel's own would fetch weights
        self.repo_id = "mini"
        self.vocab = dict(config["vocab"])
        style_dim, hidden_dim = config["style_dim"], config["hidden_dim"]
        self.bert = CustomAlbert(AlbertConfig(vocab_size=config["n_token"], **config["plbert"]))
        self.bert_encoder = nn.Linear(self.bert.config.hidden_size, hidden_dim)
        self.context_length = self.bert.config.max_position_embeddings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch: deprecated weight_norm, LSTM dropout
            self.predictor = ProsodyPredictor(
                style_dim=style_dim,
                d_hid=hidden_dim,
                nlayers=config["n_layer"],
                max_dur=config["max_dur"],
                dropout=config["dropout"],
            )
            self.text_encoder = TextEncoder(
                channels=hidden_dim,
                kernel_size=config["text_encoder_kernel_size"],
                depth=config["n_layer"],
                n_symbols=config["n_token"],
            )
            self.decoder = MiniDecoder(hidden_dim, style_dim, **config["decoder"])


class MiniDecoder(nn.Module):
    """Text features, pitch and energy → envelope and noise share → waveform.

    Same call as Kokoro's decoder.
    """

    def __init__(self, dim_in: int, style_dim: int, width: int, residual: int) -> None:
        super().__init__()
        wide = width + 2 + residual
        self.encode = AdainResBlk1d(dim_in + 2, width, style_dim)
        self.decode = nn.ModuleList(
            [
                AdainResBlk1d(wide, width, style_dim),
                AdainResBlk1d(wide, width, style_dim, upsample=True),
                AdainResBlk1d(width, width, style_dim),
            ]
        )
        self.F0_conv = weight_norm(nn.Conv1d(1, 1, 3, 2, 1))
        self.N_conv = weight_norm(nn.Conv1d(1, 1, 3, 2, 1))
        self.asr_res = weight_norm(nn.Conv1d(dim_in, residual, 1))
        self.out = nn.Conv1d(width, N_ENVELOPE + N_NOISE_BANDS, 5, padding=2)
        self.spk = nn.Linear(style_dim, N_ENVELOPE)
        self.vocoder = PulseNoiseVocoder()

    def forward(
        self,
        asr: torch.Tensor,
        pitch_hz: torch.Tensor,
        energy: torch.Tensor,
        style: torch.Tensor,
    ) -> torch.Tensor:
        """Decodes.

        Args:
            asr: (batch, dim_in, n_frames), text features, 40 frames a second.
            pitch_hz: (batch, 2 · n_frames).
            energy: (batch, 2 · n_frames), natural log of the frame's amplitude.
            style: (batch, 128), the timbre half of a style row.

        Returns:
            (batch, 1, 600 · n_frames) samples at 24 kHz.
        """
        log_envelope, noise_share = self.frames(asr, pitch_hz, energy, style)
        audio: torch.Tensor = self.vocoder(pitch_hz, log_envelope, noise_share)
        return audio.unsqueeze(1)

    def frames(
        self,
        asr: torch.Tensor,
        pitch_hz: torch.Tensor,
        energy: torch.Tensor,
        style: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the vocoder's log envelope (batch, 80, …) and noise share (batch, 12, …)."""
        pitch = self.F0_conv(pitch_hz.unsqueeze(1) / PITCH_SCALE_HZ)
        loudness = self.N_conv(energy.unsqueeze(1) / ENERGY_SCALE)
        x = self.encode(torch.cat([asr, pitch, loudness], 1), style)
        residual = self.asr_res(asr)
        for block in self.decode[:2]:
            x = block(torch.cat([x, residual, pitch, loudness], 1), style)
        out = self.out(self.decode[2](x, style))
        log_envelope = out[:, :N_ENVELOPE] + self.spk(style)[:, :, None] + energy[:, None]
        log_envelope = (log_envelope + ENVELOPE_OFFSET).clamp(MIN_LOG_ENVELOPE, MAX_LOG_ENVELOPE)
        return log_envelope, torch.sigmoid(out[:, N_ENVELOPE:])
