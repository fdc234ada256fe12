"""Recordings and voices as `doctor` shows them: one finding each, one for all clips together."""

import dataclasses
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.errors import KvwError, Message, Setting

if TYPE_CHECKING:
    from kvoicewalk.audio import Recording
    from kvoicewalk.config import RecordingLimits
    from kvoicewalk.scoring.speaker import EncoderSet
    from kvoicewalk.target.examine import Examined
    from kvoicewalk.target.quality import Finding as Measure
    from kvoicewalk.voices import Voice

Finding = dict[str, Any]
LOW_CEILING = 0.8
FAR_PERCENTILE = 95.0  # of the stock voices; beyond it a voice may sound less natural
SAME_ROWS = 1e-6


def is_voice(path: Path) -> bool:
    """Tells by its name whether a file is meant as a voice."""
    from kvoicewalk.voices.formats import ENDINGS

    return path.name.lower().endswith(ENDINGS)


def examine_voices(paths: Sequence[Path]) -> Iterator[Finding]:
    """Yields a finding for each voice file, whoever made it; nothing is spoken.

    Args:
        paths: of voices.
    """
    from kvoicewalk.app.voice_spec import lang_of_voice
    from kvoicewalk.languages import LANGUAGES
    from kvoicewalk.models.known import kokoro_voice_name
    from kvoicewalk.target.quality import worst
    from kvoicewalk.voices import load_voices, read_sidecar

    stock = _stock_voices()
    for path in paths:
        try:
            voices, sidecar = load_voices(path), read_sidecar(path)
            lang = lang_of_voice(str(path))
        except KvwError as error:
            yield {"grade": "bad", "what": path.name, "found": error.message}
            continue
        for voice in voices.values():
            known = kokoro_voice_name(voice)
            source = f"Kokoro-82M's stock voice {known}" if known else _source(sidecar)
            speaks = f", speaks {LANGUAGES[lang].name}" if lang else ""
            measures = list(_voice_measures(voice, stock, str(sidecar.get("model") or "kokoro")))
            yield {
                "grade": worst(measures),
                "what": path.name if len(voices) == 1 else f"{path.name}/{voice.name}",
                "found": f"a voice: {source}{speaks}",
                "hash": voice.hash,
                "lang": lang,
                "sidecar": sidecar or None,
                "measures": [dataclasses.asdict(one) for one in measures],
            }


def _source(sidecar: dict[str, Any]) -> str:
    model = sidecar.get("model")
    return f"made with {model}" if model else "nothing says for which model"


def _stock_voices() -> "list[Voice]":
    """Returns the stock voices of the model that is used by default; none where it is not there."""
    from kvoicewalk.app.settings import resolve
    from kvoicewalk.models import stock_voice_source

    try:
        source = stock_voice_source(resolve("doctor", {}).model.name)
        return [source.load(name) for name in source.names]
    except KvwError:
        return []


def _voice_measures(voice: "Voice", stock: "Sequence[Voice]", identity: str) -> "Iterator[Measure]":
    import numpy as np

    from kvoicewalk.models.known import what_is_odd
    from kvoicewalk.search.prior import MIN_VOICES, fit_prior
    from kvoicewalk.search.space import describe_population
    from kvoicewalk.target.quality import Finding as Measure
    from kvoicewalk.voices import PROSODY, TIMBRE

    yield from (Measure("note", "form", note) for note in voice.notes)
    odd = what_is_odd(voice, identity)
    if odd is not None:
        yield Measure("note", "numbers", odd)
    for what, half in (("timbre", TIMBRE), ("prosody", PROSODY)):
        if float(np.ptp(voice.rows[..., half], axis=0).max()) <= SAME_ROWS:
            found = f"the {what} is the same for short and long texts; stock voices change it"
            advice = Message(
                "listen to a word and to a paragraph; a walk from it gives it the rest (",
                Setting("start"),
                ").",
            )
            yield Measure("note", what, found, advice)
    if len(stock) >= MIN_VOICES:
        prior = fit_prior(describe_population(stock).row_means)
        percentile = prior.percentile(voice)
        found = f"further from the mean voice than {percentile:.0f} % of the stock voices"
        grade: Any = "note" if percentile > FAR_PERCENTILE else "ok"
        risk = "it may sound less natural." if percentile > FAR_PERCENTILE else ""
        yield Measure(grade, "distance", found, risk)


def examine_all(paths: Sequence[Path], channel: str | None = None) -> Iterator[Finding]:
    """Yields a finding for each recording, then one for all that can be used.

    Args:
        paths: of recordings of one speaker.
        channel: of them that is meant; None: those with the voice.
    """
    from kvoicewalk.audio import check_recording, read_recording
    from kvoicewalk.config import RecordingLimits, ScoreConfig
    from kvoicewalk.scoring.speaker import open_encoders
    from kvoicewalk.target.examine import examine

    limits, encoders = RecordingLimits(), open_encoders(ScoreConfig())
    recordings: dict[Path, Recording] = {}
    for path in paths:
        try:
            recording = read_recording(path, max_s=limits.max_s, channel=channel)
            check_recording(recording.utterance, limits)
        except KvwError as error:
            yield {"grade": "bad", "what": path.name, "found": error.message}
        else:
            recordings[path] = recording
    together_s = sum(one.utterance.duration_s for one in recordings.values())
    examined = {
        path: examine(recording, limits, encoders.resemblyzer, together_s)
        for path, recording in recordings.items()
    }
    for path, one in examined.items():
        yield _recording(path, one)
    if examined:
        yield _together(examined, recordings, encoders, limits)


def _recording(path: Path, examined: "Examined") -> Finding:
    from kvoicewalk.target.quality import worst

    part = examined.part
    return {
        "grade": worst(examined.findings),
        "what": path.name,
        "found": f"{examined.duration_s:.1f} s, {examined.speech_s:.1f} s of it speech",
        "duration_s": examined.duration_s,
        "speech_s": examined.speech_s,
        "warnings": [one.words for one in examined.faults],
        "part": None
        if part is None
        else {"duration_s": part.utterance.duration_s, "pieces": [list(p) for p in part.pieces]},
        "figures": dataclasses.asdict(examined.figures),
        "measures": [dataclasses.asdict(one) for one in examined.findings],
    }


def _together(
    examined: "dict[Path, Examined]",
    recordings: "dict[Path, Recording]",
    encoders: "EncoderSet",
    limits: "RecordingLimits",
) -> Finding:
    """Returns the reachable ceiling, and which clips disagree with the others."""
    from kvoicewalk.held_out import make_yardstick
    from kvoicewalk.target.examine import compare_clips, find_copies
    from kvoicewalk.target.quality import worst

    clips = [one.utterance for one in examined.values()]
    what = "all clips" if len(clips) > 1 else "ceiling"
    compared: tuple[tuple[float, Measure], ...] = ()
    copies: tuple[Measure, ...] = ()
    try:
        if len(clips) > 1:
            names = [path.name for path in examined]
            compared = compare_clips(names, clips, encoders.resemblyzer, limits)
            copies = find_copies(names, [one.utterance for one in recordings.values()])
            top = statistics.fmean(likeness for likeness, _ in compared)
        else:
            top = make_yardstick(clips, encoders).ceiling
    except KvwError as error:
        found = Message("unknown: ", error)
        return {"grade": "note", "what": what, "found": found, "ceiling": None, "measures": []}
    measures = [*(measure for _, measure in compared), *copies]
    measures.append(_ceiling(top))
    return {
        "grade": worst(measures),
        "what": what,
        "found": f"a perfect voice would be about {top:.2f} like this",
        "ceiling": top,
        "clip_likenesses": [likeness for likeness, _ in compared],
        "measures": [dataclasses.asdict(one) for one in measures],
    }


def _ceiling(top: float) -> "Measure":
    from kvoicewalk.target.quality import Finding as Measure

    found = f"the target is {top:.2f} like itself"
    if top >= LOW_CEILING:
        return Measure("ok", "ceiling", found)
    advice = "no voice can be told to be closer than that; more and steadier speech helps."
    return Measure("note", "ceiling", found, advice)
