"""Several utterances in one pass of the network: what a GPU is for.

Durations, pitch and energy are predicted one by one, because the phase of the voice adds up what
they differ by. Then chunks of nearly the same length are decoded together, padded to the longest;
see `padded_items`. Each item has the noise that it has alone, so a batch gives what single calls
give but for the order of sums: within `TOLERANCE`.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import psutil
import torch

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance
from kvoicewalk.decode import Samples
from kvoicewalk.item_noise import ItemNoise
from kvoicewalk.languages import DEFAULT_LANG
from kvoicewalk.padded_items import Lengths, PaddedItems
from kvoicewalk.seeds import chunk_seed
from kvoicewalk.synth import (
    DifferentiableSpeech,
    KokoroSynthesizer,
    PredictedProsody,
    PreparedChunk,
)
from kvoicewalk.torch_state import flushed_denormals, without_cudnn
from kvoicewalk.voices import TIMBRE, Voice

MAX_TOGETHER = 32  # bounds memory, as does
MAX_FRAMES = 8000  # of 25 ms in one pass without a gradient
MAX_PADDED = 1.25  # the longest of a pass to the shortest: what is padded is computed for nothing
TOLERANCE = 1e-4  # of samples, whose peaks are near 1
GRADIENT_BYTES_A_FRAME = 20e6  # of full-size Kokoro: twice what is kept for the way back
GRADIENT_SHARE = 0.5  # of a device's memory


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
    rows = [torch.tensor(one.rows).to(synthesizer.model.network.device) for one in chunks]
    items = [
        _Item(one.prepared, synthesizer.performance(one.prepared, one.rows, row), row, one.seed)
        for one, row in zip(chunks, rows, strict=True)
    ]
    spoken: dict[int, Samples] = {}
    for group in groups([one.n_frames for one in items], MAX_FRAMES):
        found = _render(synthesizer, [items[k] for k in group])
        spoken.update((k, one.cpu().numpy()) for k, one in zip(group, found, strict=True))
    return [spoken[k] for k in range(len(chunks))]


@dataclass(frozen=True)
class RowRequest:
    """One chunk that is wanted with its gradients; see `KokoroSynthesizer.speak_row`."""

    phonemes: str
    row: torch.Tensor
    seed: int


def speak_rows(
    synthesizer: KokoroSynthesizer,
    wanted: Sequence[RowRequest],
    *,
    max_frames: int,
    needs_prosody: bool = True,
    needs_samples: bool = True,
    is_mixed: bool = False,
) -> Iterator[tuple[list[int], list[DifferentiableSpeech]]]:
    """Speaks several chunks, some at a time: `KokoroSynthesizer.speak_row` for each.

    Args:
        synthesizer: speaks.
        wanted: chunks, rows and seeds.
        max_frames: of 25 ms, in one pass; one chunk is always spoken. A pass keeps what a gradient
            needs until its speech is let go.
        needs_prosody: see `speak_row`.
        needs_samples: see `speak_row`.
        is_mixed: see `speak_row`.

    Yields:
        Indices of what was spoken in one pass, and the speech of each.
    """
    device = synthesizer.model.network.device
    rows = [one.row.to(device)[None] for one in wanted]
    with flushed_denormals(), without_cudnn(), torch.no_grad():
        prepared = [synthesizer.prepare(one.phonemes) for one in wanted]
        plain = [synthesizer.perform(*one) for one in zip(prepared, rows, strict=True)]
    items = [
        _Item(chunk, performance, row, one.seed)
        for chunk, performance, row, one in zip(prepared, plain, rows, wanted, strict=True)
    ]
    for group in groups([one.n_frames for one in items], max_frames):
        members = [items[k] for k in group]
        with flushed_denormals(), without_cudnn():
            samples = [torch.zeros(0)] * len(group)
            if needs_samples:
                samples = _render(synthesizer, members, is_mixed)
            shown = [
                synthesizer.perform(one.prepared, one.row) if needs_prosody else one.performance
                for one in members
            ]
        yield (
            group,
            [
                DifferentiableSpeech(said, how.durations, how.pitch_hz.reshape(-1))
                for said, how in zip(samples, shown, strict=True)
            ],
        )


def groups(n_frames: Sequence[int], max_frames: int | None = None) -> list[list[int]]:
    """Returns which items go through the network together: those of nearly the same length.

    Args:
        n_frames: of each.
        max_frames: of one pass, padding counted; None: no limit. An item alone may have more.
    """
    found: list[list[int]] = []
    for k in sorted(range(len(n_frames)), key=n_frames.__getitem__):
        together = found[-1] if found else []
        is_apart = (
            not together
            or len(together) == MAX_TOGETHER
            or n_frames[k] > MAX_PADDED * n_frames[together[0]]
            or (max_frames is not None and (len(together) + 1) * n_frames[k] > max_frames)
        )
        if is_apart:
            found.append([k])
        else:
            together.append(k)
    return found


def frames_that_fit(device: torch.device) -> int:
    """Returns how many frames of 25 ms a device can speak in one pass with their gradients.

    By all of its memory, not by what is free: who goes with whom changes last digits, and must be
    the same each time.
    """
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
    else:
        total = psutil.virtual_memory().total
    return int(GRADIENT_SHARE * total / GRADIENT_BYTES_A_FRAME)


@dataclass(frozen=True)
class _Item:
    """A chunk of which it is known how it is to be spoken."""

    prepared: PreparedChunk
    performance: PredictedProsody
    row: torch.Tensor
    seed: int

    @property
    def n_frames(self) -> int:
        """Of 25 ms."""
        return self.performance.frames.numel()


def _render(
    synthesizer: KokoroSynthesizer, items: Sequence[_Item], is_mixed: bool = False
) -> list[torch.Tensor]:
    """Makes waveforms, float32 (n_samples,) each: `KokoroSynthesizer.render` for several."""
    device = synthesizer.model.network.device
    lengths = Lengths([one.n_frames for one in items], device)
    played = [one.performance for one in items]
    encoded = [one.prepared.decoder_in[:, :, one.performance.frames] for one in items]
    inputs = (
        lengths.join(encoded),
        lengths.join([one.pitch_hz for one in played]),
        lengths.join([one.energy for one in played]),
        torch.cat([one.row[:, TIMBRE] for one in items]),
    )
    with ExitStack() as stack:
        if is_mixed:
            stack.enter_context(torch.autocast(device.type, torch.bfloat16))
        padded = None if lengths.are_equal else lengths
        stack.enter_context(ItemNoise([one.seed for one in items], device, padded))
        if padded is not None:
            stack.enter_context(PaddedItems(lengths))
        audio = synthesizer.model.network.decoder(*inputs)
    audio = audio.reshape(len(items), -1).float()
    return [one.reshape(-1) for one in lengths.split(audio)]
