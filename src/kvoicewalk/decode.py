"""A file of sound → samples: any format, many channels, bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile

from kvoicewalk.errors import AudioError, Setting
from kvoicewalk.sound.channels import ChannelStatistics, Choice, Reason
from kvoicewalk.sound.headers import file_size, read_at, read_wav_header
from kvoicewalk.sound.readers import Block, LibavReader, Reader, SndfileReader
from kvoicewalk.sound.view import View

MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 768_000
MAX_CHANNELS = 64
MAX_FRAMES = 200_000_000  # an hour at 48 kHz; bounds memory at higher rates

# Plain samples begin so: aiff, au, caf, rf64, w64.
PLAIN = (b"FORM", b".snd", b"caff", b"RF64", b"riff")
# libsndfile gives what begins so to a decoder that writes to the terminal.
LIKE_MP3 = (b"ID3", b"\xff")
TEXT_BYTES = 512

# Flat tops: so near to the highest peak, or to full scale where peaks go a little beyond it, as
# those of a clipped recording do once it was compressed.
TOP_SHARE = 0.99
OVERSHOOT = 1.25

SIDES = ("left", "right")

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Source:
    """What a file held before it became mono.

    Attributes:
        sample_rate_hz: of the file.
        n_channels: of the file.
        n_used: channels that the mono samples are the mean of.
        clipped_share: of the mono samples, within 1 % of the highest peak; speech: under 1e-4.
        reason: why not all channels are used.
        own_s: seconds of each channel alone where they hold different voices, else ().
        note: what could not be read, in words that follow the file's name; "" for nothing.
        used: the one channel that is used, in a word; "" where it is the mean of several.
    """

    sample_rate_hz: int
    n_channels: int
    n_used: int
    clipped_share: float
    reason: Reason = ""
    own_s: tuple[float, ...] = ()
    note: str = ""
    used: str = ""


@dataclass(frozen=True)
class Decoded:
    """A file's sound.

    Attributes:
        samples: float32 (n_samples,), mono, at the file's rate.
        source: where they come from.
    """

    samples: Samples = field(repr=False)
    source: Source


def decode(path: Path, max_s: float, channel: str | None = None) -> Decoded:
    """Reads all sound of a file, once: plain samples by libsndfile, the rest by PyAV.

    Args:
        path: of a file that is there.
        max_s: refused above.
        channel: left, right or a number from 1; None: the mean of those that hold the voice.

    Raises:
        AudioError: undecodable, beyond reason, longer than `max_s`, or without that channel.
    """
    try:
        # Opened here, because libsndfile takes no names that are not valid Unicode.
        with path.open("rb") as file:
            reader, note = _open_reader(path, file)
            _check_header(path, reader, max_s)
            return _read(path, reader, note, max_s, channel)
    except OSError as error:
        raise AudioError(f"{path} cannot be read: {error.strerror or error}.") from error


def _open_reader(path: Path, file: BinaryIO) -> tuple[Reader, str]:
    """Returns who reads the file, and what its header gets wrong.

    Raises:
        AudioError: nobody.
    """
    head, size = read_at(file, 0, TEXT_BYTES), file_size(file)
    wav = read_wav_header(file)
    if wav is not None:
        view = View(file, wav.start, size, wav.patches)
        return _first_of(path, view, head, is_plain=True), wav.note
    return _first_of(path, View(file, 0, size), head, head.startswith(PLAIN)), ""


def _first_of(path: Path, view: View, head: bytes, is_plain: bool) -> Reader:
    kinds: list[type[SndfileReader] | type[LibavReader]] = [LibavReader]
    if is_plain or not head.startswith(LIKE_MP3):
        kinds.insert(0 if is_plain else 1, SndfileReader)
    for kind in kinds:
        try:
            return kind(view)
        except (soundfile.LibsndfileError, ValueError, TypeError):
            view.seek(0)
    raise AudioError(f"{path} {_what_it_is(head)}")


def _what_it_is(head: bytes) -> str:
    """Returns, in words that follow a file's name, what is there instead of sound."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        return "is a web page, no sound; fetch the recording itself again."
    if head and all(byte >= 32 or byte in b"\t\r\n\f" for byte in head) and _is_utf8(head):
        return "is text, no sound; name a recording, or fetch it again."
    return (
        "is damaged, or no sound that can be read here; fetch or export it again, or convert it "
        "to wav."
    )


def _is_utf8(head: bytes) -> bool:
    try:
        head[: TEXT_BYTES - 4].decode("utf-8")  # the last character may be cut
    except UnicodeDecodeError:
        return len(head) == TEXT_BYTES and head[: TEXT_BYTES - 8].isascii()
    return True


def _check_header(path: Path, reader: Reader, max_s: float) -> None:
    if not MIN_RATE_HZ <= reader.rate_hz <= MAX_RATE_HZ or reader.n_channels > MAX_CHANNELS:
        raise AudioError(
            f"{path} claims {reader.n_channels} channels at {reader.rate_hz} Hz; convert it to a "
            "mono wav at 24000 Hz."
        )
    if reader.claimed_frames is not None:
        _check_length(path, reader, reader.claimed_frames, max_s, "is")


def _check_length(path: Path, reader: Reader, n_frames: int, max_s: float, words: str) -> None:
    duration_s = n_frames / reader.rate_hz
    if duration_s > max_s or n_frames > MAX_FRAMES:
        raise AudioError(
            f"{path} {words} {duration_s / 60:.0f} min long; at most {max_s / 60:.0f} min are "
            "read. Cut out 10 to 60 s of clean speech."
        )


def _read(path: Path, reader: Reader, note: str, max_s: float, channel: str | None) -> Decoded:
    if channel is not None:
        choice = _asked_for(path, reader.n_channels, channel)
    elif reader.n_channels > 1:
        statistics = ChannelStatistics(reader.n_channels, reader.rate_hz)
        for block in _blocks(path, reader, max_s):
            statistics.add(block)
        choice = statistics.choose()
    else:
        choice = Choice(np.ones(1, dtype=bool))
    used = choice.is_used
    blocks = [
        (block[:, used].sum(axis=1) / used.sum()).astype(np.float32)
        for block in _blocks(path, reader, max_s)
    ]
    samples = np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)
    is_one = used.sum() == 1 and reader.n_channels > 1
    source = Source(
        sample_rate_hz=reader.rate_hz,
        n_channels=reader.n_channels,
        n_used=int(used.sum()),
        clipped_share=clipped_share(samples),
        reason=choice.reason,
        own_s=choice.own_s,
        note=note or reader.note(),
        used=channel_name(int(used.argmax()), reader.n_channels) if is_one else "",
    )
    return Decoded(samples, source)


def _blocks(path: Path, reader: Reader, max_s: float) -> Iterator[Block]:
    """Yields the reader's blocks as long as they are no more than is read.

    Raises:
        AudioError: there are more.
    """
    n_frames = 0
    for block in reader.blocks():
        n_frames += len(block)
        _check_length(path, reader, n_frames, max_s, "is over")
        yield block


def _asked_for(path: Path, n_channels: int, channel: str) -> Choice:
    wanted = SIDES.index(channel) if channel in SIDES else int(channel) - 1
    if not 0 <= wanted < n_channels:
        has = "one channel" if n_channels == 1 else f"{n_channels} channels"
        found = f"{path} has {has}, no {channel}"
        raise AudioError(found, "; choose another with ", Setting("channel"), ".")
    return Choice(np.arange(n_channels) == wanted, "asked" if n_channels > 1 else "")


def channel_name(index: int, n_channels: int) -> str:
    """Returns a channel's name to choose it by: left and right of two, else its number from 1."""
    return SIDES[index] if n_channels == len(SIDES) else str(index + 1)


def clipped_share(samples: Samples) -> float:
    """Returns the share of samples within 1 % of the level that peaks are cut off at.

    That is the highest peak; full scale where peaks go beyond it by less than a quarter. Peaks of
    a float file that stand far above full scale are whole, unless they are flat themselves.
    """
    if samples.size == 0:
        return 0.0
    low, high = float(samples.min()), float(samples.max())
    peak = max(-low, high)
    if 1.0 < peak <= OVERSHOOT:
        peak = 1.0
    if not 0 < peak < np.inf:  # silence, or NaN
        return 0.0
    n_top = np.count_nonzero(samples >= TOP_SHARE * peak)
    return float(n_top + np.count_nonzero(samples <= -TOP_SHARE * peak)) / samples.size
