"""A recording's measures → findings in plain words, each with a grade and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kvoicewalk.config import RecordingLimits
from kvoicewalk.decode import Source, channel_name
from kvoicewalk.errors import Message, Setting
from kvoicewalk.target.part import Part
from kvoicewalk.target.speakers import Split

Grade = Literal["ok", "note", "bad"]
GRADES: tuple[Grade, ...] = ("ok", "note", "bad")


@dataclass(frozen=True)
class Figures:
    """Measures of what is used of a recording.

    Attributes:
        duration_s: length in seconds.
        speech_s: of it speech, short pauses with it.
        level_dbfs: root mean square of speech, as recorded.
        gain_db: by how much the file was raised or turned down to be usable.
        offset: what was taken from each sample of the recording; 0 where it was centred.
        drift_share: by how much the offset moves from second to second, of the root mean square.
        snr_db: speech over noise above 200 Hz, −10 to 60; higher is better.
        bandwidth_hz: above it speech has next to nothing; at most 8,000.
        clipped_share: of the file's samples, within 1 % of its highest peak.
        tone_share: of the sound, in which several tones stand still.
        voice_likeness: between the two most different voices in it, at most 1; None: too short.
        minor_share: of speech by the one heard less, 0 to 0.5; None: too short.
    """

    duration_s: float
    speech_s: float
    level_dbfs: float
    gain_db: float
    offset: float
    drift_share: float
    snr_db: float
    bandwidth_hz: float
    clipped_share: float
    tone_share: float
    voice_likeness: float | None
    minor_share: float | None


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        grade: ok, note (it costs likeness) or bad (not worth hours of search).
        what: was looked at, in a word.
        found: in words, with figures.
        advice: what to do; "" where nothing need be done.
    """

    grade: Grade
    what: str
    found: str
    advice: str = ""

    @property
    def words(self) -> Message:
        """What was found and what to do, in one line."""
        return Message(self.found, "; ", self.advice)


def worst(findings: Sequence[Finding]) -> Grade:
    """Returns the worst grade; ok for none."""
    return max((one.grade for one in findings), key=GRADES.index, default="ok")


def below(value: float, limits: tuple[float, float]) -> Grade:
    """Grades a value that is better when higher, by its limits for note and bad."""
    note, bad = limits
    return "bad" if value < bad else "note" if value < note else "ok"


def _above(value: float, limits: tuple[float, float]) -> Grade:
    note, bad = limits
    return "bad" if value > bad else "note" if value > note else "ok"


def _finding(grade: Grade, what: str, found: str, advice: str) -> Finding:
    return Finding(grade, what, found, "" if grade == "ok" else advice)


def grade_length(
    whole_s: float,
    together_s: float,
    figures: Figures,
    part: Part | None,
    limits: RecordingLimits,
) -> Finding:
    """Grades length and share of speech; names the part that is used."""
    found = f"{whole_s:.1f} s, {figures.speech_s:.1f} s of it speech"
    if part is not None:
        found = f"{whole_s:.0f} s, used are {part.describe()}"
    if figures.speech_s < limits.min_speech_share * figures.duration_s:
        advice = "mostly pauses; check that it holds the voice you mean."
        return Finding("note", "length", found, advice)
    is_short = max(whole_s, together_s) < limits.short_s
    advice = f"{limits.short_s:g} s and more give steadier scores; add clips of the same speaker."
    return _finding("note" if is_short else "ok", "length", found, advice)


def grade_signal(figures: Figures, limits: RecordingLimits) -> tuple[Finding, ...]:
    """Grades noise, band, clipping, music and level; tells of an offset."""
    is_narrow = figures.bandwidth_hz <= limits.narrow_hz
    is_quiet = figures.level_dbfs < limits.quiet_dbfs
    level = f"speech at {figures.level_dbfs:.0f} dBFS"
    if figures.gain_db > 0:
        level += f", very quiet: raised by {figures.gain_db:.0f} dB"
    elif is_quiet:
        level += ", very quiet"
    elif round(figures.gain_db) < 0:
        level += f", beyond full scale: turned down by {-figures.gain_db:.0f} dB"
    return (
        _finding(
            below(figures.snr_db, limits.snr_db),
            "noise",
            f"speech stands {figures.snr_db:.0f} dB above the noise",
            "record nearer to the microphone in a quiet room, or take out the noise first.",
        ),
        _finding(
            "bad" if is_narrow else "ok",
            "band",
            f"sound up to {figures.bandwidth_hz / 1000:.1f} kHz"
            + (", as on a telephone" if is_narrow else ""),
            "the voice would come out dull; find a recording from a microphone.",
        ),
        _finding(
            _above(figures.clipped_share, limits.clipped_share),
            "clipping",
            f"{figures.clipped_share:.2%} of the samples are clipped",
            "record again at a lower level; turning a clipped file down does not help.",
        ),
        _finding(
            _above(figures.tone_share, limits.tone_share),
            "music",
            f"steady tones in {figures.tone_share:.0%} of it",
            "music, hum or beeps: take a passage without, or take them out first.",
        ),
        _finding(
            "note" if is_quiet else "ok",
            "level",
            level,
            "it works, but record louder if you can: then hiss matters less.",
        ),
        _grade_offset(figures, limits),
    )


def _grade_offset(figures: Figures, limits: RecordingLimits) -> Finding:
    if figures.drift_share > limits.drift_share:
        advice = "take it out first, with a high-pass filter at 20 Hz."
        return Finding("note", "offset", "the waveform's offset moves", advice)
    taken = f"a constant offset of {figures.offset:.3f} was taken out"
    return Finding("ok", "offset", taken if figures.offset else "none")


def grade_voices(
    figures: Figures,
    part: Part | None,
    whole: Split | None,
    limits: RecordingLimits,
    source: Source | None = None,
) -> Finding:
    """Grades whether one speaks; `whole` is of the recording that `part` was picked from."""
    if figures.voice_likeness is None or figures.minor_share is None:
        return Finding("ok", "voices", "too short to tell one from two")
    grade = below(figures.voice_likeness, limits.voice_likeness)
    if grade != "ok":
        found = (
            f"two voices: {figures.voice_likeness:.2f} alike, {figures.minor_share:.0%} of the "
            "speech by the second"
        )
        advice = "cut the recording so that only one speaks."
        if source is not None and source.own_s:
            advice = "each is on a channel of its own; choose one."
        return Finding(grade, "voices", found, advice)
    if part is not None and whole is not None and whole.likeness < limits.voice_likeness[1]:
        found = f"two in the whole recording ({whole.likeness:.2f} alike), one in the part"
        advice = "the one heard more and clearer is used; cut the recording if you mean the other."
        return Finding("note", "voices", found, advice)
    return Finding("ok", "voices", f"one, {figures.voice_likeness:.2f} like itself")


def grade_channels(source: Source) -> Finding:
    """Grades what the file held: one voice in all channels, or another voice in each."""
    found = f"{source.n_channels} at {source.sample_rate_hz} Hz"
    if source.own_s:
        own = {channel_name(i, len(source.own_s)): s for i, s in enumerate(source.own_s) if s > 0}
        told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in own.items())
        found += f", each holds another voice (speech of its own: {told})"
        advice = Message("choose one with ", Setting("channel", *own), ".")
        return Finding("bad", "channels", found, advice)
    if source.n_used == source.n_channels:
        return Finding("ok", "channels", found)
    found += f", {source.n_used} of them used" + (f": {source.used}" if source.used else "")
    if source.reason == "asked":
        return Finding("ok", "channels", found)
    another = Message("; another one: ", Setting("channel"), ".")
    ways_out: dict[str, str] = {
        "late": Message("the others hear the same a little later", another),
        "noise": Message("the rest is noise", another),
    }
    dead = "the rest is dead or cancels it; check the cable if you record again."
    return Finding("note", "channels", found, ways_out.get(source.reason, dead))


def grade_file(source: Source) -> tuple[Finding, ...]:
    """Tells of a file that is cut short, or whose header is wrong; nothing for a whole one."""
    if not source.note:
        return ()
    advice = "what is there is used; fetch or export it again if that is too little."
    return (Finding("note", "file", f"it {source.note}", advice),)
