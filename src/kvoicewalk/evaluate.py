"""Voice → score: the only place where synthesis meets scoring.

An `Evaluator` speaks the texts with a voice, measures each utterance once, and remembers what it
measured under all that decides its samples and numbers (voice, phonemes, seed, model, device,
package versions), so that a voice seen before costs nothing.
Measurements do not depend on the target: a second target reuses them. What a gradient needs
(`kvoicewalk.loss`) is neither remembered nor counted here.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kvoicewalk.audio import Utterance
from kvoicewalk.errors import AudioError, SynthError
from kvoicewalk.evaluation_counts import EvaluationCounts, Stopwatch
from kvoicewalk.fingerprint import package_versions
from kvoicewalk.heard_ahead import HeardAhead, hear_ahead
from kvoicewalk.languages import DEFAULT_LANG
from kvoicewalk.scoring.combine import Score
from kvoicewalk.scoring.scorer import Scorer
from kvoicewalk.scoring.speaker import (
    Embeddings,
    EncoderSet,
    SpeakerEncoder,
    WindowedSpeech,
    joint_similarity,
)
from kvoicewalk.synth import Synthesizer
from kvoicewalk.voices import Voice

# Part of every cache key: raise it when a front end or a feature changes its numbers.
MEASUREMENT_VERSION = 5

Values = npt.NDArray[np.float32]
SpeakAll = Callable[[Sequence[tuple[str, Voice, int, str]]], Sequence[Utterance | None]]
"""Makes utterances of (text, voice, seed, language letter) in one pass."""


class MeasurementStore(Protocol):
    """Remembers float32 (n_values,) arrays by key and kind; `kvoicewalk.store` has some.

    Attributes:
        note: why the store does less than it should; "" if all is well.
    """

    note: str

    def get(self, key: str, kind: str) -> Values | None:
        """Returns a fresh copy of the values, float32 (n_values,); None if not there."""

    def put(self, key: str, kind: str, values: Values) -> None:
        """Remembers values, float32 (n_values,), over those of the same key and kind.

        Raises:
            ValueError: they are of another type or have more axes. Rounding silently would
                make a run with a warm cache differ from one without.
        """

    def close(self) -> None:
        """Lets go of files; more than once does no harm."""


@dataclass(frozen=True)
class Glance:
    """A voice heard by every second window of the speaker encoder.

    Attributes:
        target_similarity: by these windows alone, at most 1.
        n_windows: of the whole utterance. Fewer windows are less like any speaker, so glances at
            different numbers do not compare.
    """

    target_similarity: float
    n_windows: int


@dataclass(frozen=True)
class Gate:
    """Ends an evaluation early when the target similarity is below a floor.

    Attributes:
        min_target_similarity: by the whole target text.
        min_glance: by a glance at as many windows, before the others are embedded; None: no glance
            closes the gate.
    """

    min_target_similarity: float
    min_glance: Glance | None = None

    def is_closed_to(self, glance: Glance) -> bool:
        """Tells whether a glance is enough."""
        least = self.min_glance
        return (
            least is not None
            and glance.n_windows == least.n_windows
            and glance.target_similarity < least.target_similarity
        )


@dataclass(frozen=True)
class Evaluation:
    """What a voice scored.

    Attributes:
        voice_name: of the voice.
        target_similarity: on the target text, at most 1; by a glance where that closed the gate.
        score: None where the gate closed before the probe text was spoken.
        is_glance: True where a glance closed the gate: then `target_similarity` comes from half of
            the windows, and does not compare with others.
        likeness: the same as 0 for a stranger and 1 for the same person; None where it is counted
            as the original does.
        similarities: cosine by each encoder, by its name; empty at a glance.
    """

    voice_name: str
    target_similarity: float
    score: Score | None
    is_glance: bool = False
    likeness: float | None = None
    similarities: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_gated(self) -> bool:
        """True where the gate closed."""
        return self.score is None


def silent(voice: Voice) -> Evaluation:
    """Returns what a voice scores that gives no speech: likeness 0, and the gate closed."""
    return Evaluation(voice.name, 0.0, None)


@dataclass
class Evaluator:
    """Speaks, measures and scores voices against one target.

    Attributes:
        synthesizer: speaks.
        scorer: of the target.
        text: target text, whose features and likeness count.
        probe_text: second text, for self-similarity.
        seed: of all synthesis: voices are compared under common random numbers.
        lang: language of both texts, whatever the voice's own.
        memory: where measurements are kept.
        counts: what it cost.
    """

    synthesizer: Synthesizer
    scorer: Scorer
    text: str
    probe_text: str
    seed: int
    memory: MeasurementStore
    lang: str = DEFAULT_LANG
    counts: EvaluationCounts = field(default_factory=EvaluationCounts)
    _last_spoken: tuple[str, Utterance] | None = field(default=None, repr=False)
    _ahead: dict[str, HeardAhead] = field(default_factory=dict, repr=False)

    @property
    def fingerprint(self) -> str:
        """All that changes a voice's score besides voice, target, texts and seed, in one line."""
        encoders = self.scorer.encoders
        others = "" if self.scorer.has_glance else f" · encoders {' '.join(encoders.names)}"
        return self.measured_with + others

    @property
    def measured_with(self) -> str:
        """All that changes what is measured of an utterance, in one line."""
        speaker = self.synthesizer.identity
        return f"{speaker} · measurements {MEASUREMENT_VERSION} · {package_versions()}"

    def evaluate(
        self, voice: Voice, gate: Gate | None = None, seed: int | None = None
    ) -> Evaluation:
        """Scores a voice.

        Args:
            voice: to be scored.
            gate: ends it early.
            seed: of the synthesis; None takes the evaluator's own.

        Raises:
            SynthError: the voice does not speak on this model, or gives no speech.
        """
        self.counts.n_evaluations += 1
        # What costs least comes first: the target text is spoken and half of its windows embedded,
        # then the other half; features, and a second text to speak, are for what passed both.
        heard = _CachedMeasurements(self, voice, self.text, seed)
        if gate is not None and gate.min_glance is not None and self.scorer.has_glance:
            glance = self._look(heard)
            if gate.is_closed_to(glance):
                self.counts.n_gated += 1
                return Evaluation(voice.name, glance.target_similarity, None, is_glance=True)
        spoken = heard.embeddings()
        similarities = self.scorer.similarities(spoken)
        target_similarity = joint_similarity(similarities)
        likeness = self.scorer.likeness(target_similarity)
        if gate is not None and target_similarity < gate.min_target_similarity:
            self.counts.n_gated += 1
            return Evaluation(
                voice.name, target_similarity, None, likeness=likeness, similarities=similarities
            )
        probe = _CachedMeasurements(self, voice, self.probe_text, seed).embeddings()
        score = self.scorer.score(spoken, heard.features(), probe)
        return Evaluation(
            voice.name, target_similarity, score, likeness=likeness, similarities=similarities
        )

    def passes(self, voice: Voice, gate: Gate | None, seed: int | None = None) -> bool:
        """Tells whether a voice would be scored in full; what is heard for it, `evaluate` finds.

        Raises:
            SynthError: see `evaluate`.
        """
        heard = _CachedMeasurements(self, voice, self.text, seed)
        if gate is None:
            return True
        looks = gate.min_glance is not None and self.scorer.has_glance
        if looks and gate.is_closed_to(self._look(heard)):
            return False
        return self.scorer.target_similarity(heard.embeddings()) >= gate.min_target_similarity

    def glance(self, voice: Voice) -> Glance:
        """Returns the likeness to the target by every second window."""
        return self._look(_CachedMeasurements(self, voice, self.text))

    def _look(self, heard: "_CachedMeasurements") -> Glance:
        found = heard.glance()
        return Glance(self.scorer.glance_similarity(found[:-1]), int(found[-1]))

    def screen(self, voice: Voice, text: str) -> float:
        """Returns the likeness to the target on a short text, at most 1; cheap."""
        return self.scorer.target_similarity(_CachedMeasurements(self, voice, text).embeddings())

    def embeddings(self, voice: Voice) -> Embeddings:
        """Returns who speaks the target text, by each encoder; kept for `evaluate`."""
        return _CachedMeasurements(self, voice, self.text).embeddings()

    def likeness(self, voice: Voice) -> float:
        """Returns the likeness to the target on the target text, at most 1; kept for `evaluate`."""
        return self.scorer.target_similarity(self.embeddings(voice))

    def compare(self, voice: Voice) -> float:
        """Returns the target similarity, at most 1: the first half of `evaluate`, kept for it."""
        heard = _CachedMeasurements(self, voice, self.text)
        heard.features()
        return self.scorer.target_similarity(heard.embeddings())

    def speak_ahead(
        self, wanted: Sequence[tuple[Voice, str, int | None]], speak_all: SpeakAll
    ) -> None:
        """Speaks texts in one pass and embeds them in another, for measurements to come.

        Args:
            wanted: voice, text and seed (None: the evaluator's own); what is remembered is left
                out.
            speak_all: makes one utterance of each; None where a voice gives no finite speech.
        """
        heard = [(_CachedMeasurements(self, *one), one) for one in wanted]
        missing = {found.key: one for found, one in heard if not found.is_measured}
        if len(missing) < 2:
            return
        said = [
            (text, voice, self.seed if seed is None else seed, self.lang)
            for voice, text, seed in missing.values()
        ]
        with Stopwatch(self.counts.stage_s, "synthesis"):
            spoken = speak_all(said)
        there = {key: one for key, one in zip(missing, spoken, strict=True) if one is not None}
        for utterance in there.values():
            self.counts.add_spoken(utterance)
        with Stopwatch(self.counts.stage_s, "embedding"):
            heard_ahead = hear_ahead(self.scorer, list(there.values()))
        self._ahead.update(zip(there, heard_ahead, strict=True))

    def forget_ahead(self) -> None:
        """Forgets what was spoken and heard ahead."""
        self._ahead = {}

    def speak(self, voice: Voice) -> Utterance:
        """Speaks the target text with a voice, just as `evaluate` did; kept of the last voice.

        Not counted: it serves a file, no score.
        """
        last = self._last_spoken
        if last is not None and last[0] == _CachedMeasurements(self, voice, self.text).key:
            return last[1]
        return self.synthesizer.speak(self.text, voice, seed=self.seed, lang=self.lang)


class _CachedMeasurements:
    """One voice speaking one text: remembered where it can be, spoken and measured once else."""

    def __init__(
        self, evaluator: Evaluator, voice: Voice, text: str, seed: int | None = None
    ) -> None:
        self._evaluator, self._voice, self._text = evaluator, voice, text
        self._seed = evaluator.seed if seed is None else seed
        self._utterance: Utterance | None = None
        self._listening: WindowedSpeech | None = None
        parts = (
            evaluator.measured_with,
            voice.hash,
            str(self._seed),
            *evaluator.synthesizer.phonemes(text, evaluator.lang),
        )
        self.key = hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def is_measured(self) -> bool:
        """True where it need not be spoken to tell who speaks."""
        memory, encoders = self._evaluator.memory, self._evaluator.scorer.encoders
        return all(
            memory.get(self.key, _kind(one, encoders)) is not None for one in encoders.members
        )

    def glance(self) -> Values:
        """Returns the embedding, and behind it the number of windows, float32 (257,)."""

        def look(spoken: Utterance) -> Values:
            listening = self._listen(spoken)
            return np.append(listening.glance(), np.float32(listening.n_windows))

        return self._measure("glance", "embedding", look)

    def embeddings(self) -> Embeddings:
        """Returns who speaks, by each encoder's name; each is kept under its own."""
        return {one.name: self._embedding(one) for one in self._evaluator.scorer.encoders.members}

    def _embedding(self, encoder: SpeakerEncoder) -> Values:
        encoders = self._evaluator.scorer.encoders
        kind = _kind(encoder, encoders)
        if encoder is encoders.resemblyzer:  # may have heard a glance
            return self._measure(kind, "embedding", lambda said: self._listen(said).embedding())
        ahead = self._evaluator._ahead.get(self.key)
        found = None if ahead is None else ahead.embeddings.get(encoder.name)
        return self._measure(
            kind, "embedding", lambda said: encoder.embed(said) if found is None else found
        )

    def features(self) -> Values:
        scorer = self._evaluator.scorer
        return self._measure(f"features-{scorer.term.name}", "features", scorer.features)

    def _listen(self, spoken: Utterance) -> WindowedSpeech:
        if self._listening is None:
            ahead = self._evaluator._ahead.get(self.key)
            self._listening = ahead.listening if ahead is not None else None
        if self._listening is None:
            self._listening = self._evaluator.scorer.listen(spoken)
        return self._listening

    def _measure(self, kind: str, stage: str, measure: Callable[[Utterance], Values]) -> Values:
        memory, counts = self._evaluator.memory, self._evaluator.counts
        values = memory.get(self.key, kind)
        if values is not None:
            counts.n_remembered += 1
            return values
        utterance = self._speak()
        try:
            with Stopwatch(counts.stage_s, stage):
                values = measure(utterance)
        except AudioError as error:
            raise SynthError(
                f"voice {self._voice.name} gives no speech that could be compared; it was made for "
                "another model, or is damaged."
            ) from error
        memory.put(self.key, kind, values)
        return values

    def _speak(self) -> Utterance:
        if self._utterance is None:
            evaluator = self._evaluator
            ahead = evaluator._ahead.get(self.key)
            if ahead is not None:
                self._utterance = ahead.utterance
            else:
                with Stopwatch(evaluator.counts.stage_s, "synthesis"):
                    self._utterance = evaluator.synthesizer.speak(
                        self._text, self._voice, seed=self._seed, lang=evaluator.lang
                    )
                evaluator.counts.add_spoken(self._utterance)
            if self._text == evaluator.text and self._seed == evaluator.seed:
                evaluator._last_spoken = (self.key, self._utterance)
        return self._utterance


def _kind(encoder: SpeakerEncoder, encoders: EncoderSet) -> str:
    """Returns the kind under which an encoder's embeddings are remembered."""
    return "embedding" if encoder is encoders.resemblyzer else f"embedding-{encoder.name}"
