"""Voice + text → loss and gradient: what the gradient search learns from.

A lesson speaks one short text with the voice, through the synthesizer's differentiable twin:

    Σ wₑ (1 − cosine to the target)   moves the timbre half, through waveform and speaker encoders
    pitch median and range, pace      move the prosody half, through the predictor's own outputs

Pitch and pace depend on the text, and a ruler for recordings is not a ruler for predictions. So the
target is compared with the start voice, both as recordings; each lesson then asks for what the
start voice itself predicts on the lesson's text, changed by that difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypedDict

import numpy as np
import torch

from kvoicewalk.config import GradientConfig
from kvoicewalk.errors import AudioError, ModelError, Setting
from kvoicewalk.languages import DEFAULT_LANG
from kvoicewalk.requests import LossSample
from kvoicewalk.scoring.prosody import HIGH, LOW, MEDIAN, Prosody
from kvoicewalk.scoring.speaker import DifferentiableEncoder, Embeddings, EncoderSet
from kvoicewalk.scoring.speaker.likeness import SCORE_SCALE, LikenessScale, likeness_scales
from kvoicewalk.seeds import lesson_order_seed, lesson_seed
from kvoicewalk.synth import FRAME_S, DifferentiableSpeech, KokoroSynthesizer
from kvoicewalk.synth_together import RowRequest, speak_rows
from kvoicewalk.torch_state import computes_bfloat16, flushed_denormals, without_cudnn
from kvoicewalk.voices import Voice

VOICED_ABOVE_HZ = 50.0
QUANTILE_HALF_WIDTH = 0.05  # a quantile is the mean of the values this near to it in rank
FULL_LIKENESS = 1.15  # of a clip to the centroid of several others; a pair of clips has 1
EVEN_LIKENESS = 0.975  # where a balanced term weighs as much as a linear one
# Differences that count alike: one semitone of median or of range, a tenth of pace.
PITCH_UNIT, RANGE_UNIT, PACE_UNIT = 1.0, 1.0, 0.1


@dataclass(frozen=True)
class ProsodyChange:
    """What must change from the start voice to the target; None is left alone.

    Attributes:
        pitch_semitones: of the median.
        range_semitones: of the range between the quartiles.
        pace_log: natural log of the ratio of seconds a phoneme.
    """

    pitch_semitones: float | None
    range_semitones: float | None
    pace_log: float | None


def prosody_change(start: Prosody, target: Prosody) -> ProsodyChange:
    """Returns the difference of two speakers, both measured on recordings."""
    has_pace = start.pace_s is not None and target.pace_s is not None
    return ProsodyChange(
        _difference(start.pitch_semitones, target.pitch_semitones),
        _difference(start.range_semitones, target.range_semitones),
        float(np.log(target.pace_s / start.pace_s)) if has_pace else None,  # type: ignore[operator]
    )


def _difference(start: float | None, target: float | None) -> float | None:
    return None if start is None or target is None else target - start


@dataclass(frozen=True)
class SpeakerTerm:
    """What one speaker encoder adds to the loss: weight · (1 − cosine).

    Attributes:
        name: of the encoder.
        weight: makes shares of likeness of shares of the loss, whatever the encoder's scale.
        encoder: hears.
        target: float32 (dimension,), whom.
        scale: of the encoder, where what is missing counts by its square: the encoder that is less
            satisfied then leads, and one that is leaves the rest of the loss its say. None: linear.
    """

    name: str
    weight: float
    encoder: DifferentiableEncoder = field(repr=False)
    target: torch.Tensor = field(repr=False)
    scale: LikenessScale | None = None

    def misses(
        self, samples: Sequence[torch.Tensor], phonemes: Sequence[str]
    ) -> list[torch.Tensor]:
        """See `LossTerm.misses`: 1 − cosine to the target, or its square's equivalent.

        With l the likeness and L what the target's own clips have, (L − l)² / (2 (L − m)) has the
        slope of L − l where l is m; in units of the cosine it is that times the scale's span.
        """
        del phonemes
        return [self._miss(one @ self.target) for one in self.encoder.embed_all(samples)]

    def _miss(self, cosine: torch.Tensor) -> torch.Tensor:
        if self.scale is None:
            return 1 - cosine
        missing = (FULL_LIKENESS - self.scale.likeness(cosine)).clamp(min=0)
        return missing.square() * (self.scale.span / (2 * (FULL_LIKENESS - EVEN_LIKENESS)))


def speaker_terms(
    encoders: EncoderSet, target: Embeddings, config: GradientConfig
) -> tuple[SpeakerTerm, ...]:
    """Returns a term for each encoder.

    An encoder's share of the loss is one of likeness, counted on Resemblyzer's scale; its cosine
    therefore counts by how much narrower or wider its own scale is. Resemblyzer alone has 1.
    """
    shares = {name: config.encoder_shares.get(name, 1.0) for name in encoders.names}
    scales = likeness_scales()
    span = scales[SCORE_SCALE].span
    terms = []
    for one in encoders.members:
        share = shares[one.name] / sum(shares.values())
        twin = one.differentiable(config.partials_per_s)
        aim = torch.from_numpy(target[one.name]).to(twin.device)
        scale = scales[one.name] if len(shares) > 1 and config.is_balanced else None
        weight = share * (span / scales[one.name].span)
        terms.append(SpeakerTerm(one.name, weight, twin, aim, scale))
    return tuple(terms)


class LossTerm(Protocol):
    """What the waveform adds to the loss.

    Attributes:
        name: of the part.
        weight: of a miss in the loss.
    """

    @property
    def name(self) -> str:
        """Of the part."""

    @property
    def weight(self) -> float:
        """Of a miss in the loss."""

    def misses(
        self, samples: Sequence[torch.Tensor], phonemes: Sequence[str]
    ) -> list[torch.Tensor]:
        """Returns how far each waveform is from its aim; lower is better.

        Args:
            samples: (n_samples,) each, at 24 kHz.
            phonemes: that each speaks.

        Raises:
            AudioError: one of them makes no speech.
        """


class _Needs(TypedDict):
    """What of `KokoroSynthesizer.speak_row` a lesson asks for."""

    needs_prosody: bool
    needs_samples: bool
    is_mixed: bool


@dataclass(frozen=True)
class _Lesson:
    """What is to be spoken, by which row, with which noise."""

    phonemes: str
    row: torch.Tensor
    seed: int


class GradientLoss:
    """Gives lessons on texts that rotate, each with a seed of its own.

    Attributes:
        device: where samples, embedding and loss meet.
        n_lessons: given so far.
    """

    def __init__(
        self,
        synthesizer: KokoroSynthesizer,
        terms: Sequence[LossTerm],
        start: Voice,
        change: ProsodyChange,
        texts: Sequence[str],
        config: GradientConfig,
        seed: int = 0,
        lang: str = DEFAULT_LANG,
    ) -> None:
        if not texts:
            method = Setting("method", "random", "cma")
            raise ModelError("no lesson text is short enough; take ", method, ".")
        self.device = synthesizer.model.network.device
        self._is_mixed = config.precision == "bfloat16" or (
            config.precision == "auto" and computes_bfloat16(self.device)
        )
        self._synthesizer, self._terms = synthesizer, tuple(terms)
        self._start, self._change, self._config, self._seed = start, change, config, seed
        # One chunk a text; the first one, should a text be longer.
        self._chunks = [synthesizer.phonemizer.phonemize(text, lang).chunks[0] for text in texts]
        self._targets: dict[str, torch.Tensor] = {}
        self.n_lessons = 0

    def sample(self, voice: Voice, number: int, seed: int | None = None) -> LossSample:
        """Gives one lesson; the same voice, number and seed give the same lesson.

        Args:
            voice: that learns.
            number: from 0; decides the text and the noise.
            seed: with the number; None: that of the loss.

        Raises:
            AudioError: the voice makes no speech.
        """
        lesson = self._lesson(voice, number, seed)
        spoken = self._synthesizer.speak_row(
            lesson.phonemes, lesson.row, seed=lesson.seed, **self._needs()
        )
        (found,) = self._teach([lesson], [spoken])
        return found

    def sample_all(
        self, wanted: Sequence[tuple[Voice, int, int | None]], max_frames: int
    ) -> list[LossSample | None]:
        """Gives several lessons, as many in one pass as fit: `sample` for each, closely.

        Args:
            wanted: voice, number and seed of each.
            max_frames: of 25 ms, in one pass.

        Returns:
            A lesson each; None where the voice makes no speech.
        """
        lessons = [self._lesson(*one) for one in wanted]
        found: dict[int, LossSample | None] = {}
        spoken = speak_rows(
            self._synthesizer,
            [RowRequest(one.phonemes, one.row, one.seed) for one in lessons],
            max_frames=max_frames,
            **self._needs(),
        )
        for group, said in spoken:
            try:
                taught = self._teach([lessons[k] for k in group], said)
                found.update(zip(group, taught, strict=True))
            except AudioError:  # of one; who it is shows alone
                found.update((k, self._sample_or_none(*wanted[k])) for k in group)
        return [found[k] for k in range(len(lessons))]

    def _sample_or_none(self, voice: Voice, number: int, seed: int | None) -> LossSample | None:
        try:
            return self.sample(voice, number, seed)
        except AudioError:
            return None

    def _lesson(self, voice: Voice, number: int, seed: int | None) -> _Lesson:
        seed = self._seed if seed is None else seed
        phonemes = self._chunks[self._text_index(number, seed)]
        row = torch.tensor(voice.rows[len(phonemes) - 1, 0]).to(self.device).requires_grad_()
        return _Lesson(phonemes, row, lesson_seed(seed, number))

    def _needs(self) -> _Needs:
        return {
            "needs_prosody": bool(self._weights().any()),
            "needs_samples": bool(self._terms),
            "is_mixed": self._is_mixed,
        }

    def _teach(
        self, lessons: Sequence[_Lesson], spoken: Sequence[DifferentiableSpeech]
    ) -> list[LossSample]:
        """Returns what lessons teach that were spoken in one pass.

        Raises:
            AudioError: one of them has no speech.
        """
        weights, phonemes = self._weights(), [one.phonemes for one in lessons]
        samples = [one.samples for one in spoken]
        with flushed_denormals(), without_cudnn():
            by_term = [term.misses(samples, phonemes) for term in self._terms]
            misses = list(zip(*by_term, strict=True)) or [()] * len(lessons)
            errors = [
                _errors(
                    self._numbers(said.pitch_hz, said.durations, len(one.phonemes)),
                    self._target_numbers(one.phonemes),
                )
                for one, said in zip(lessons, spoken, strict=True)
            ]
            losses = [
                sum(term.weight * miss for term, miss in zip(self._terms, own, strict=True))
                + (weights * off).sum()
                for own, off in zip(misses, errors, strict=True)
            ]
            # No lesson hangs on another's row, so one way back serves all.
            total: torch.Tensor = sum(losses[1:], start=losses[0])
            total.backward()  # type: ignore[no-untyped-call]
        self.n_lessons += len(lessons)
        return [self._told(*parts) for parts in zip(lessons, losses, misses, errors, strict=True)]

    def _told(
        self,
        lesson: _Lesson,
        loss: torch.Tensor,
        misses: Sequence[torch.Tensor],
        errors: torch.Tensor,
    ) -> LossSample:
        gradient = lesson.row.grad
        assert gradient is not None
        pitch, span, pace = errors.detach().cpu().tolist()
        parts = {
            **{
                term.name: float(miss.detach())
                for term, miss in zip(self._terms, misses, strict=True)
            },
            "pitch": pitch,
            "range": span,
            "pace": pace,
        }
        return LossSample(float(loss.detach()), gradient.cpu().numpy().astype(np.float64), parts)

    def _text_index(self, number: int, seed: int) -> int:
        epoch, place = divmod(number, len(self._chunks))
        rng = np.random.default_rng(lesson_order_seed(seed, epoch))
        return int(rng.permutation(len(self._chunks))[place])

    def _weights(self) -> torch.Tensor:
        change, config = self._change, self._config
        return torch.tensor(
            [
                0.0 if change.pitch_semitones is None else config.pitch_weight,
                0.0 if change.range_semitones is None else config.range_weight,
                0.0 if change.pace_log is None else config.pace_weight,
            ]
        ).to(self.device)

    @staticmethod
    def _numbers(pitch_hz: torch.Tensor, durations: torch.Tensor, n_phonemes: int) -> torch.Tensor:
        """Returns pitch and range in semitones and log seconds a phoneme, (3,)."""
        voiced_hz = pitch_hz[pitch_hz.detach() > VOICED_ABOVE_HZ]
        seconds = FRAME_S * durations[1:-1].sum() / n_phonemes
        low, median, high = smooth_quantiles(12 * torch.log2(voiced_hz), (LOW, MEDIAN, HIGH))
        return torch.stack([median, high - low, torch.log(seconds)])

    def _target_numbers(self, phonemes: str) -> torch.Tensor:
        if phonemes not in self._targets:
            row = torch.tensor(self._start.rows[len(phonemes) - 1, 0]).to(self.device)
            prepared = self._synthesizer.prepare(phonemes)
            with torch.no_grad(), flushed_denormals(), without_cudnn():
                plain = self._synthesizer.perform(prepared, row[None])
            change, pitch_hz = self._change, plain.pitch_hz.reshape(-1)
            now = self._numbers(pitch_hz, plain.durations, len(phonemes))
            self._targets[phonemes] = now + torch.tensor(
                [
                    change.pitch_semitones or 0.0,
                    change.range_semitones or 0.0,
                    change.pace_log or 0.0,
                ]
            ).to(self.device)
        return self._targets[phonemes]


def _errors(numbers: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Returns how far each number is off, (3,): square when near, linear when far."""
    units = torch.tensor([PITCH_UNIT, RANGE_UNIT, PACE_UNIT]).to(numbers.device)
    return torch.sqrt(1 + ((numbers - targets) / units) ** 2) - 1


def smooth_quantiles(values: torch.Tensor, quantiles: Sequence[float]) -> list[torch.Tensor]:
    """Returns quantiles whose gradient reaches more than one value.

    Args:
        values: (n_values,).
        quantiles: in (0, 1).

    Returns:
        One scalar a quantile: the mean of the values within 5 % of it in rank; 0 without values.
    """
    if values.numel() == 0:
        return [values.sum() for _ in quantiles]
    ordered = values.sort().values
    found = []
    for quantile in quantiles:
        first = int((quantile - QUANTILE_HALF_WIDTH) * values.numel())
        last = int(np.ceil((quantile + QUANTILE_HALF_WIDTH) * values.numel()))
        found.append(ordered[max(0, first) : max(first + 1, last)].mean())
    return found
