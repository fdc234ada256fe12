"""Recordings and speech: read any format, check it, resample it, write it."""

import functools
import math
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from kvoicewalk.atomic import written_whole
from kvoicewalk.config import RecordingLimits
from kvoicewalk.decode import Samples, Source, decode
from kvoicewalk.errors import AudioError, Setting
from kvoicewalk.sound.writers import FORMATS, FormatName, Pcm, encode, is_writable, to_pcm

SAMPLE_RATE_HZ = 24_000
SILENCE_PEAK = 1e-3  # −60 dBFS
QUIET_CONTRAST_DB = 15.0  # of speech over the noise below it; noise alone varies by 2
RAISED_PEAK = 0.5  # −6 dBFS

# Source: resemble-ai/Resemblyzer resemblyzer/hparams.py.
VAD_RATE_HZ = 16_000
VAD_WINDOW_SAMPLES = 480  # 30 ms
VAD_MODE = 3  # the strictest
VAD_SMOOTH_WINDOWS = 8
VAD_DILATE_WINDOWS = 7
TARGET_DBFS = -30.0


@dataclass(frozen=True)
class Utterance:
    """Speech with its words.

    Attributes:
        samples: float32 (n_samples,), mono, nominally in [-1, 1].
        sample_rate_hz: of the samples.
        text: what is said, "" if unknown.
    """

    samples: Samples
    sample_rate_hz: int
    text: str = ""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples.size / self.sample_rate_hz


@dataclass(frozen=True)
class Recording:
    """A recording as it is used, and the file that it comes from.

    Attributes:
        utterance: mono, at 24 kHz.
        source: what the file held.
        gain_db: by how much it was raised, or turned down, to be usable; 0 for nearly all.
    """

    utterance: Utterance
    source: Source
    gain_db: float = 0.0


def read_utterance(path: Path, text: str = "", max_s: float = RecordingLimits().max_s) -> Utterance:
    """Reads a recording; see `read_recording`."""
    return read_recording(path, text, max_s).utterance


def read_recording(
    path: Path,
    text: str = "",
    max_s: float = RecordingLimits().max_s,
    channel: str | None = None,
) -> Recording:
    """Reads a recording of any common format, from its beginning to its end.

    Channels are averaged where they hold the same; dead ones (40 dB below the loudest) and such of
    noise alone do not count, and of those that cancel each other, or come later, only the best.
    Samples beyond full scale are turned down; speech below −60 dBFS is raised.

    Args:
        path: of the recording.
        text: its words.
        max_s: refused above.
        channel: left, right or a number from 1; None: chosen as above.

    Returns:
        Mono speech, float32 (n_samples,) at 24 kHz, and what the file held.

    Raises:
        AudioError: missing, empty, undecodable, not finite, longer than `max_s`, or without that
            channel.
    """
    try:
        if path.is_dir():
            raise AudioError(f"{path} is a folder; name a recording in it.")
        if not path.is_file():
            reason = "is no regular file" if path.exists() else "is not there"
            raise AudioError(f"{path} {reason}; name a recording.")
        if path.stat().st_size == 0:
            raise AudioError(f"{path} is empty; name a recording.")
    except (OSError, ValueError) as error:
        raise AudioError(f"{str(path)!a} cannot be read: {error}") from error
    decoded = decode(path, max_s, channel)
    samples, rate_hz = decoded.samples, decoded.source.sample_rate_hz
    if samples.size == 0:
        raise AudioError(f"{path} holds no samples; name a recording with speech.")
    if not np.isfinite(samples).all():
        raise AudioError(f"{path} holds NaN or infinite samples; export it again.")
    gain = _usable_gain(samples, rate_hz)
    if gain != 1.0:
        samples = samples * np.float32(gain)
    utterance = Utterance(resample(samples, rate_hz, SAMPLE_RATE_HZ), SAMPLE_RATE_HZ, text)
    return Recording(utterance, decoded.source, 20 * math.log10(gain))


def _usable_gain(samples: Samples, rate_hz: int) -> float:
    """Returns what brings samples within reach: peaks below full scale, speech above silence.

    Formats of 24 bits and floats hold whole speech below −60 dBFS, and whole peaks above full
    scale. Too quiet a sound counts as speech where its loud windows stand far above its quiet ones;
    noise does not.
    """
    peak = float(np.abs(samples).max())
    if peak > 1.0:
        return 1.0 / peak
    n_window = max(rate_hz * VAD_WINDOW_SAMPLES // VAD_RATE_HZ, 1)
    n_whole = samples.size // n_window
    if not 0.0 < peak < SILENCE_PEAK or n_whole == 0:
        return 1.0
    windows = samples[: n_whole * n_window].astype(np.float64).reshape(n_whole, n_window)
    # The variance is the power without a constant offset, which may be louder than such speech.
    loud, quiet = np.quantile(windows.var(axis=1), (0.95, 0.1))
    is_speech = loud > quiet * 10 ** (QUIET_CONTRAST_DB / 10)
    return RAISED_PEAK / peak if is_speech else 1.0


def check_recording(utterance: Utterance, limits: RecordingLimits) -> None:
    """Checks that a recording can serve as a target at all.

    Raises:
        AudioError: silence, or too little speech.
    """
    peak = float(np.abs(utterance.samples).max(initial=0.0))
    if peak < SILENCE_PEAK:
        raise AudioError(
            "the recording is silent (peak below -60 dBFS, and no speech in it); name one with "
            "speech."
        )
    speech_s = speech_duration_s(utterance)
    if speech_s < limits.min_speech_s:
        raise AudioError(
            f"the recording holds {speech_s:.1f} s of speech; at least {limits.min_speech_s:g} s "
            f"are needed, {limits.short_s:g} to {limits.long_s:g} s are best."
        )


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Resamples mono audio, float32 (n_samples,); the length is rounded up.

    The same numbers as `librosa.resample`, whose import alone takes seconds.
    """
    if from_hz == to_hz:
        return samples
    n_samples = math.ceil(samples.size * to_hz / from_hz)
    converted = soxr.resample(samples, from_hz, to_hz, quality="HQ")[:n_samples]
    return np.pad(converted, (0, n_samples - converted.size)).astype(np.float32, copy=False)


def raise_volume(samples: Samples, target_dbfs: float = TARGET_DBFS) -> Samples:
    """Raises quiet audio to a root mean square of −30 dBFS; louder audio stays as it is.

    Source: resemble-ai/Resemblyzer resemblyzer/audio.py, normalize_volume.
    """
    rms = float(np.sqrt(np.mean(np.square(samples), dtype=np.float64))) if samples.size else 0.0
    if rms == 0.0:
        return samples
    gain_db = target_dbfs - 20 * np.log10(rms)  # rms · 10^(gain / 20) = 10^(target / 20)
    return samples if gain_db <= 0 else np.asarray(samples * 10 ** (gain_db / 20), np.float32)


def voice_activity(samples: Samples) -> npt.NDArray[np.bool_]:
    """Tells speech from pauses; pauses under 0.2 s count as speech.

    Args:
        samples: float32 (n_samples,) at 16 kHz.

    Returns:
        bool (n_samples // 480,), one a window of 30 ms; a rest at the end belongs to none.

    Source: resemble-ai/Resemblyzer resemblyzer/audio.py, trim_long_silences.
    """
    from scipy.ndimage import binary_dilation  # half a second that speaking does not need

    n_windows = samples.size // VAD_WINDOW_SAMPLES
    if n_windows == 0:
        return np.zeros(0, dtype=bool)
    whole = samples[: n_windows * VAD_WINDOW_SAMPLES]
    # The cast wraps where a peak exceeds full scale; the encoder's own front end does the same.
    pcm = np.round(whole * 32767).astype(np.int32).astype(np.int16).tobytes()
    detector = _vad_module().Vad(VAD_MODE)
    n_bytes = 2 * VAD_WINDOW_SAMPLES
    flags = np.array(
        [
            detector.is_speech(pcm[start : start + n_bytes], VAD_RATE_HZ)
            for start in range(0, len(pcm), n_bytes)
        ],
        dtype=np.float64,
    )
    # A running mean over 8 windows, 3 before, itself and 4 after, as a difference of running sums.
    # np.round takes 4 of 8 to 0, so at least 5 must be speech: shorter bursts vanish. 3 windows are
    # then added on either side. Together, a pause loses 5 windows, and one of up to 5 is speech.
    padded = np.concatenate((np.zeros(3), flags, np.zeros(4)))
    sums = np.cumsum(padded)
    sums[VAD_SMOOTH_WINDOWS:] -= sums[:-VAD_SMOOTH_WINDOWS].copy()
    smooth = np.round(sums[VAD_SMOOTH_WINDOWS - 1 :] / VAD_SMOOTH_WINDOWS).astype(bool)
    return np.asarray(binary_dilation(smooth, np.ones(VAD_DILATE_WINDOWS)), dtype=bool)


def speech_duration_s(utterance: Utterance) -> float:
    """Returns the seconds that are speech, short pauses with them."""
    return int(_speech_windows(utterance).sum()) * VAD_WINDOW_SAMPLES / VAD_RATE_HZ


def middle_of_speech(utterance: Utterance) -> int:
    """Returns the sample with as much speech before it as after; the middle where there is none."""
    n_heard = np.cumsum(_speech_windows(utterance))
    if n_heard.size == 0 or n_heard[-1] == 0:
        return utterance.samples.size // 2
    n_windows = int(np.searchsorted(n_heard, n_heard[-1] / 2)) + 1
    return round(n_windows * VAD_WINDOW_SAMPLES * utterance.sample_rate_hz / VAD_RATE_HZ)


def _speech_windows(utterance: Utterance) -> npt.NDArray[np.bool_]:
    samples = resample(utterance.samples, utterance.sample_rate_hz, VAD_RATE_HZ)
    return voice_activity(raise_volume(samples))


def write_wav(path: Path, utterance: Utterance) -> None:
    """Writes 16-bit PCM, whole or not at all; peaks beyond full scale are clipped.

    Raises:
        AudioError: samples that are not finite, or a place that cannot be written.
    """
    write_speech(path, utterance, "wav")


def write_speech(path: Path, utterance: Utterance, format: FormatName) -> None:
    """Writes speech in any of the formats, whole or not at all; see `write_wav`.

    Raises:
        AudioError: samples that are not finite, or a place that cannot be written.
    """
    if not np.isfinite(utterance.samples).all():
        raise AudioError(f"{path} was not written: the speech holds NaN or infinite samples.")
    write_pcm(path, [to_pcm(utterance.samples)], utterance.sample_rate_hz, format)


def write_pcm(
    path: Path, blocks: Iterable[Pcm], sample_rate_hz: int, format: FormatName, n_samples: int = 0
) -> None:
    """Writes sound block by block, whole or not at all.

    Args:
        path: of the file.
        blocks: int16 (n_samples,) each.
        sample_rate_hz: of them.
        format: of the file.
        n_samples: of all of them, where that may be more than a wav's header can say.

    Raises:
        AudioError: the place cannot be written.
    """
    try:
        with written_whole(path) as file:
            encode(file, blocks, sample_rate_hz, format, n_samples)
    except (OSError, soundfile.LibsndfileError) as error:
        raise AudioError(f"{path} cannot be written: {_reason(error)}.") from error


def check_speech_path(path: Path, format: FormatName | None = None) -> FormatName:
    """Checks, before any work is done, that speech can be written to a path; returns how.

    Args:
        path: of the file.
        format: None goes by the path's ending.

    Raises:
        AudioError: an ending of no format or of another one, a format that this computer's
            library lacks, a folder, or a folder that does not exist.
    """
    wav = Setting("wav_path", path)
    ending = path.suffix.lower()
    named = next((name for name, one in FORMATS.items() if ending in one.endings), None)
    if format is None and named is None:
        known = ", ".join(one.endings[0] for one in FORMATS.values())
        raise AudioError(wav, f": no ending of a sound that is written; choose one of {known}.")
    if format is not None and named not in (None, format) and ending not in FORMATS[format].endings:
        raise AudioError(wav, f" ends like {named}; ", Setting("format", format), " is another.")
    found = format or named
    assert found is not None
    if not is_writable(found):
        raise AudioError(
            wav, f": the installed libsndfile writes no {found}; choose .wav or .flac."
        )
    if path.is_dir():
        raise AudioError(wav, " is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise AudioError(wav, f": there is no folder {path.parent}; make it first.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise AudioError(wav, f": {path.parent} cannot be written into; choose another folder.")
    return found


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).rstrip(".")


@functools.cache
def _vad_module() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its release on the registry imports pkg_resources
        import webrtcvad
    return webrtcvad
