"""mini and espeak-ng speaking the same texts, and how far they lie apart."""

import functools
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance
from kvoicewalk.config import ModelConfig
from kvoicewalk.models import open_model
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.scoring.speaker import Resemblyzer
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.voices import PROSODY, Voice
from tools.train_mini.corpus import Item, frame_pitch_hz, make_item
from tools.train_mini.espeak import Manner
from tools.train_mini.export import STOCK_PATH

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
    encoder: Resemblyzer
    voices: dict[str, Voice]
    manners: dict[str, Manner]

    def mini(self, text: str, voice: Voice) -> Samples:
        """Returns mini's speech, float32 (n_samples,)."""
        return self.synthesizer.speak(text, voice, seed=0).samples

    def embed(self, *parts: Samples) -> npt.NDArray[np.float32]:
        """Returns the embedding of all parts joined."""
        return self.encoder.embed(Utterance(np.concatenate(parts), SAMPLE_RATE_HZ))

    def predict(
        self, text: str, voice: Voice
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Returns what mini means to speak.

        Returns:
            Frames of 25 ms of each token, (n_phonemes + 2,); pitch in Hz, (2 · n_frames,).
        """
        (chunk,) = self.synthesizer.phonemizer.phonemize(text).chunks
        row = torch.from_numpy(voice.rows[len(chunk) - 1].copy())
        with torch.inference_mode():
            durations, encoded = self.synthesizer.predict_durations(
                self.synthesizer.prepare(chunk), row
            )
            n_frames = durations.round().clamp(min=1).long()
            along = torch.repeat_interleave(encoded.transpose(-1, -2), n_frames, dim=2)
            pitch_hz, _ = self.synthesizer.model.network.predictor.F0Ntrain(along, row[:, PROSODY])
        return n_frames.numpy(), pitch_hz.reshape(-1).numpy()


def open_bench() -> Bench:
    """Loads what is shipped."""
    model = open_model(ModelConfig(name="mini", device="cpu"))
    manners = {name: Manner(**one) for name, one in json.loads(STOCK_PATH.read_text()).items()}
    return Bench(
        synthesizer=KokoroSynthesizer(model, Phonemizer(model.vocab, model.english)),
        encoder=Resemblyzer(),
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
    """One stock voice; errors are relative to espeak-ng's value.

    Attributes:
        likeness: Resemblyzer similarity to espeak-ng's speech of the same text, mean.
        to_others: the same to the other voices' speech.
        self_similarity: between mini's own texts, mean over pairs.
        espeak_self_similarity: the same of espeak-ng's.
        pitch_hz: median, of espeak-ng.
        pitch_error: of mini's median.
        range_error: of mini's 10-90 percentile range in semitones.
        duration_error: of mini's total time.
    """

    likeness: float
    to_others: float
    self_similarity: float
    espeak_self_similarity: float
    pitch_hz: float
    pitch_error: float
    range_error: float
    duration_error: float


def compare_voices(bench: Bench, texts: Sequence[str]) -> dict[str, VoiceFigures]:
    """Returns the figures of each stock voice, by name."""
    made = {n: [bench.mini(text, v) for text in texts] for n, v in bench.voices.items()}
    wanted = {n: [espeak(text, m) for text in texts] for n, m in bench.manners.items()}
    made_e = {n: np.stack([bench.embed(part) for part in parts]) for n, parts in made.items()}
    wanted_e = {n: np.stack([bench.embed(part) for part in parts]) for n, parts in wanted.items()}
    found = {}
    for name, own in made_e.items():
        others = [float((own * wanted_e[n]).sum(1).mean()) for n in made_e if n != name]
        pitch_hz, spread = pitch_figures(made[name])
        wanted_hz, wanted_spread = pitch_figures(wanted[name])
        n_made, n_wanted = (sum(part.size for part in all_[name]) for all_ in (made, wanted))
        found[name] = VoiceFigures(
            likeness=float((own * wanted_e[name]).sum(1).mean()),
            to_others=float(np.mean(others)),
            self_similarity=_self_similarity(own),
            espeak_self_similarity=_self_similarity(wanted_e[name]),
            pitch_hz=wanted_hz,
            pitch_error=pitch_hz / wanted_hz - 1,
            range_error=spread / wanted_spread - 1,
            duration_error=n_made / n_wanted - 1,
        )
    return found


def _self_similarity(embeddings: npt.NDArray[np.float32]) -> float:
    pairs = itertools.combinations(embeddings, 2)
    return float(np.mean([one @ other for one, other in pairs]))


def in_pairs(sentences: Sequence[str]) -> list[str]:
    """Returns texts of two sentences each, about six seconds of speech."""
    return [" ".join(pair) for pair in zip(sentences[::2], sentences[1::2], strict=True)]
