"""How good is the embedded model? Everything on sentences that no training text holds.

    uv run --group train python -m tools.train_mini.evaluation [--only voices]

Each stock voice is compared with espeak-ng speaking the same text in the manner that the voice
was learned from.
"""

import argparse
import functools
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from rich.table import Table

from kvoicewalk.audio import SAMPLE_RATE_HZ
from kvoicewalk.config import ModelConfig
from kvoicewalk.models import open_model
from kvoicewalk.models.mini import WEIGHTS_PATH
from kvoicewalk.models.mini.vocoder import VOICED_ABOVE_HZ
from kvoicewalk.voices import PROSODY, TIMBRE, Voice, mix_voices
from tools.train_mini.bench import (
    Bench,
    VoiceFigures,
    compare_voices,
    espeak,
    espeak_item,
    in_pairs,
    open_bench,
)
from tools.train_mini.corpus import FRAME_SAMPLES, frame_pitch_hz
from tools.train_mini.espeak import Manner
from tools.train_mini.gradients import FrozenSpeech, cost_ratio, worst_error
from tools.train_mini.recognition import share_identified
from tools.train_mini.texts import TEST_SENTENCES

N_TEXTS = 12
LENGTHS = (10, 40, 100, 200, 400, 500)
N_LENGTH_VOICES = 8
MIN_JOINED_S = 4.0  # short utterances are joined before they are embedded
N_TIMINGS = 9
PARTS = ("figures", "voices", "lengths", "mixes")
N_MIXES, N_MIX_SENTENCES = 100, 10

Samples = npt.NDArray[np.float32]


def by_voice(
    bench: Bench, sentences: Sequence[str], n_processes: int
) -> dict[str, tuple[VoiceFigures, float, float]]:
    """Returns, by voice, its figures and how often it and espeak-ng's speech are identified."""
    found = {}
    for name, figures in compare_voices(bench, in_pairs(sentences)[:N_TEXTS]).items():
        mini, other = (
            share_identified([(s, speak(s)) for s in sentences], sentences, n_processes)
            for speak in (
                functools.partial(_mini, bench, bench.voices[name]),
                functools.partial(_espeak, bench.manners[name]),
            )
        )
        found[name] = (figures, mini, other)
    return found


def _mini(bench: Bench, voice: Voice, text: str) -> Samples:
    return bench.mini(text, voice)


def _espeak(manner: Manner, text: str) -> Samples:
    return espeak(text, manner)


def voice_table(found: Mapping[str, tuple[VoiceFigures, float, float]]) -> Table:
    """Returns the table, with means and worst cases."""
    columns = (
        "voice", "likeness", "to others", "self", "espeak's", "F0 Hz", "F0 err", "range err",
        "time err", "identified", "espeak's",
    )  # fmt: skip
    table = Table(*columns, box=None, pad_edge=False)
    rows = {name: (*astuple(figures), *shares) for name, (figures, *shares) in found.items()}
    styles = (
        "{:.3f}",
        "{:.3f}",
        "{:.4f}",
        "{:.4f}",
        "{:.0f}",
        *["{:+.1%}"] * 3,
        "{:.0%}",
        "{:.0%}",
    )
    values = np.array(list(rows.values()))
    values[:, 5:8] = np.abs(values[:, 5:8])
    is_more_better = [True, False, True, True, False, False, False, False, True, True]
    worst = np.where(is_more_better, values.min(0), values.max(0))
    rows |= {"mean of sizes": values.mean(0), "worst": worst}
    for name, row in rows.items():
        table.add_row(name, *(s.format(v) for s, v in zip(styles, row, strict=True)))
    return table


def phrases(n_phonemes: int, count: Callable[[str], int]) -> list[str]:
    """Returns texts of about so many phonemes: beginnings of sentences, or several of them."""
    if n_phonemes <= 45:
        found = []
        for sentence in TEST_SENTENCES:
            words = sentence.rstrip(".").split()
            parts = [" ".join(words[: k + 1]) + "." for k in range(len(words))]
            found.append(min(parts, key=lambda part: abs(count(part) - n_phonemes)))
        return found
    texts, part = [], ""
    for sentence in TEST_SENTENCES:
        longer = f"{part} {sentence}".strip()
        if part and count(longer) > n_phonemes + 10:
            texts.append(part)
            longer = sentence
        part = longer
    return texts


def by_length(bench: Bench, n_processes: int) -> Table:
    """Returns likeness, duration error and intelligibility for each text length.

    The last column is what likeness loses where rows have gone astray, with its standard error
    over the voices.
    """
    table = Table("phonemes", "texts", "likeness", "time err", "identified", "espeak's",
                  "loss astray", box=None, pad_edge=False)  # fmt: skip
    phonemizer = bench.synthesizer.phonemizer

    def count(text: str) -> int:
        return sum(len(chunk) for chunk in phonemizer.phonemize(text).chunks)

    names = list(bench.voices)[:: max(1, len(bench.voices) // N_LENGTH_VOICES)][:N_LENGTH_VOICES]
    for n_phonemes in LENGTHS:
        texts = phrases(n_phonemes, count)
        n_mean = np.mean([count(text) for text in texts])
        likeness, losses, gaps = [], [], []
        heard: dict[str, list[tuple[str, Samples]]] = {"mini": [], "espeak": []}
        for name in names:
            voice, manner = bench.voices[name], bench.manners[name]
            made = [bench.mini(text, voice) for text in texts]
            wanted = [espeak(text, manner) for text in texts]
            gaps.append(sum(p.size for p in made) / sum(p.size for p in wanted) - 1)
            astray = drift(voice)
            groups = _joined(wanted)
            for group in groups:
                aim = bench.embed(*(wanted[i] for i in group))
                likeness.append(float(aim @ bench.embed(*(made[i] for i in group))))
            group = groups[0]
            aim = bench.embed(*(wanted[i] for i in group))
            gone = bench.embed(*(bench.mini(texts[i], astray) for i in group))
            losses.append(float(aim @ bench.embed(*(made[i] for i in group)) - aim @ gone))
            for text, one, other in zip(texts, made, wanted, strict=True):
                heard["mini"] += cut_sentences(text, one, mini_edges(bench, text, voice))
                heard["espeak"] += cut_sentences(text, other, espeak_edges(text, manner))
        choices = sorted({text for text, _ in heard["mini"]})
        shares = [share_identified(heard[who], choices, n_processes) for who in heard]
        table.add_row(
            f"{n_mean:.0f}", str(len(texts)), f"{np.mean(likeness):.3f}",
            f"{np.mean(np.abs(gaps)):.1%}", *(f"{share:.0%}" for share in shares),
            f"{np.mean(losses):.3f} ± {np.std(losses, ddof=1) / len(losses) ** 0.5:.3f}",
        )  # fmt: skip
    return table


def drift(voice: Voice) -> Voice:
    """Returns a voice whose rows have each gone astray on their own, as unused ones do."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0.0, 0.5 * float(voice.rows.std()), voice.rows.shape)
    return Voice(f"{voice.name} astray", (voice.rows + noise).astype(np.float32))


def _joined(parts: Sequence[Samples]) -> list[list[int]]:
    groups: list[list[int]] = [[]]
    for index in range(len(parts)):
        if sum(parts[i].size for i in groups[-1]) >= MIN_JOINED_S * SAMPLE_RATE_HZ:
            groups.append([])
        groups[-1].append(index)
    # The last one may be too short to embed well.
    return groups if len(groups) == 1 else groups[:-1]


def mini_edges(bench: Bench, text: str, voice: Voice) -> npt.NDArray[np.int64]:
    """Returns where each token of mini's speech begins and ends, in samples."""
    n_frames, _ = bench.predict(text, voice)
    return np.concatenate(([0], np.cumsum(n_frames))) * FRAME_SAMPLES


def espeak_edges(text: str, manner: Manner) -> npt.NDArray[np.int64]:
    """Returns the same of espeak-ng's."""
    durations = espeak_item(text, manner).durations.astype(np.int64)
    return np.concatenate(([0], np.cumsum(durations))) * FRAME_SAMPLES


def cut_sentences(
    text: str, samples: Samples, edges: npt.NDArray[np.int64]
) -> list[tuple[str, Samples]]:
    """Cuts speech at its full stops; returns (sentence, samples) of each."""
    sentences = [part.strip() + "." for part in text.split(".") if part.strip()]
    if len(sentences) == 1:
        return [(text, samples)]
    stops = sentence_ends(text)
    ends = [int(edges[index + 2]) for index in stops[:-1]] + [samples.size]
    starts = [0, *ends[:-1]]
    return [
        (sentence, samples[start:end])
        for sentence, start, end in zip(sentences, starts, ends, strict=True)
    ]


@functools.cache
def sentence_ends(text: str) -> list[int]:
    """Returns the places of the full stops among a text's phonemes."""
    item = espeak_item(text, Manner("m3"))
    return [index for index, letter in enumerate(item.phonemes) if letter == "."]


def by_mix(bench: Bench, n_processes: int) -> tuple[float, float]:
    """Returns how often voices, and random mixes of three of them, are identified."""
    rng = np.random.default_rng(0)
    names = list(bench.voices)
    plain, mixed = [], []
    for index in range(N_MIXES):
        picked = rng.choice(names, 3, replace=False)
        weights = rng.dirichlet((2.0, 2.0, 2.0))
        mix = mix_voices(
            [(bench.voices[n], float(w)) for n, w in zip(picked, weights, strict=True)], "mix"
        )
        for k in range(N_MIX_SENTENCES):
            sentence = TEST_SENTENCES[(index * N_MIX_SENTENCES + k) % len(TEST_SENTENCES)]
            mixed.append((sentence, bench.mini(sentence, mix)))
            plain.append((sentence, bench.mini(sentence, bench.voices[picked[k % 3]])))
    return (
        share_identified(plain, TEST_SENTENCES, n_processes),
        share_identified(mixed, TEST_SENTENCES, n_processes),
    )


def spread_figures(bench: Bench) -> str:
    """Returns how far the voices lie apart, and how far their rows."""
    rows = np.stack([voice.rows[:, 0] for voice in bench.voices.values()])
    across = rows.mean(axis=1).std(axis=0).mean()
    within = rows.std(axis=1).mean()
    norms = np.linalg.norm(rows, axis=2).mean(axis=0)
    text = " ".join(TEST_SENTENCES[:2])
    spoken = np.stack([bench.embed(bench.mini(text, voice)) for voice in bench.voices.values()])
    alike = spoken @ spoken.T - np.eye(len(spoken))
    return (
        f"std across voices {across:.3f}, within {within:.3f} (ratio {within / across:.2f}); "
        f"norm {norms[0]:.1f} at row 0, {norms[-1]:.1f} at row 509; two voices are alike at most "
        f"{alike.max():.3f}"
    )


def tracker_figures(bench: Bench) -> str:
    """Returns how often the pitch tracker hears another octave than mini meant to speak."""
    texts = in_pairs(TEST_SENTENCES)[:N_TEXTS]
    shares = {}
    for name, voice in bench.voices.items():
        heard_hz = np.concatenate([frame_pitch_hz(bench.mini(text, voice)) for text in texts])
        meant_hz = np.concatenate([bench.predict(text, voice)[1] for text in texts])
        is_both = (heard_hz > 0) & (meant_hz > VOICED_ABOVE_HZ)
        octaves = np.log2(heard_hz[is_both] / meant_hz[is_both])
        shares[name] = float((np.abs(octaves) > 0.5).mean())
    worst = max(shares, key=shares.__getitem__)
    return (
        f"tracked pitch is more than half an octave from the predictor's in "
        f"{statistics.mean(shares.values()):.1%} of voiced frames, at most {shares[worst]:.1%} "
        f"({worst})"
    )


def speed_figures(bench: Bench) -> str:
    """Returns load time, size, real-time factor and the cost of a gradient, on one thread."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    started = time.perf_counter()
    open_model(ModelConfig(name="mini", device="cpu"))
    load_s = time.perf_counter() - started
    voice, text = next(iter(bench.voices.values())), " ".join(TEST_SENTENCES[:4])
    bench.mini(text, voice)
    factors = []
    for _ in range(N_TIMINGS):
        started = time.perf_counter()
        n_samples = bench.mini(text, voice).size
        factors.append((time.perf_counter() - started) * SAMPLE_RATE_HZ / n_samples)
    speech = FrozenSpeech(bench.synthesizer, bench.encoder, voice, text, torch.float32)
    ratio = cost_ratio(speech)
    torch.set_num_threads(n_threads)
    return (
        f"load {load_s:.2f} s, weights {WEIGHTS_PATH.stat().st_size / 1e6:.1f} MB, real-time "
        f"factor {statistics.median(factors):.4f}, forward and backward {ratio:.1f} × forward"
    )


def gradient_figures(bench: Bench) -> str:
    """Returns the largest relative gap of autograd and finite differences."""
    voice = next(iter(bench.voices.values()))
    speech = FrozenSpeech(bench.synthesizer, bench.encoder, voice, TEST_SENTENCES[0], torch.float64)
    timbre = worst_error(speech.embedding, speech.row[:, TIMBRE], 0)
    prosody = worst_error(speech.timing_and_pitch, speech.row[:, PROSODY], 0)
    return f"gradient off by at most {timbre:.1e} (timbre), {prosody:.1e} (prosody)"


def evaluate(n_processes: int | None = None, parts: Sequence[str] = PARTS) -> None:
    """Prints the figures and tables asked for, each when it is done."""
    n_processes = n_processes or os.cpu_count() or 1
    console, bench = Console(width=120, highlight=False), open_bench()
    if "figures" in parts:
        for figures in (spread_figures, speed_figures, gradient_figures, tracker_figures):
            console.print(figures(bench), soft_wrap=True)
    if "voices" in parts:
        console.print(voice_table(by_voice(bench, TEST_SENTENCES, n_processes)))
    if "lengths" in parts:
        console.print(by_length(bench, n_processes))
    if "mixes" in parts:
        plain, mixed = by_mix(bench, n_processes)
        console.print(f"identified: stock voices {plain:.1%}, {N_MIXES} mixes of three {mixed:.1%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measures the embedded model.")
    parser.add_argument("--processes", type=int)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    options = parser.parse_args()
    evaluate(options.processes, options.only)
