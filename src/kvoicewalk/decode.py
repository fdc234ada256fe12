"""A file of sound → samples: any format, many channels, bounded memory."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from kvoicewalk.errors import AudioError

MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 768_000
MAX_CHANNELS = 64
MAX_FRAMES = 200_000_000  # an hour at 48 kHz; bounds memory at higher rates
BLOCK_FRAMES = 1 << 16
FFMPEG_RATE_HZ = 24_000
FFMPEG_TIMEOUT_S = 120.0

# A channel 40 dB below the loudest holds hiss or crosstalk, no speech of its own.
DEAD_SHARE = 1e-4
# Channels of opposite polarity leave less than this share of their mean power when averaged;
# independent ones leave half.
CANCELLED_SHARE = 0.05
# Flat tops: so near to the highest peak, or to full scale where peaks go beyond it.
TOP_SHARE = 0.99

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Source:
    """What a file held before it became mono.

    Attributes:
        sample_rate_hz: of the file.
        n_channels: of the file.
        n_used: channels that the mono samples are the mean of.
        clipped_share: of the mono samples, within 1 % of the highest peak; speech: under 1e-4.
    """

    sample_rate_hz: int
    n_channels: int
    n_used: int
    clipped_share: float


@dataclass(frozen=True)
class Decoded:
    """A file's sound.

    Attributes:
        samples: float32 (n_samples,), mono, at the file's rate.
        source: where they come from.
    """

    samples: Samples = field(repr=False)
    source: Source


def decode(path: Path, max_s: float) -> Decoded:
    """Reads whatever libsndfile reads, anything else through ffmpeg.

    Args:
        path: of a file that is there.
        max_s: refused above, before decoding.

    Raises:
        AudioError: undecodable, beyond reason, or longer than `max_s`.
    """
    try:
        # Opened here, because libsndfile takes no names that are not valid Unicode.
        with path.open("rb") as stream, soundfile.SoundFile(stream) as file:
            _check_header(path, file, max_s)
            return _read(file)
    except (soundfile.LibsndfileError, OSError, TypeError, ValueError) as error:
        if shutil.which("ffmpeg") is None:
            raise AudioError(
                f"{path} is no audio that can be read here (wav, flac, ogg, mp3); "
                "convert it to wav, or install ffmpeg for other formats."
            ) from error
    return _decode_with_ffmpeg(path, max_s)


def _check_header(path: Path, file: soundfile.SoundFile, max_s: float) -> None:
    if not MIN_RATE_HZ <= file.samplerate <= MAX_RATE_HZ or file.channels > MAX_CHANNELS:
        raise AudioError(
            f"{path} claims {file.channels} channels at {file.samplerate} Hz; convert it to a "
            "mono wav at 24000 Hz."
        )
    duration_s = file.frames / file.samplerate
    if duration_s > max_s or file.frames > MAX_FRAMES:
        raise AudioError(
            f"{path} is {duration_s / 60:.0f} min long; at most {max_s / 60:.0f} min are read. "
            "Cut out 10 to 60 s of clean speech."
        )


def _decode_with_ffmpeg(path: Path, max_s: float) -> Decoded:
    with tempfile.TemporaryDirectory(prefix="kvw-") as folder:
        decoded = Path(folder) / "decoded.wav"
        # "file:" keeps a name from being taken for an option or a protocol.
        command = [
            *("ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file"),
            *("-i", f"file:{path.resolve()}", "-vn", "-ar", str(FFMPEG_RATE_HZ)),
            *("-t", f"{max_s + 1:g}", "-c:a", "pcm_f32le", f"file:{decoded}"),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=FFMPEG_TIMEOUT_S)
            with soundfile.SoundFile(decoded) as file:
                _check_header(path, file, max_s)
                return _read(file)
        except (
            subprocess.SubprocessError,
            soundfile.LibsndfileError,
            OSError,
            ValueError,
        ) as error:
            raise AudioError(
                f"{path} is no audio that ffmpeg can read; convert it to wav."
            ) from error


def _read(file: soundfile.SoundFile) -> Decoded:
    used = _channels_to_use(file) if file.channels > 1 else np.ones(1, dtype=bool)
    file.seek(0)
    blocks = [
        (block[:, used].sum(axis=1) / used.sum()).astype(np.float32)
        for block in file.blocks(BLOCK_FRAMES, dtype="float32", always_2d=True)
    ]
    samples = np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)
    source = Source(file.samplerate, file.channels, int(used.sum()), clipped_share(samples))
    return Decoded(samples, source)


def _channels_to_use(file: soundfile.SoundFile) -> npt.NDArray[np.bool_]:
    """Tells, in a pass of its own, which channels to average; bool (n_channels,).

    All but the dead ones; the loudest alone where they cancel each other.
    """
    products, sums, n_frames = np.zeros((file.channels, file.channels)), np.zeros(file.channels), 0
    for block in file.blocks(BLOCK_FRAMES, dtype="float64", always_2d=True):
        products += block.T @ block
        sums += block.sum(axis=0)
        n_frames += len(block)
    if not np.isfinite(products).all():
        return np.ones(file.channels, dtype=bool)
    products -= np.outer(sums, sums) / max(n_frames, 1)  # a constant offset is no sound
    energy = products.diagonal()
    if energy.max() <= 0:
        return np.ones(file.channels, dtype=bool)
    is_alive: npt.NDArray[np.bool_] = energy >= energy.max() * DEAD_SHARE
    together = products[np.ix_(is_alive, is_alive)].mean()  # energy of the mean of the channels
    if together < CANCELLED_SHARE * energy[is_alive].mean():
        is_alive = np.arange(file.channels) == int(energy.argmax())
    return is_alive


def clipped_share(samples: Samples) -> float:
    """Returns the share of samples within 1 % of the highest peak, or of full scale below it."""
    if samples.size == 0:
        return 0.0
    low, high = float(samples.min()), float(samples.max())
    peak = min(1.0, max(-low, high))
    if not peak > 0:  # silence, or NaN
        return 0.0
    n_top = np.count_nonzero(samples >= TOP_SHARE * peak)
    return float(n_top + np.count_nonzero(samples <= -TOP_SHARE * peak)) / samples.size
