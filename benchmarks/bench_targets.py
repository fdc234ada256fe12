"""Targets that benchmarks search for, and all that scores them.

espeak-ng's variants that the embedded model never heard come with its package; the human speakers
are those of ../shared/data.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, read_utterance
from kvoicewalk.bundle import bundled_dir
from kvoicewalk.config import RankConfig, ScoreConfig
from kvoicewalk.evaluate import Evaluator, SerialExecutor
from kvoicewalk.held_out import measure_held_out
from kvoicewalk.models import Model
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.scoring.acoustics import make_feature_term
from kvoicewalk.scoring.scorer import Scorer
from kvoicewalk.scoring.speaker import EncoderSet, Resemblyzer, compare, joint_similarity
from kvoicewalk.scoring.target import Target, build_target
from kvoicewalk.search.base import standings
from kvoicewalk.search.rank import rank
from kvoicewalk.store import MemoryCache
from kvoicewalk.synth import KokoroSynthesizer, Synthesizer
from kvoicewalk.texts import texts_of
from kvoicewalk.voices import Voice
from tools.train_mini.espeak import Espeak, Manner, training_variants

CLIPS_DIR = Path(__file__).resolve().parents[2] / "shared" / "data" / "targets"
N_TARGET_CLIPS = 3
# Long tables speak these two, of 3 to 4 s, instead of the default ones of 11 s.
SHORT_TEXT = texts_of().screening
SHORT_PROBE_TEXT = "Five large boats were painted blue before noon."
PEAK = 0.7
_ENGINES: list[Espeak] = []


@dataclass(frozen=True)
class BenchTarget:
    """One target.

    Attributes:
        name: `f4` (a variant of espeak-ng) or `2033` (a human speaker).
        clips: that the search compares with.
        other: speech of the same speaker that no search hears.
        ceiling: likeness that it has to the clips.
    """

    name: str
    clips: tuple[Utterance, ...]
    other: tuple[Utterance, ...]
    ceiling: float


class EspeakSpeaker:
    """One variant of espeak-ng as a `Synthesizer`; it needs no voice."""

    identity = "espeak-ng"

    def __init__(self, variant: str) -> None:
        if variant in training_variants():
            raise SystemExit(f"the embedded model was trained on {variant}; choose another")
        if not _ENGINES:  # the library allows one a process
            _ENGINES.append(Espeak())
        self._manner = Manner(variant)

    def speak(self, text: str, _voice: Voice | None = None, **_: object) -> Utterance:
        """See `Synthesizer.speak`."""
        samples = _ENGINES[0].speak(text, self._manner).samples
        return Utterance(samples * (PEAK / float(np.abs(samples).max())), SAMPLE_RATE_HZ, text)


class Recorder:
    """A synthesizer that keeps what was spoken, so that all guards hear the same speech."""

    def __init__(self, inner: Synthesizer) -> None:
        self._inner, self.identity = inner, inner.identity
        self.heard: list[Utterance] = []

    def speak(self, text: str, voice: Voice, **how: Any) -> Utterance:
        """See `Synthesizer.speak`."""
        self.heard.append(self._inner.speak(text, voice, **how))
        return self.heard[-1]


def open_target(name: str, encoders: EncoderSet) -> BenchTarget:
    """Returns the target of that name; a human's last three clips make the ceiling alone."""
    if name.isdigit():
        paths = sorted(CLIPS_DIR.glob(f"human_{name}-*"))
        clips = [read_utterance(path) for path in paths]
        target = build_target(name, clips[:N_TARGET_CLIPS], encoders, make_feature_term("scaled"))
        other = tuple(clips[N_TARGET_CLIPS:])
        own = [joint_similarity(compare(encoders.embed(clip), target.embeddings)) for clip in other]
        return BenchTarget(name, tuple(clips[:N_TARGET_CLIPS]), other, float(np.mean(own)))
    speaker = EspeakSpeaker(name)
    text = " ".join((bundled_dir("examples") / "target.txt").read_text(encoding="utf-8").split())
    clip = speaker.speak(text)
    recorder = Recorder(speaker)
    references = [encoders.embed(clip)]
    found = measure_held_out(None, references, recorder, encoders, n_seeds=1)  # type: ignore[arg-type]
    return BenchTarget(name, (clip,), tuple(recorder.heard), found.target_similarity)


@dataclass(frozen=True)
class Desk:
    """All that a benchmark scores with, loaded once; Resemblyzer alone, as in all our figures."""

    synthesizer: KokoroSynthesizer
    encoders: EncoderSet
    voices: tuple[Voice, ...]

    @classmethod
    def on(cls, model: Model) -> "Desk":
        """Returns a desk for a model and its stock voices."""
        synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, model.english))
        voices = tuple(model.voices.load(name) for name in model.voices.names)
        return cls(synthesizer, EncoderSet.alone(Resemblyzer()), voices)

    def evaluator(
        self, target: BenchTarget, config: ScoreConfig, seed: int = 0, is_short: bool = False
    ) -> Evaluator:
        """Returns an evaluator that remembers nothing yet, on the default or the short texts."""
        texts = (
            (SHORT_TEXT, SHORT_PROBE_TEXT) if is_short else (texts_of().target, texts_of().probe)
        )
        term = make_feature_term(config.scoring)
        measured: Target = build_target(target.name, target.clips, self.encoders, term)
        scorer = Scorer(measured, self.encoders, term, config)
        return Evaluator(self.synthesizer, scorer, *texts, seed, MemoryCache())

    def ranked(self, evaluator: Evaluator) -> list[Voice]:
        """Returns the stock voices, likest first, as `kvw rank` orders them."""
        by_name = {voice.name: voice for voice in self.voices}
        steps: Iterator = rank(self.voices, evaluator, RankConfig(), SerialExecutor())
        return [by_name[step.voice_name] for step in standings(list(steps))]
