"""Do gradients reach the style row, and what do they cost?

Finite differences against autograd in double precision, along random directions of the row, with
everything frozen that has no derivative: rounded durations, the noise, which windows are speech.
"""

import copy
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from kvoicewalk.scoring.speaker import Resemblyzer
from kvoicewalk.scoring.speaker.resemblyzer_twin import DifferentiableResemblyzer
from kvoicewalk.synth import KokoroSynthesizer, PreparedChunk
from kvoicewalk.voices import PROSODY, TIMBRE, Voice

N_DIRECTIONS = 10
STEP = 1e-7  # larger ones cross the kinks of leaky rectifiers
N_ROUNDS = 7


class FrozenSpeech:
    """One text with one voice, as a function of the style row.

    Attributes:
        row: (1, 256), where it was frozen.
    """

    def __init__(
        self,
        synthesizer: KokoroSynthesizer,
        encoder: Resemblyzer,
        voice: Voice,
        text: str,
        dtype: torch.dtype,
    ) -> None:
        network = copy.deepcopy(synthesizer.model.network).to(dtype)
        self._synthesizer = replace(
            synthesizer, model=replace(synthesizer.model, network=network), _prepared={}
        )
        self._network = network
        self._encoder = DifferentiableResemblyzer(encoder, dtype)
        (chunk,) = synthesizer.phonemizer.phonemize(text).chunks
        prepared = synthesizer.prepare(chunk)
        self._prepared: PreparedChunk = replace(
            prepared,
            durations_in=prepared.durations_in.to(dtype),
            decoder_in=prepared.decoder_in.to(dtype),
        )
        self.row = torch.from_numpy(voice.rows[len(chunk) - 1].copy()).to(dtype)
        with torch.no_grad():
            durations, encoded = self._synthesizer.predict_durations(self._prepared, self.row)
            n_frames = durations.round().clamp(min=1).long()
            self._frames = torch.repeat_interleave(torch.arange(n_frames.numel()), n_frames)
            self._curves = self._network.predictor.F0Ntrain(
                self._along(encoded), self.row[:, PROSODY]
            )
            self._mask = self._encoder.speech_mask(self.waveform(self.row[:, TIMBRE]))

    def _along(self, encoded: torch.Tensor) -> torch.Tensor:
        return encoded.transpose(-1, -2)[:, :, self._frames]

    def waveform(self, timbre: torch.Tensor) -> torch.Tensor:
        """Returns samples, (n_samples,), of a timbre half, (1, 128); timing and pitch frozen."""
        torch.manual_seed(0)
        text = self._prepared.decoder_in[:, :, self._frames]
        samples: torch.Tensor = self._network.decoder(text, *self._curves, timbre)
        return samples.reshape(-1)

    def embedding(self, timbre: torch.Tensor) -> torch.Tensor:
        """Returns the speaker embedding, (256,), of a timbre half."""
        return self._encoder.embed(self.waveform(timbre), self._mask)

    def timing_and_pitch(self, prosody: torch.Tensor) -> torch.Tensor:
        """Returns unrounded durations in frames and pitch in semitones, of a prosody half."""
        row = torch.cat([self.row[:, TIMBRE], prosody], dim=1)
        durations, encoded = self._synthesizer.predict_durations(self._prepared, row)
        pitch_hz, _ = self._network.predictor.F0Ntrain(self._along(encoded), prosody)
        return torch.cat([durations, pitch_hz.reshape(-1)])


def worst_error(
    function: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor, seed: int
) -> float:
    """Returns the largest relative gap of finite differences and autograd over the directions."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(at.dtype)  # kokoro makes buffers of the default type on its way
    try:
        return _worst_error(function, at, np.random.default_rng(seed))
    finally:
        torch.set_default_dtype(usual)


def _worst_error(
    function: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor, rng: np.random.Generator
) -> float:
    with torch.no_grad():
        aim = torch.from_numpy(rng.normal(size=tuple(function(at).shape)))
    point = at.clone().requires_grad_()
    (function(point) * aim).sum().backward()
    assert point.grad is not None
    errors = []
    for _ in range(N_DIRECTIONS):
        direction = torch.from_numpy(rng.normal(size=tuple(at.shape)))
        with torch.no_grad():
            ahead, behind = (
                float((function(at + sign * STEP * direction) * aim).sum()) for sign in (1, -1)
            )
        slope = float((point.grad * direction).sum())
        errors.append(abs((ahead - behind) / (2 * STEP) - slope) / max(abs(slope), 1e-12))
    return max(errors)


def cost_ratio(speech: FrozenSpeech) -> float:
    """Returns the time of forward and backward as a multiple of forward alone, median."""
    ratios = []
    for _ in range(N_ROUNDS):
        started = time.perf_counter()
        with torch.no_grad():
            speech.embedding(speech.row[:, TIMBRE])
        forward_s = time.perf_counter() - started
        timbre = speech.row[:, TIMBRE].clone().requires_grad_()
        started = time.perf_counter()
        speech.embedding(timbre).sum().backward()
        ratios.append((time.perf_counter() - started) / forward_s)
    return statistics.median(ratios)
