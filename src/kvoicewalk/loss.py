"""Voice + text → loss and gradient: what the gradient search learns from.

A lesson speaks one short text with the voice, through the synthesizer's differentiable twin:

    Σ wₑ (1 − cosine to the target)   moves the timbre half, through waveform and speaker encoders
    pitch median and range, pace      move the prosody half, through the predictor's own outputs

Pitch and pace depend on the text, and a ruler for recordings is not a ruler for predictions. So the
target is compared with the start voice, both as recordings; each lesson then asks for what the
start voice itself predicts on the lesson's text, changed by that difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from kvoicewalk.config import GradientConfig
from kvoicewalk.errors import ModelError, Setting
from kvoicewalk.languages import DEFAULT_LANG
from kvoicewalk.scoring.prosody import HIGH, LOW, MEDIAN, Prosody
from kvoicewalk.scoring.speaker import DifferentiableEncoder, Embeddings, EncoderSet
from kvoicewalk.scoring.speaker.likeness import SCORE_SCALE, LikenessScale, likeness_scales
from kvoicewalk.seeds import lesson_order_seed, lesson_seed
from kvoicewalk.synth import (
    FRAME_S,
    KokoroSynthesizer,
    computes_bfloat16,
    flushed_denormals,
    without_cudnn,
)
from kvoicewalk.voices import Voice

VOICED_ABOVE_HZ = 50.0
QUANTILE_HALF_WIDTH = 0.05  # a quantile is the mean of the values this near to it in rank
FULL_LIKENESS = 1.15  # of a clip to the centroid of several others; a pair of clips has 1
EVEN_LIKENESS = 0.975  # where a balanced term weighs as much as a linear one
# Differences that count alike: one semitone of median or of range, a tenth of pace.
PITCH_UNIT, RANGE_UNIT, PACE_UNIT = 1.0, 1.0, 0.1


@dataclass(frozen=True)
class LossSample:
    """What one text taught.

    Attributes:
        loss: lower is better.
        gradient: float64 (256,), of the loss in an offset that all rows share.
        parts: the loss before weighting, by name.
    """

    loss: float
    gradient: npt.NDArray[np.float64] = field(repr=False)
    parts: Mapping[str, float]


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

    def miss(self, samples: torch.Tensor, phonemes: str) -> torch.Tensor:
        """See `LossTerm.miss`: 1 − cosine to the target, or its square's equivalent.

        With l the likeness and L what the target's own clips have, (L − l)² / (2 (L − m)) has the
        slope of L − l where l is m; in units of the cosine it is that times the scale's span.
        """
        del phonemes
        cosine = self.encoder.embed(samples) @ self.target
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
        weight: of `miss` in the loss.
    """

    @property
    def name(self) -> str:
        """Of the part."""

    @property
    def weight(self) -> float:
        """Of `miss` in the loss."""

    def miss(self, samples: torch.Tensor, phonemes: str) -> torch.Tensor:
        """Returns how far a waveform, (n_samples,) at 24 kHz, is from its aim; lower is better."""


class GradientLoss:
    """Gives lessons on texts that rotate, each with a seed of its own.

    Attributes:
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
        # Where samples, embedding and loss meet.
        self._device = synthesizer.model.network.device
        self._is_mixed = config.precision == "bfloat16" or (
            config.precision == "auto" and computes_bfloat16(self._device)
        )
        self._synthesizer, self._terms = synthesizer, tuple(terms)
        self._start, self._change, self._config, self._seed = start, change, config, seed
        # One chunk a text; the first one, should a text be longer.
        self._chunks = [synthesizer.phonemizer.phonemize(text, lang).chunks[0] for text in texts]
        self._targets: dict[str, torch.Tensor] = {}
        self.n_lessons = 0

    def sample(self, voice: Voice, number: int) -> LossSample:
        """Gives one lesson; the same voice and number give the same lesson.

        Args:
            voice: that learns.
            number: from 0; decides the text and the noise.

        Raises:
            AudioError: the voice makes no speech.
        """
        phonemes = self._chunks[self._text_index(number)]
        row = torch.tensor(voice.rows[len(phonemes) - 1, 0]).to(self._device).requires_grad_()
        weights = self._weights()
        spoken = self._synthesizer.speak_row(
            phonemes,
            row,
            seed=lesson_seed(self._seed, number),
            needs_prosody=bool(weights.any()),
            is_mixed=self._is_mixed,
            needs_samples=bool(self._terms),
        )
        with flushed_denormals(), without_cudnn():
            misses = {term.name: term.miss(spoken.samples, phonemes) for term in self._terms}
            now = self._numbers(spoken.pitch_hz, spoken.durations, len(phonemes))
            errors = _errors(now, self._target_numbers(phonemes))
            away = sum(term.weight * misses[term.name] for term in self._terms)
            loss: torch.Tensor = away + (weights * errors).sum()
            loss.backward()  # type: ignore[no-untyped-call]
        assert row.grad is not None
        self.n_lessons += 1
        pitch, span, pace = errors.detach().cpu().tolist()
        parts = {
            **{name: float(value.detach()) for name, value in misses.items()},
            "pitch": pitch,
            "range": span,
            "pace": pace,
        }
        return LossSample(float(loss.detach()), row.grad.cpu().numpy().astype(np.float64), parts)

    def _text_index(self, number: int) -> int:
        epoch, place = divmod(number, len(self._chunks))
        order = np.random.default_rng(lesson_order_seed(self._seed, epoch)).permutation(
            len(self._chunks)
        )
        return int(order[place])

    def _weights(self) -> torch.Tensor:
        change, config = self._change, self._config
        return torch.tensor(
            [
                0.0 if change.pitch_semitones is None else config.pitch_weight,
                0.0 if change.range_semitones is None else config.range_weight,
                0.0 if change.pace_log is None else config.pace_weight,
            ]
        ).to(self._device)

    @staticmethod
    def _numbers(pitch_hz: torch.Tensor, durations: torch.Tensor, n_phonemes: int) -> torch.Tensor:
        """Returns pitch and range in semitones and log seconds a phoneme, (3,)."""
        voiced_hz = pitch_hz[pitch_hz.detach() > VOICED_ABOVE_HZ]
        seconds = FRAME_S * durations[1:-1].sum() / n_phonemes
        low, median, high = smooth_quantiles(12 * torch.log2(voiced_hz), (LOW, MEDIAN, HIGH))
        return torch.stack([median, high - low, torch.log(seconds)])

    def _target_numbers(self, phonemes: str) -> torch.Tensor:
        if phonemes not in self._targets:
            row = torch.tensor(self._start.rows[len(phonemes) - 1, 0]).to(self._device)
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
            ).to(self._device)
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
