"""Speech → sound files: wav, flac, mp3 and opus, all by libsndfile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import soundfile

FormatName = Literal["wav", "flac", "mp3", "opus"]
Pcm: TypeAlias = npt.NDArray[np.int16]

FULL_SCALE = 32_768
MAX_WAV_BYTES = 2**32 - 2**12  # its header counts in 32 bits; RF64's in 64


@dataclass(frozen=True)
class Format:
    """How libsndfile writes a format.

    Attributes:
        endings: of files, the usual one first.
        container: libsndfile's name.
        subtype: likewise.
        level: of compression, 0 to 1; None is libsndfile's own.
    """

    endings: tuple[str, ...]
    container: str
    subtype: str
    level: float | None = None


# Of Kokoro's speech: mp3 64 kbit/s (LAME's V2), opus 32, flac 164, wav 384.
FORMATS: Mapping[FormatName, Format] = {
    "wav": Format((".wav",), "WAV", "PCM_16"),
    "flac": Format((".flac",), "FLAC", "PCM_16"),
    "mp3": Format((".mp3",), "MP3", "MPEG_LAYER_III", level=0.2),
    "opus": Format((".opus", ".ogg"), "OGG", "OPUS"),
}


def is_writable(format: FormatName) -> bool:
    """Tells whether the installed libsndfile writes a format; mp3 needs 1.1, opus 1.0.29."""
    one = FORMATS[format]
    is_known = one.container in soundfile.available_formats()
    return is_known and bool(soundfile.check_format(one.container, one.subtype))


def to_pcm(samples: npt.NDArray[np.float32]) -> Pcm:
    """Returns float32 (n_samples,) as int16; peaks beyond full scale are clipped.

    As libsndfile does it: x · 2¹⁵, rounded down. Source: libsndfile src/pcm.c, f2les_clip_array.
    """
    scaled = np.floor(samples * np.float32(FULL_SCALE))
    return np.asarray(np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1), dtype=np.int16)


def encode(
    file: BinaryIO,
    blocks: Iterable[Pcm],
    sample_rate_hz: int,
    format: FormatName,
    n_samples: int = 0,
) -> None:
    """Writes sound into an open file; never more than a block is in memory.

    Args:
        file: empty.
        blocks: int16 (n_samples,) each.
        sample_rate_hz: of them.
        format: of the file; a wav above 4 GiB becomes an RF64, which most players know.
        n_samples: of all blocks, where that may be more than 4 GiB.
    """
    one = FORMATS[format]
    is_too_long = format == "wav" and 2 * n_samples > MAX_WAV_BYTES
    options: dict[str, Any] = {} if one.level is None else {"compression_level": one.level}
    with soundfile.SoundFile(
        file,
        "w",
        samplerate=sample_rate_hz,
        channels=1,
        format="RF64" if is_too_long else one.container,
        subtype=one.subtype,
        **options,
    ) as sound:
        for block in blocks:
            sound.write(block)
