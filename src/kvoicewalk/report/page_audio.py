"""Recordings as a page carries them: level-matched, short enough, MP3 in data: addresses."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from kvoicewalk.errors import AudioError

if TYPE_CHECKING:
    from kvoicewalk.audio import Utterance

MAX_CLIP_S = 30.0
MAX_READ_S = 600.0
FADE_S = 0.15
N_BARS = 72
WINDOW_S = 0.1
GATE_DB = 20.0  # under the loudest window; quieter ones are pauses
LEVEL_DBFS = -20.0  # of speech; lower where a peak would leave full scale
PEAK_MAX = 0.97
MP3_COMPRESSION = 0.6  # of soundfile; constant 64 kbit/s at 24 kHz, so that seeking is exact

Samples = npt.NDArray[np.float32]
Key = TypeVar("Key")


@dataclass(frozen=True)
class Clip:
    """A recording in a page.

    Attributes:
        source: its `data:` address.
        duration_s: of what is carried.
        is_cut: True where the recording itself is longer.
        bars: heights of its picture, `N_BARS` values in [0, 1].
        gain_db: by which its level was changed.
    """

    source: str = field(repr=False)
    duration_s: float
    is_cut: bool
    bars: tuple[float, ...] = field(repr=False)
    gain_db: float


def make_clips(
    paths: Mapping[Key, Path], max_bytes: int
) -> tuple[dict[Key, Clip], tuple[str, ...]]:
    """Reads recordings and brings their speech to one level.

    Args:
        paths: of the recordings, most wanted first.
        max_bytes: of all addresses together; what does not fit is left out.

    Returns:
        The clips that can be had, in the order asked for; and why others cannot.
    """
    from kvoicewalk.audio import read_utterance

    heard: dict[Key, Utterance] = {}
    notes = []
    for key, path in paths.items():
        try:
            heard[key] = read_utterance(path, max_s=MAX_READ_S)
        except AudioError as error:
            notes.append(f"{path.name} cannot be played here: {error}")
    gains = matched_gains({key: one.samples for key, one in heard.items()}, 24_000)
    clips: dict[Key, Clip] = {}
    n_bytes = 0
    for key, utterance in heard.items():
        clip = _encode(utterance, gains[key])
        if n_bytes + len(clip.source) > max_bytes:
            notes.append(f"{paths[key].name} is left out, to keep the page small.")
            continue
        n_bytes += len(clip.source)
        clips[key] = clip
    return clips, tuple(notes)


def matched_gains(samples: Mapping[Key, Samples], rate_hz: int) -> dict[Key, float]:
    """Returns factors that give all recordings one level of speech, and clip none.

    Args:
        samples: float32 (n_samples,) each.
        rate_hz: of all.
    """
    levels = {key: speech_level(one, rate_hz) for key, one in samples.items()}
    common = 10 ** (LEVEL_DBFS / 20)
    for key, level in levels.items():
        if level > 0:
            peak = float(np.abs(samples[key]).max())
            common = min(common, PEAK_MAX * level / peak)
    return {key: common / level if level > 0 else 1.0 for key, level in levels.items()}


def speech_level(samples: Samples, rate_hz: int) -> float:
    """Returns the root mean square of what is not a pause; 0 for silence.

    Args:
        samples: float32 (n_samples,).
        rate_hz: of the samples.
    """
    n_window = max(1, round(WINDOW_S * rate_hz))
    whole = samples[: samples.size // n_window * n_window].astype(np.float64)
    if whole.size == 0:
        whole = samples.astype(np.float64)
        n_window = max(1, whole.size)
    if whole.size == 0:
        return 0.0
    power = np.square(whole).reshape(-1, n_window).mean(axis=1)
    loud = power[power >= power.max() * 10 ** (-GATE_DB / 10)]
    return float(np.sqrt(loud.mean()))


def _encode(utterance: "Utterance", gain: float) -> Clip:
    import soundfile

    rate_hz = utterance.sample_rate_hz
    n_kept = round(MAX_CLIP_S * rate_hz)
    samples = utterance.samples[:n_kept] * np.float32(gain)
    is_cut = utterance.samples.size > n_kept
    if is_cut:
        n_fade = round(FADE_S * rate_hz)
        samples[-n_fade:] *= np.linspace(1, 0, n_fade, dtype=np.float32)
    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        np.clip(samples, -1, 1),
        rate_hz,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=MP3_COMPRESSION,
    )
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return Clip(
        source=f"data:audio/mpeg;base64,{data}",
        duration_s=samples.size / rate_hz,
        is_cut=is_cut,
        bars=_bars(samples),
        gain_db=float(20 * np.log10(gain)),
    )


def _bars(samples: Samples) -> tuple[float, ...]:
    """Returns the root mean square of equal parts against the loudest of them."""
    parts = np.array_split(samples.astype(np.float64), N_BARS)
    heights = np.array([np.sqrt(np.square(part).mean()) if part.size else 0.0 for part in parts])
    top = heights.max()
    return tuple(float(height) for height in (heights / top if top > 0 else heights))
