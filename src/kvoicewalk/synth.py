"""Voice + text + seed → utterance.

`Synthesizer` is the seam: the search and the tests know nothing of Kokoro. `KokoroSynthesizer`
runs kokoro's own modules in the order of `KModel.forward_with_tokens`, split where the voice comes
in, so that the part that depends on the text alone is computed once per text.
"""

import time
from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance
from kvoicewalk.decode import Samples
from kvoicewalk.errors import SynthError
from kvoicewalk.languages import DEFAULT_LANG
from kvoicewalk.models.base import Model
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.seeds import chunk_seed
from kvoicewalk.torch_state import flushed_denormals, seeded_noise, without_cudnn
from kvoicewalk.voices import PROSODY, TIMBRE, Voice

MAX_PREPARED_CHUNKS = 128
MAX_PERFORMANCES = 64
FRAME_S = 0.025


class Synthesizer(Protocol):
    """Speaks texts with voices."""

    @property
    def identity(self) -> str:
        """Model name and weight hash, `mini@0123456789ab`."""

    def phonemes(self, text: str, lang: str = DEFAULT_LANG) -> tuple[str, ...]:
        """Returns what a text is spoken as, a chunk each.

        Equal phonemes, voice and seed give the same samples, whatever the text looks like.

        Raises:
            SynthError: the text cannot be phonemized.
        """

    def duration_s(self, text: str, voice: Voice, lang: str = DEFAULT_LANG) -> float:
        """Returns how long a voice takes for a text, in seconds, without speaking it.

        Raises:
            SynthError: the text cannot be phonemized.
        """

    def speak(self, text: str, voice: Voice, *, seed: int, lang: str = DEFAULT_LANG) -> Utterance:
        """Speaks a text.

        The same (text, voice, seed, lang) gives the same samples, whatever was spoken before.

        Args:
            text: any length; long texts are spoken in chunks and joined.
            voice: one style row a text length; see `Voice`.
            seed: of the noise in the vocoder, 0 to 2³¹ − 1.
            lang: language letter, see `kvoicewalk.phonemes`.

        Returns:
            Mono speech, float32 (n_samples,) at 24 kHz.

        Raises:
            SynthError: the text cannot be phonemized, or the voice gives no finite speech.
        """


@dataclass
class SynthCounts:
    """What a synthesizer has done so far."""

    n_token_encodings: int = 0
    n_utterances: int = 0
    n_samples: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class PreparedChunk:
    """All of one chunk that does not depend on the voice.

    Attributes:
        phonemes: of the chunk.
        lengths: int64 (1,), tokens with both pads.
        mask: bool (1, n_tokens), all False: nothing is padded.
        durations_in: float32 (1, hidden, n_tokens), token encoder's output for the predictor.
        decoder_in: float32 (1, hidden, n_tokens), text encoder's output for the decoder.
    """

    phonemes: str
    lengths: torch.Tensor
    mask: torch.Tensor
    durations_in: torch.Tensor
    decoder_in: torch.Tensor

    @property
    def n_phonemes(self) -> int:
        """How long it is: n; the voice's row n − 1 speaks it."""
        return len(self.phonemes)


@dataclass(frozen=True)
class PredictedProsody:
    """How a chunk is to be spoken: all that the prosody half of a style row decides.

    Attributes:
        durations: (n_tokens,), frames of 25 ms a token with both pads, not rounded.
        frames: int64 (n_frames,), which token each frame belongs to.
        pitch_hz: (1, 2 · n_frames), predicted, every 12.5 ms; near 0 where unvoiced.
        energy: (1, 2 · n_frames), predicted.
    """

    durations: torch.Tensor
    frames: torch.Tensor
    pitch_hz: torch.Tensor
    energy: torch.Tensor


@dataclass(frozen=True)
class DifferentiableSpeech:
    """Speech with its gradients.

    Attributes:
        samples: float32 (n_samples,) at 24 kHz; differentiable in columns :128 of the row.
        durations: float32 (n_tokens,), frames of 25 ms a token with both pads, not rounded.
        pitch_hz: float32 (2 · n_frames,), predicted, every 12.5 ms; near 0 where unvoiced.
            Durations and pitch are differentiable in columns 128: of the row.
    """

    samples: torch.Tensor
    durations: torch.Tensor
    pitch_hz: torch.Tensor


@dataclass
class KokoroSynthesizer:
    """Speaks with kokoro's network: Kokoro-82M, mini, or another of the same build.

    Attributes:
        model: the network and its identity.
        phonemizer: made for this model's vocabulary.
        speed: 1 is the voice's own pace, 2 twice as fast.
        counts: how often each costly part ran.
    """

    model: Model
    phonemizer: Phonemizer
    speed: float = 1.0
    counts: SynthCounts = field(default_factory=SynthCounts)
    _prepared: OrderedDict[str, PreparedChunk] = field(default_factory=OrderedDict, repr=False)
    _performed: OrderedDict[tuple[str, float, bytes], PredictedProsody] = field(
        default_factory=OrderedDict, repr=False
    )

    @property
    def identity(self) -> str:
        """Model name and weight hash, and all else that changes how a text is spoken."""
        pace = "" if self.speed == 1.0 else f"*{self.speed:g}"
        front_end = "+misaki" if self.phonemizer.uses_misaki else ""
        # Another device draws other noise for the same seed.
        device = self.model.network.device.type
        return self.model.identity + pace + front_end + ("" if device == "cpu" else f"+{device}")

    def phonemes(self, text: str, lang: str = DEFAULT_LANG) -> tuple[str, ...]:
        """See `Synthesizer.phonemes`."""
        return self.phonemizer.phonemize(text, lang).chunks

    def speak(self, text: str, voice: Voice, *, seed: int, lang: str = DEFAULT_LANG) -> Utterance:
        """See `Synthesizer.speak`."""
        started = time.perf_counter()
        chunks = self.phonemes(text, lang)
        with flushed_denormals():
            parts = [
                self._speak_chunk(self.prepare(chunk), voice, chunk_seed(seed, index))
                for index, chunk in enumerate(chunks)
            ]
        samples = self._finite(np.concatenate(parts), voice)
        self.counts.n_utterances += 1
        self.counts.n_samples += samples.size
        self.counts.seconds += time.perf_counter() - started
        return Utterance(samples, SAMPLE_RATE_HZ, text)

    def speak_once(self, phonemes: str, voice: Voice, *, seed: int) -> Samples:
        """Speaks one chunk, float32 (n_samples,), and remembers nothing: a book has thousands.

        Raises:
            SynthError: the voice gives no finite speech.
        """
        with flushed_denormals():
            samples = self._speak_chunk(self._encode(phonemes), voice, seed, is_kept=False)
        return self._finite(samples, voice)

    def _finite(self, samples: Samples, voice: Voice) -> Samples:
        if not np.isfinite(samples).all():
            raise SynthError(
                f"voice {voice.name} gives no finite speech on {self.identity}; "
                "it was made for another model, or is damaged."
            )
        return samples

    @torch.no_grad()
    def duration_s(self, text: str, voice: Voice, lang: str = DEFAULT_LANG) -> float:
        """See `Synthesizer.duration_s`."""
        n_frames = 0.0
        with flushed_denormals():
            for chunk in self.phonemes(text, lang):
                row = torch.tensor(voice.rows[len(chunk) - 1]).to(self.model.network.device)
                durations, _ = self.predict_durations(self.prepare(chunk), row)
                n_frames += float(durations.round().clamp(min=1).sum())
        return n_frames * FRAME_S

    def prepare(self, phonemes: str) -> PreparedChunk:
        """Encodes a chunk's tokens; kept for the next voice.

        Args:
            phonemes: 1 to 510 characters; those outside the vocabulary are left out.
        """
        if phonemes in self._prepared:
            self._prepared.move_to_end(phonemes)
            return self._prepared[phonemes]
        prepared = self._encode(phonemes)
        self.counts.n_token_encodings += 1
        self._prepared[phonemes] = prepared
        if len(self._prepared) > MAX_PREPARED_CHUNKS:
            self._prepared.popitem(last=False)
        return prepared

    @torch.no_grad()
    def _encode(self, phonemes: str) -> PreparedChunk:
        network, vocab = self.model.network, self.model.vocab
        ids = [0, *(vocab[c] for c in phonemes if c in vocab), 0]
        tokens = torch.tensor([ids]).to(network.device)
        lengths = torch.tensor([len(ids)]).to(network.device)
        mask = torch.zeros_like(tokens, dtype=torch.bool)
        hidden = network.bert(tokens, attention_mask=(~mask).int())
        return PreparedChunk(
            phonemes=phonemes,
            lengths=lengths,
            mask=mask,
            durations_in=network.bert_encoder(hidden).transpose(-1, -2),
            decoder_in=network.text_encoder(tokens, lengths, mask),
        )

    @torch.inference_mode()
    def _speak_chunk(
        self, prepared: PreparedChunk, voice: Voice, seed: int, is_kept: bool = True
    ) -> Samples:
        device = self.model.network.device
        rows = voice.rows[prepared.n_phonemes - 1]
        row = torch.tensor(rows).to(device)
        performance = self.performance(prepared, rows, row, is_kept)
        with seeded_noise(seed, device):
            audio = self.render(prepared, performance, row)
        return np.asarray(audio.cpu(), dtype=np.float32)

    def performance(
        self,
        prepared: PreparedChunk,
        rows: Samples,
        row: torch.Tensor,
        is_kept: bool = True,
    ) -> PredictedProsody:
        """Returns how a chunk is spoken, kept: another seed or timbre changes nothing of it.

        Args:
            prepared: of the chunk.
            rows: float32 (1, 256), the row that speaks it.
            row: the same on the network's device.
            is_kept: False forgets it at once.
        """
        key = (prepared.phonemes, self.speed, rows[:, PROSODY].tobytes())
        performance = self._performed.pop(key, None) or self.perform(prepared, row)
        if is_kept:
            self._performed[key] = performance
        if len(self._performed) > MAX_PERFORMANCES:
            self._performed.popitem(last=False)
        return performance

    def predict_durations(
        self, prepared: PreparedChunk, row: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Times a chunk; differentiable with respect to columns 128: of the row.

        Args:
            prepared: of the chunk.
            row: (1, 256), a style row.

        Returns:
            Frames of 25 ms a token, not rounded, (n_tokens,) with both pads; and the features
            that pitch and energy are predicted from, (1, n_tokens, n_features).
        """
        predictor = self.model.network.predictor
        encoded = predictor.text_encoder(
            prepared.durations_in, row[:, PROSODY], prepared.lengths, prepared.mask
        )
        hidden, _ = predictor.lstm(encoded)
        durations = torch.sigmoid(predictor.duration_proj(hidden)).sum(-1) / self.speed
        return durations.reshape(-1), encoded

    def perform(self, prepared: PreparedChunk, row: torch.Tensor) -> PredictedProsody:
        """Predicts how a chunk is to be spoken; differentiable in columns 128: of the row.

        Args:
            prepared: of the chunk.
            row: (1, 256), a style row.

        Source of the order of calls, here and in `render`: hexgrad/kokoro kokoro/model.py,
        `forward_with_tokens`.
        """
        durations, encoded = self.predict_durations(prepared, row)
        n_frames = durations.detach().round().clamp(min=1).long()
        # kokoro multiplies by a 0/1 alignment matrix; picking columns gives the same numbers.
        frames = torch.repeat_interleave(
            torch.arange(n_frames.numel(), device=row.device), n_frames
        )
        pitch_hz, energy = self.model.network.predictor.F0Ntrain(
            encoded.transpose(-1, -2)[:, :, frames], row[:, PROSODY]
        )
        return PredictedProsody(durations, frames, pitch_hz, energy)

    def render(
        self, prepared: PreparedChunk, performance: PredictedProsody, row: torch.Tensor
    ) -> torch.Tensor:
        """Makes the waveform, (n_samples,); differentiable in columns :128 of the row.

        Noise comes from torch's global generator: seed it first.
        """
        audio: torch.Tensor = self.model.network.decoder(
            prepared.decoder_in[:, :, performance.frames],
            performance.pitch_hz,
            performance.energy,
            row[:, TIMBRE],
        )
        return audio.reshape(-1)

    def speak_row(
        self,
        phonemes: str,
        row: torch.Tensor,
        *,
        seed: int,
        needs_prosody: bool = True,
        needs_samples: bool = True,
        is_mixed: bool = False,
    ) -> DifferentiableSpeech:
        """Speaks one chunk with one style row: the differentiable twin of `speak`.

        The same numbers as `speak` for a text of this one chunk and a voice with this row. The
        waveform carries the gradient of the timbre half alone: through the waveform the prosody
        half is misled (it would trade timing and pitch for likeness), so durations and pitch
        carry its gradient instead.

        Args:
            phonemes: 1 to 510 characters.
            row: float32 (256,), row n − 1 of a voice, n the number of phonemes.
            seed: of the noise, as in `speak`.
            needs_prosody: False leaves durations and pitch without a gradient: a third faster.
            needs_samples: False makes no waveform: ten times faster.
            is_mixed: True makes the waveform in bfloat16 where that is enough; see
                `torch_state.computes_bfloat16`.
        """
        device = self.model.network.device
        prepared, batch = self.prepare(phonemes), row.to(device)[None]
        with flushed_denormals(), without_cudnn(), seeded_noise(seed, device):
            # Recurrent layers round differently where they keep what a gradient needs, and the
            # phase adds that up: so the waveform is always made from the plain path's numbers.
            with torch.no_grad():
                plain = self.perform(prepared, batch)
            samples = torch.zeros(0)
            if needs_samples:
                with torch.autocast(device.type, torch.bfloat16) if is_mixed else nullcontext():
                    samples = self.render(prepared, plain, batch).float()
            shown = self.perform(prepared, batch) if needs_prosody else plain
        return DifferentiableSpeech(samples, shown.durations, shown.pitch_hz.reshape(-1))
