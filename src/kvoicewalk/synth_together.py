"""Several utterances in one pass of the network: what a GPU is for.

Durations, pitch and energy are predicted one by one, which is cheap; then the chunks that have the
same number of frames are decoded together. Others are not: padding would change what the decoder's
instance norms compute. Each item has the noise that it has alone, so a batch gives what single
calls give but for the order of sums: within `TOLERANCE`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance
from kvoicewalk.decode import Samples
from kvoicewalk.item_noise import ItemNoise
from kvoicewalk.languages import DEFAULT_LANG
from kvoicewalk.seeds import chunk_seed
from kvoicewalk.synth import KokoroSynthesizer, PreparedChunk, flushed_denormals
from kvoicewalk.voices import TIMBRE, Voice

MAX_TOGETHER = 32  # bounds memory
TOLERANCE = 1e-4  # of samples, whose peaks are near 1


@dataclass(frozen=True)
class SpeechRequest:
    """One utterance that is wanted; see `Synthesizer.speak`."""

    text: str
    voice: Voice
    seed: int
    lang: str = DEFAULT_LANG


@dataclass(frozen=True)
class _Chunk:
    """A chunk of the utterance of this index."""

    index: int
    prepared: PreparedChunk
    voice: Voice
    seed: int

    @property
    def rows(self) -> Samples:
        """The voice's row that speaks it, float32 (1, 256)."""
        rows: Samples = self.voice.rows[self.prepared.n_phonemes - 1]
        return rows


def speak_together(
    synthesizer: KokoroSynthesizer, wanted: Sequence[SpeechRequest]
) -> list[Utterance | None]:
    """Speaks several texts.

    Returns:
        An utterance each; None where the voice gives no finite speech.

    Raises:
        SynthError: a text cannot be phonemized.
    """
    started = time.perf_counter()
    chunks = [
        _Chunk(index, synthesizer.prepare(phonemes), one.voice, chunk_seed(one.seed, k))
        for index, one in enumerate(wanted)
        for k, phonemes in enumerate(synthesizer.phonemes(one.text, one.lang))
    ]
    parts: list[list[Samples]] = [[] for _ in wanted]
    with flushed_denormals():
        for chunk, samples in zip(chunks, _speak_chunks(synthesizer, chunks), strict=True):
            parts[chunk.index].append(samples)
    joined = [np.concatenate(some) for some in parts]
    counts = synthesizer.counts
    counts.n_utterances += len(joined)
    counts.n_samples += sum(one.size for one in joined)
    counts.seconds += time.perf_counter() - started
    return [
        Utterance(samples, SAMPLE_RATE_HZ, one.text) if np.isfinite(samples).all() else None
        for samples, one in zip(joined, wanted, strict=True)
    ]


@torch.inference_mode()
def _speak_chunks(synthesizer: KokoroSynthesizer, chunks: Sequence[_Chunk]) -> list[Samples]:
    network = synthesizer.model.network
    rows = [torch.tensor(one.rows).to(network.device) for one in chunks]
    played = [
        synthesizer.performance(one.prepared, one.rows, row)
        for one, row in zip(chunks, rows, strict=True)
    ]
    groups: dict[int, list[int]] = {}
    for k, one in enumerate(played):
        groups.setdefault(one.frames.numel(), []).append(k)
    spoken: dict[int, Samples] = {}
    for group in groups.values():
        for first in range(0, len(group), MAX_TOGETHER):
            members = group[first : first + MAX_TOGETHER]
            inputs = [chunks[k].prepared.decoder_in[:, :, played[k].frames] for k in members]
            with ItemNoise([chunks[k].seed for k in members], network.device):
                audio = network.decoder(
                    torch.cat(inputs),
                    torch.cat([played[k].pitch_hz for k in members]),
                    torch.cat([played[k].energy for k in members]),
                    torch.cat([rows[k][:, TIMBRE] for k in members]),
                )
            found = np.asarray(audio.reshape(len(members), -1).cpu(), dtype=np.float32)
            spoken.update(zip(members, found, strict=True))
    return [spoken[k] for k in range(len(chunks))]
