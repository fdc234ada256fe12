"""Trains the network and the speakers' styles together, from nothing."""

import dataclasses
import math
import random
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from kvoicewalk.models.mini.network import MiniKModel
from kvoicewalk.models.mini.vocoder import N_ENVELOPE
from kvoicewalk.scoring.librosa_lock import librosa
from kvoicewalk.voices import STYLE_DIM
from tools.train_mini.corpus import FRAME_SAMPLES, Item
from tools.train_mini.rows import SPREAD_ACROSS_VOICES, length_drift

CROP_FRAMES = 64  # 1.6 s go through the decoder
N_CROPS = 16
LONG_FRAMES = 480
N_LONG = 4  # long texts in a batch of theirs
LONG_EVERY = 6
STYLE_NOISE = 0.03  # neighbours of a style sound like it
LEARNING_RATE, WARM_UP_STEPS, LOWEST_SHARE = 1.3e-3, 200, 0.02
QUIET_ENVELOPE = -4.0  # where the decoder's envelope starts, natural log
STOCK_SHARE = 0.5  # of the texts are a stock voice's
AVERAGING = 0.998  # of the weights, over the last few hundred steps
MAX_GRADIENT = 5.0
SAVE_EVERY = 100
STFT_SIZES = ((2048, 300), (1024, 200), (512, 100))
SILENT_ENERGY = -9.2


class SpeakerStyles(nn.Module):
    """One style a speaker, with a fixed spread across speakers."""

    def __init__(self, n_speakers: int) -> None:
        super().__init__()
        self.table = nn.Parameter(SPREAD_ACROSS_VOICES * torch.randn(n_speakers, STYLE_DIM))
        self.register_buffer("drift", torch.from_numpy(length_drift()), persistent=False)

    def styles(self) -> torch.Tensor:
        """Returns all styles, (n_speakers, 256), of mean 0 and spread 0.14."""
        centred = self.table - self.table.mean(dim=0)
        return centred * (SPREAD_ACROSS_VOICES / centred.std())

    def rows(self, speakers: torch.Tensor, n_phonemes: torch.Tensor) -> torch.Tensor:
        """Returns the style row of each speaker at each length, (batch, 256)."""
        return self.styles()[speakers] + self.drift[n_phonemes - 1]


@dataclasses.dataclass
class Batch:
    """Padded tensors of several items."""

    tokens: torch.Tensor
    lengths: torch.Tensor
    mask: torch.Tensor
    durations: torch.Tensor
    frames: torch.Tensor  # (batch, n_frames): which token each frame belongs to
    frame_mask: torch.Tensor  # (batch, 2 · n_frames), True where there is speech
    pitch_hz: torch.Tensor
    energy: torch.Tensor
    speakers: torch.Tensor
    n_phonemes: torch.Tensor
    crops: torch.Tensor  # (n_crops, 2): item, first frame
    waves: torch.Tensor  # (n_crops, CROP_FRAMES · 600)


def make_batch(
    items: Sequence[Item], vocab: dict[str, int], rng: random.Random, n_crops: int
) -> Batch:
    """Pads items together and cuts the decoder's crops out of them."""
    ids = [[0, *(vocab[c] for c in item.phonemes), 0] for item in items]
    lengths = torch.tensor([len(one) for one in ids])
    n_frames = [item.n_frames for item in items]
    # Short texts are followed by silence, so that a crop fits.
    n_tokens, most = int(lengths.max()), max(CROP_FRAMES, *n_frames)
    tokens = torch.zeros(len(items), n_tokens, dtype=torch.long)
    durations = torch.zeros(len(items), n_tokens)
    frames = torch.zeros(len(items), most, dtype=torch.long)
    pitch_hz = torch.zeros(len(items), 2 * most)
    energy = torch.full((len(items), 2 * most), SILENT_ENERGY)
    for row, (one, item) in enumerate(zip(ids, items, strict=True)):
        spans = torch.from_numpy(item.durations.astype(np.int64))
        tokens[row, : len(one)] = torch.tensor(one)
        durations[row, : len(one)] = spans.float()
        frames[row, : item.n_frames] = torch.repeat_interleave(torch.arange(len(one)), spans)
        pitch_hz[row, : 2 * item.n_frames] = torch.from_numpy(item.pitch_hz.astype(np.float32))
        energy[row, : 2 * item.n_frames] = torch.from_numpy(item.energy.astype(np.float32))
    crops, waves = [], []
    for index in range(n_crops):
        row = index % len(items)
        first = rng.randint(0, max(0, n_frames[row] - CROP_FRAMES))
        crops.append((row, first))
        cut = items[row].samples[first * FRAME_SAMPLES :][: CROP_FRAMES * FRAME_SAMPLES]
        wave = torch.zeros(CROP_FRAMES * FRAME_SAMPLES)
        wave[: cut.size] = torch.from_numpy(cut.astype(np.float32) / 32767)
        waves.append(wave)
    return Batch(
        tokens=tokens,
        lengths=lengths,
        mask=torch.arange(n_tokens)[None] >= lengths[:, None],
        durations=durations,
        frames=frames,
        frame_mask=torch.arange(2 * most)[None] < 2 * torch.tensor(n_frames)[:, None],
        pitch_hz=pitch_hz,
        energy=energy,
        speakers=torch.tensor([item.speaker for item in items]),
        n_phonemes=torch.tensor([len(item.phonemes) for item in items]),
        crops=torch.tensor(crops),
        waves=torch.stack(waves),
    )


class SpectralLoss(nn.Module):
    """Distance of magnitudes at three resolutions, linear, log and mel."""

    def __init__(self) -> None:
        super().__init__()
        mel = torch.from_numpy(librosa().filters.mel(sr=24_000, n_fft=2048, n_mels=80))
        self.register_buffer("mel", mel, persistent=False)
        for size, _ in STFT_SIZES:
            self.register_buffer(f"window{size}", torch.hann_window(size), persistent=False)

    def forward(self, made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """Returns the distance of waveforms, (batch, n_samples) each."""
        total = torch.zeros(())
        for size, hop in STFT_SIZES:
            a, b = (self._magnitude(wave, size, hop) for wave in (made, wanted))
            total = total + 0.5 * (a - b).norm() / (b.norm() + 1e-3)
            total = total + functional.l1_loss(torch.log(a + 1e-3), torch.log(b + 1e-3))
            if size == STFT_SIZES[0][0]:
                logs = (torch.log(self.mel @ one + 1e-3) for one in (a, b))
                total = total + 2 * functional.l1_loss(*logs)
        return total / len(STFT_SIZES)

    def _magnitude(self, wave: torch.Tensor, size: int, hop: int) -> torch.Tensor:
        window = getattr(self, f"window{size}")
        return torch.stft(wave, size, hop, window=window, return_complex=True).abs()


def losses(
    network: MiniKModel, styles: SpeakerStyles, batch: Batch, spectral: SpectralLoss
) -> dict[str, torch.Tensor]:
    """Returns each weighted part of the loss."""
    rows = styles.rows(batch.speakers, batch.n_phonemes)
    rows = rows + STYLE_NOISE * torch.randn_like(rows)
    timbre, prosody = rows[:, :128], rows[:, 128:]
    predictor = network.predictor
    hidden = network.bert(batch.tokens, attention_mask=(~batch.mask).int())
    encoded = predictor.text_encoder(
        network.bert_encoder(hidden).transpose(-1, -2), prosody, batch.lengths, batch.mask
    )
    timed, _ = predictor.lstm(encoded)
    durations = torch.sigmoid(predictor.duration_proj(timed)).sum(-1)
    spoken = ~batch.mask
    # Logs treat short and long sounds alike; the plain sum keeps the whole text's length.
    log_gap = torch.log1p(durations[spoken]) - torch.log1p(batch.durations[spoken])
    totals = [(d * spoken).sum(-1) for d in (durations, batch.durations)]
    total_gap = torch.log(totals[0]) - torch.log(totals[1])
    pick = batch.frames[:, None, :]
    along = encoded.transpose(-1, -2)
    pitch_hz, energy = predictor.F0Ntrain(
        along.gather(2, pick.expand(-1, along.shape[1], -1)), prosody
    )
    heard = batch.frame_mask
    text = network.text_encoder(batch.tokens, batch.lengths, batch.mask)
    made = network.decoder(*_crops(batch, text, timbre)).squeeze(1)
    n_samples = min(made.shape[-1], batch.waves.shape[-1])
    return {
        "duration": 3 * log_gap.abs().mean() + total_gap.abs().mean(),
        "pitch": functional.smooth_l1_loss(pitch_hz[heard] / 50, batch.pitch_hz[heard] / 50),
        "energy": 0.5 * functional.l1_loss(energy[heard], batch.energy[heard]),
        "spectrum": 2 * spectral(made[:, :n_samples], batch.waves[:, :n_samples]),
    }


def _crops(batch: Batch, text: torch.Tensor, timbre: torch.Tensor) -> tuple[torch.Tensor, ...]:
    owners, firsts = batch.crops[:, 0], batch.crops[:, 1]
    span = firsts[:, None] + torch.arange(CROP_FRAMES)[None]
    curve_span = 2 * firsts[:, None] + torch.arange(2 * CROP_FRAMES)[None]
    tokens = batch.frames[owners].gather(1, span)
    picked = text[owners].gather(2, tokens[:, None, :].expand(-1, text.shape[1], -1))
    curves = (c[owners].gather(1, curve_span) for c in (batch.pitch_hz, batch.energy))
    return (picked, *curves, timbre[owners])


@dataclasses.dataclass
class Course:
    """Which items each step learns from; the same for the same seed, wherever it starts.

    Attributes:
        items: all of them.
        stock: speakers that become stock voices.
        seed: of the order.
    """

    items: Sequence[Item]
    stock: frozenset[int]
    seed: int

    def __post_init__(self) -> None:
        groups: dict[tuple[bool, bool], list[Item]] = {}
        for item in sorted(self.items, key=lambda item: item.n_frames):
            key = (item.n_frames > LONG_FRAMES, item.speaker in self.stock)
            groups.setdefault(key, []).append(item)
        self._groups = groups

    def draw(self, step: int) -> tuple[list[Item], random.Random]:
        """Returns a step's items, of like length, and the generator for its crops."""
        rng = random.Random(f"{self.seed}/{step}")
        is_long = step % LONG_EVERY == LONG_EVERY - 1
        n_items = N_LONG if is_long else N_CROPS
        where = rng.random()  # the same place in each list: like lengths, little padding
        picked = []
        for _ in range(n_items):
            group = self._groups[is_long, rng.random() < STOCK_SHARE]
            spread = 0.04 if is_long else 0.1
            at = where + rng.uniform(-spread, spread)
            picked.append(group[min(len(group) - 1, int(abs(at) % 1 * len(group)))])
        return picked, rng


def learning_rate(step: int, n_steps: int) -> float:
    """Returns a warm-up, then half a cosine."""
    decay = 0.5 * (1 + math.cos(math.pi * step / n_steps))
    return LEARNING_RATE * min(1.0, (step + 1) / WARM_UP_STEPS) * max(LOWEST_SHARE, decay)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What all processes of a training share.

    Attributes:
        config: the network's.
        stock: speakers that become stock voices.
        n_speakers: of all.
        n_steps: in all.
        seed: of weights, order and noise.
        path: of the checkpoint.
        n_processes: each takes its share of every batch, on one thread.
    """

    config: dict[str, Any]
    stock: frozenset[int]
    n_speakers: int
    n_steps: int
    seed: int
    path: Path
    n_processes: int


def train(
    plan: Plan, items: Sequence[Item], on_save: Callable[[int], None] | None = None
) -> dict[str, torch.Tensor]:
    """Trains, going on from the plan's checkpoint where there is one; returns averaged weights.

    The networks are small and their recurrent layers many short calls, so that one thread in
    each of several processes is faster than several threads in one.

    Keys of the result: the network's, and `styles` (n_speakers, 256). `on_save` is told the step
    of each checkpoint.
    """
    meeting = plan.path.with_name("meeting")
    meeting.unlink(missing_ok=True)
    context = torch.multiprocessing.get_context("fork")
    others = [
        context.Process(target=_work, args=(rank, plan, items), daemon=True)
        for rank in range(1, plan.n_processes)
    ]
    for process in others:
        process.start()
    both = _work(0, plan, items, on_save)
    for process in others:
        process.join()
    weights = {k: v.detach() for k, v in both["network"].state_dict().items()}
    return {**weights, "styles": both["styles"].styles().detach()}


def _work(
    rank: int,
    plan: Plan,
    items: Sequence[Item],
    on_save: Callable[[int], None] | None = None,
) -> nn.ModuleDict:
    """One process of the training; returns the averaged network and styles."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    meeting = f"file://{plan.path.with_name('meeting').absolute()}"
    torch.distributed.init_process_group(
        "gloo", init_method=meeting, rank=rank, world_size=plan.n_processes
    )
    try:
        return _learn(rank, plan, Course(items, plan.stock, plan.seed), on_save)
    finally:
        torch.distributed.destroy_process_group()


def _learn(
    rank: int, plan: Plan, course: Course, on_save: Callable[[int], None] | None
) -> nn.ModuleDict:
    torch.manual_seed(plan.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network, styles = MiniKModel(plan.config), SpeakerStyles(plan.n_speakers)
    nn.init.zeros_(network.decoder.out.bias)
    nn.init.constant_(network.decoder.out.bias[:N_ENVELOPE], QUIET_ENVELOPE)
    both = nn.ModuleDict({"network": network, "styles": styles})
    optimizer = torch.optim.AdamW(both.parameters(), betas=(0.8, 0.99), weight_decay=1e-4)
    average = [parameter.detach().clone() for parameter in both.parameters()]
    first = 0
    if plan.path.is_file():
        saved = torch.load(plan.path, weights_only=True)  # noqa: TID251  (our own, see _save)
        both.load_state_dict(saved["both"])
        optimizer.load_state_dict(saved["optimizer"])
        average = saved["average"]
        first = saved["step"]
    both.train()
    spectral, shown, started = SpectralLoss(), Losses(), time.monotonic()
    for step in range(first, plan.n_steps):
        torch.manual_seed((plan.seed * 1_000_003 + step) * plan.n_processes + rank)
        drawn, rng = course.draw(step)
        batch = make_batch(
            drawn[rank :: plan.n_processes], plan.config["vocab"], rng, N_CROPS // plan.n_processes
        )
        parts = losses(network, styles, batch, spectral)
        optimizer.zero_grad()
        sum(parts.values()).backward()
        _share_gradients(both, plan.n_processes)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, plan.n_steps)
        if torch.isfinite(nn.utils.clip_grad_norm_(both.parameters(), MAX_GRADIENT)):
            optimizer.step()
            now = [parameter.detach() for parameter in both.parameters()]
            torch._foreach_lerp_(average, now, 1 - AVERAGING)
        shown.add(parts)
        done = step + 1
        if rank == 0 and (done % SAVE_EVERY == 0 or done == plan.n_steps):
            _save(plan.path, both, optimizer, average, done)
            pace_s = (time.monotonic() - started) / (done - first)
            if on_save:
                on_save(done)
            print(f"step {done}/{plan.n_steps}  {shown}  {pace_s:.2f} s a step", flush=True)
    for parameter, mean in zip(both.parameters(), average, strict=True):
        parameter.data.copy_(mean)
    return both


def _share_gradients(both: nn.Module, n_processes: int) -> None:
    if n_processes == 1:
        return
    # A parameter that a share of the batch does not touch has no gradient there.
    grads = [p.grad if p.grad is not None else torch.zeros_like(p) for p in both.parameters()]
    flat = torch.cat([grad.reshape(-1) for grad in grads])
    torch.distributed.all_reduce(flat)
    flat /= n_processes
    for parameter, grad in zip(
        both.parameters(), flat.split([grad.numel() for grad in grads]), strict=True
    ):
        parameter.grad = grad.view_as(parameter)


class Losses:
    """Running means of the parts of the loss."""

    def __init__(self) -> None:
        self._means: dict[str, float] = {}

    def add(self, parts: dict[str, torch.Tensor]) -> None:
        """Takes one step's parts."""
        for name, value in parts.items():
            now = float(value.detach())
            self._means[name] = 0.98 * self._means.get(name, now) + 0.02 * now

    def __str__(self) -> str:
        return "  ".join(f"{name} {value:.3f}" for name, value in self._means.items())


def _save(
    path: Path, both: nn.Module, optimizer: Any, average: list[torch.Tensor], step: int
) -> None:
    temporary = path.with_suffix(".tmp")
    state = {
        "both": both.state_dict(),
        "optimizer": optimizer.state_dict(),
        "average": average,
        "step": step,
    }
    torch.save(state, temporary)
    temporary.replace(path)
