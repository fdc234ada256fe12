"""How good is the embedded model? Everything on sentences that no training text holds.

    uv run --group train python -m tools.train_mini.evaluation [--quick]

Each stock voice is compared with espeak-ng speaking the same text in the manner that the voice
was learned from.
"""

import argparse
import functools
import itertools
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from rich.table import Table

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance
from kvoicewalk.config import ModelConfig
from kvoicewalk.models import open_model
from kvoicewalk.models.mini import WEIGHTS_PATH
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.score.speaker import SpeakerEncoder
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.voices import PROSODY, TIMBRE, Voice, mix_voices
from tools.train_mini.corpus import FRAME_SAMPLES, Item, frame_pitch_hz, make_item
from tools.train_mini.espeak import Manner
from tools.train_mini.export import STOCK_PATH
from tools.train_mini.gradients import FrozenSpeech, cost_ratio, worst_error
from tools.train_mini.recognition import share_identified
from tools.train_mini.texts import TEST_SENTENCES

N_TEXTS = 12
LENGTHS = (10, 40, 100, 200, 400, 500)
N_LENGTH_VOICES = 8
MIN_JOINED_S = 4.0  # short utterances are joined before they are embedded
N_TIMINGS = 9
N_MIXES, N_MIX_SENTENCES = 100, 10

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Bench:
    """All that an evaluation speaks with.

    Attributes:
        synthesizer: on the shipped weights.
        encoder: Resemblyzer.
        voices: the stock voices.
        manners: of espeak-ng, by voice name.
    """

    synthesizer: KokoroSynthesizer
    encoder: SpeakerEncoder
    voices: dict[str, Voice]
    manners: dict[str, Manner]

    def mini(self, text: str, voice: Voice) -> Samples:
        """Returns mini's speech, float32 (n_samples,)."""
        return self.synthesizer.speak(text, voice, seed=0).samples

    def embed(self, *parts: Samples) -> npt.NDArray[np.float32]:
        """Returns the embedding of all parts joined."""
        return self.encoder.embed(Utterance(np.concatenate(parts), SAMPLE_RATE_HZ))


def open_bench() -> Bench:
    """Loads what is shipped."""
    model = open_model(ModelConfig(name="mini", device="cpu"))
    manners = {name: Manner(**one) for name, one in json.loads(STOCK_PATH.read_text()).items()}
    return Bench(
        synthesizer=KokoroSynthesizer(model, Phonemizer(model.vocab, model.english)),
        encoder=SpeakerEncoder(),
        voices={name: model.voices.load(name) for name in manners},
        manners=manners,
    )


@functools.lru_cache(maxsize=20_000)
def espeak_item(text: str, manner: Manner) -> Item:
    """Returns espeak-ng's speech laid out as in training."""
    item = make_item(text, 0, manner)
    if item is None:
        raise ValueError(f"espeak-ng's times do not fit the letters of {text!r}")
    return item


def espeak(text: str, manner: Manner) -> Samples:
    """Returns espeak-ng's speech, float32 (n_samples,)."""
    return espeak_item(text, manner).samples.astype(np.float32) / 32767


def pitch_figures(parts: Sequence[Samples]) -> tuple[float, float]:
    """Returns the median in Hz and the 10-90 percentile range in semitones."""
    hz = np.concatenate([frame_pitch_hz(part) for part in parts])
    semitones = 12 * np.log2(hz[hz > 0])
    low, median, high = np.percentile(semitones, (10, 50, 90))
    return float(2 ** (median / 12)), float(high - low)


@dataclass(frozen=True)
class VoiceFigures:
    """One stock voice; errors are relative to espeak-ng's value."""

    name: str
    likeness: float
    to_others: float
    self_similarity: float
    pitch_hz: float
    pitch_error: float
    range_error: float
    duration_error: float
    identified: float
    espeak_identified: float


def by_voice(bench: Bench, sentences: Sequence[str], n_processes: int) -> list[VoiceFigures]:
    """Returns the figures of each stock voice."""
    texts = [" ".join(pair) for pair in zip(sentences[::2], sentences[1::2], strict=True)][:N_TEXTS]
    made = {n: [bench.mini(text, v) for text in texts] for n, v in bench.voices.items()}
    wanted = {n: [espeak(text, m) for text in texts] for n, m in bench.manners.items()}
    made_e = {n: np.stack([bench.embed(part) for part in parts]) for n, parts in made.items()}
    wanted_e = {n: np.stack([bench.embed(part) for part in parts]) for n, parts in wanted.items()}
    found = []
    for name, voice in bench.voices.items():
        own = made_e[name]
        others = [float((own * wanted_e[n]).sum(1).mean()) for n in bench.voices if n != name]
        pitch_hz, spread = pitch_figures(made[name])
        wanted_hz, wanted_spread = pitch_figures(wanted[name])
        n_made, n_wanted = (sum(part.size for part in all_[name]) for all_ in (made, wanted))
        shares = [
            share_identified([(s, speak(s)) for s in sentences], sentences, n_processes)
            for speak in (
                functools.partial(_mini, bench, voice),
                functools.partial(_espeak, bench.manners[name]),
            )
        ]
        pairs = itertools.combinations(range(len(texts)), 2)
        found.append(
            VoiceFigures(
                name=name,
                likeness=float((own * wanted_e[name]).sum(1).mean()),
                to_others=float(np.mean(others)),
                self_similarity=float(np.mean([own[i] @ own[j] for i, j in pairs])),
                pitch_hz=wanted_hz,
                pitch_error=pitch_hz / wanted_hz - 1,
                range_error=spread / wanted_spread - 1,
                duration_error=n_made / n_wanted - 1,
                identified=shares[0],
                espeak_identified=shares[1],
            )
        )
    return found


def _mini(bench: Bench, voice: Voice, text: str) -> Samples:
    return bench.mini(text, voice)


def _espeak(manner: Manner, text: str) -> Samples:
    return espeak(text, manner)


def voice_table(figures: Sequence[VoiceFigures]) -> Table:
    """Returns the table, with means and worst cases."""
    columns = (
        "voice", "likeness", "to others", "self", "F0 Hz", "F0 err", "range err", "time err",
        "identified", "espeak's",
    )  # fmt: skip
    table = Table(*columns, box=None, pad_edge=False)
    rows = [
        (f.likeness, f.to_others, f.self_similarity, f.pitch_hz, f.pitch_error, f.range_error,
         f.duration_error, f.identified, f.espeak_identified)
        for f in figures
    ]  # fmt: skip
    styles = ("{:.3f}", "{:.3f}", "{:.3f}", "{:.0f}", *["{:+.1%}"] * 3, "{:.0%}", "{:.0%}")
    for figure, row in zip(figures, rows, strict=True):
        table.add_row(figure.name, *(s.format(v) for s, v in zip(styles, row, strict=True)))
    values = np.array(rows)
    values[:, 4:7] = np.abs(values[:, 4:7])
    worst = np.where([True, False, True, False, False, False, False, True, True],
                     values.min(0), values.max(0))  # fmt: skip
    for name, summary in (("mean of sizes", values.mean(0)), ("worst", worst)):
        table.add_row(name, *(s.format(v) for s, v in zip(styles, summary, strict=True)))
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
    """Returns likeness, duration error and intelligibility for each text length."""
    table = Table("phonemes", "texts", "likeness", "time err", "identified", "espeak's",
                  "drifted", box=None, pad_edge=False)  # fmt: skip
    phonemizer = bench.synthesizer.phonemizer

    def count(text: str) -> int:
        return sum(len(chunk) for chunk in phonemizer.phonemize(text).chunks)

    names = list(bench.voices)[:: max(1, len(bench.voices) // N_LENGTH_VOICES)][:N_LENGTH_VOICES]
    for n_phonemes in LENGTHS:
        texts = phrases(n_phonemes, count)
        n_mean = np.mean([count(text) for text in texts])
        likeness, drifted, gaps = [], [], []
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
            drifted.append(float(aim @ bench.embed(*(bench.mini(texts[i], astray) for i in group))))
            for text, one, other in zip(texts, made, wanted, strict=True):
                heard["mini"] += cut_sentences(text, one, mini_edges(bench, text, voice))
                heard["espeak"] += cut_sentences(text, other, espeak_edges(text, manner))
        choices = sorted({text for text, _ in heard["mini"]})
        shares = [share_identified(heard[who], choices, n_processes) for who in heard]
        table.add_row(
            f"{n_mean:.0f}", str(len(texts)), f"{np.mean(likeness):.3f}",
            f"{np.mean(np.abs(gaps)):.1%}", *(f"{share:.0%}" for share in shares),
            f"{np.mean(drifted):.3f}",
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
    (chunk,) = bench.synthesizer.phonemizer.phonemize(text).chunks
    row = torch.from_numpy(voice.rows[len(chunk) - 1].copy())
    with torch.inference_mode():
        prepared = bench.synthesizer.prepare(chunk)
        durations, _ = bench.synthesizer.predict_durations(prepared, row)
    n_frames = durations.round().clamp(min=1).numpy().astype(np.int64)
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


def evaluate(n_processes: int | None = None) -> None:
    """Prints the tables."""
    n_processes = n_processes or os.cpu_count() or 1
    console, bench = Console(width=110, highlight=False), open_bench()
    console.print(spread_figures(bench))
    console.print(speed_figures(bench))
    console.print(gradient_figures(bench))
    console.print(voice_table(by_voice(bench, TEST_SENTENCES, n_processes)))
    console.print(by_length(bench, n_processes))
    plain, mixed = by_mix(bench, n_processes)
    console.print(f"identified: stock voices {plain:.1%}, {N_MIXES} mixes of three {mixed:.1%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measures the embedded model.")
    parser.add_argument("--processes", type=int)
    evaluate(parser.parse_args().processes)
