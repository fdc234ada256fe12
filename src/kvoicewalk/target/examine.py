"""A recording → what is used of it, its measures and its grades."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kvoicewalk.audio import Recording, Utterance
from kvoicewalk.config import RecordingLimits
from kvoicewalk.scoring.speaker import Resemblyzer, cosine, pool_embeddings
from kvoicewalk.target.copies import are_copies
from kvoicewalk.target.part import Part, best_part
from kvoicewalk.target.quality import (
    Figures,
    Finding,
    below,
    grade_channels,
    grade_file,
    grade_length,
    grade_signal,
    grade_voices,
)
from kvoicewalk.target.signal import (
    bandwidth_hz,
    drift_share,
    hear,
    level_dbfs,
    noise_power,
    power_above_hum,
    snr_db,
    steady_tone_share,
    without_offset,
)
from kvoicewalk.target.speakers import split_voices, trace_voice


@dataclass(frozen=True)
class Examined:
    """A recording, looked at.

    Attributes:
        utterance: what is used as target: all of it, or its best part, without its offset.
        duration_s: of the whole.
        speech_s: of the whole.
        part: None where all is used.
        figures: of what is used.
        findings: in a fixed order, ok ones with them.
    """

    utterance: Utterance = field(repr=False)
    duration_s: float
    speech_s: float
    part: Part | None
    figures: Figures
    findings: tuple[Finding, ...]

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Those that are not ok."""
        return tuple(one for one in self.findings if one.grade != "ok")


def examine(
    recording: Recording,
    limits: RecordingLimits,
    encoder: Resemblyzer,
    together_s: float = 0.0,
) -> Examined:
    """Looks at a recording and picks its best part where it is long.

    Args:
        recording: that `check_recording` lets pass.
        limits: of grades and lengths.
        encoder: tells voices apart.
        together_s: length of all clips of the speaker; a short clip among others is none too few.
    """
    utterance, offset = without_offset(recording.utterance, limits.offset_share)
    heard = hear(utterance)
    speech_s = heard.speech_s
    trace = trace_voice(heard, encoder)
    split = split_voices(trace.embeddings)
    part, others = None, split
    if utterance.duration_s > limits.long_s:
        part = best_part(utterance, heard, trace, split, limits)
        utterance = part.utterance
        heard = hear(utterance)
        split = split_voices(trace_voice(heard, encoder).embeddings)
    power = power_above_hum(heard.spectra)[heard.is_speech]
    figures = Figures(
        duration_s=utterance.duration_s,
        speech_s=heard.speech_s,
        level_dbfs=level_dbfs(heard) - recording.gain_db,
        gain_db=recording.gain_db,
        offset=offset,
        drift_share=drift_share(utterance),
        snr_db=snr_db(float(power.mean()) if power.size else 0.0, noise_power(heard.spectra)),
        bandwidth_hz=bandwidth_hz(heard),
        clipped_share=recording.source.clipped_share,
        tone_share=steady_tone_share(heard),
        voice_likeness=split.likeness if split else None,
        minor_share=split.minor_share if split else None,
    )
    findings = (
        grade_length(recording.utterance.duration_s, together_s, figures, part, limits),
        *grade_signal(figures, limits),
        grade_voices(figures, part, others, limits, recording.source),
        grade_channels(recording.source),
        *grade_file(recording.source),
    )
    whole_s = recording.utterance.duration_s
    return Examined(utterance, whole_s, speech_s, part, figures, findings)


def compare_clips(
    names: Sequence[str],
    clips: Sequence[Utterance],
    encoder: Resemblyzer,
    limits: RecordingLimits,
) -> tuple[tuple[float, Finding], ...]:
    """Compares each of several clips with the others together.

    Returns:
        Each clip's likeness to the centroid of the others, at most 1, and what it means.

    Raises:
        AudioError: one holds no speech.
    """
    embeddings = [encoder.embed(clip) for clip in clips]
    found = []
    for i, (name, own) in enumerate(zip(names, embeddings, strict=True)):
        likeness = cosine(own, pool_embeddings([*embeddings[:i], *embeddings[i + 1 :]]))
        grade = below(likeness, limits.clip_likeness)
        advice = "another speaker or another place? Leave it out." if grade != "ok" else ""
        words = f"{name} is {likeness:.2f} like the other clips"
        found.append((likeness, Finding(grade, "clips", words, advice)))
    return tuple(found)


def find_copies(names: Sequence[str], clips: Sequence[Utterance]) -> tuple[Finding, ...]:
    """Finds recordings that were given twice, in the same format or in two.

    Args:
        names: of the recordings, as given.
        clips: all of each.
    """
    found = []
    for i, name in enumerate(names):
        copy = next((k for k in range(i) if are_copies(clips[k], clips[i])), None)
        if copy is not None:
            words = f"{name} is the same recording as {names[copy]}"
            advice = "give it once: a copy adds nothing, and makes the clips look more alike."
            found.append(Finding("note", "clips", words, advice))
    return tuple(found)
