"""Pitch and pace of speech, in three numbers that a voice's prosody half decides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kvoicewalk.audio import Utterance, resample, speech_duration_s
from kvoicewalk.scoring.pitch import RATE_HZ, VOICED_ABOVE, frame_pitch

MIN_VOICED_FRAMES = 20
LOW, MEDIAN, HIGH = 0.25, 0.5, 0.75  # quantiles; errors by an octave reach the outer ones


@dataclass(frozen=True)
class Prosody:
    """How a speaker speaks.

    Attributes:
        pitch_semitones: median of the voiced frames, 12 · log2(Hz); None where too few are voiced.
        range_semitones: between the quartiles; None likewise.
        pace_s: seconds of speech a phoneme; None where the words are not known.
    """

    pitch_semitones: float | None
    range_semitones: float | None
    pace_s: float | None


def measure_prosody(clips: Sequence[Utterance], n_phonemes: int | None = None) -> Prosody:
    """Measures speech.

    Args:
        clips: of one speaker.
        n_phonemes: in all clips together; None where the words are not known.
    """
    semitones = np.concatenate([_voiced_semitones(clip) for clip in clips])
    speech_s = sum(speech_duration_s(clip) for clip in clips)
    pace_s = speech_s / n_phonemes if n_phonemes and speech_s > 0 else None
    if semitones.size < MIN_VOICED_FRAMES:
        return Prosody(None, None, pace_s)
    low, median, high = np.quantile(semitones, (LOW, MEDIAN, HIGH))
    return Prosody(float(median), float(high - low), pace_s)


def _voiced_semitones(clip: Utterance) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    samples = resample(clip.samples, clip.sample_rate_hz, RATE_HZ)
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < 1e-9:
        return np.zeros(0)
    pitch_hz, strength = frame_pitch(samples / np.float32(peak))
    return np.asarray(12 * np.log2(pitch_hz[strength > VOICED_ABOVE]))
