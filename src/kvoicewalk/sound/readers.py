"""Two readers of sound: libsndfile, and the libraries of ffmpeg by PyAV.

libsndfile reads plain samples (wav, aiff, au, caf, w64). Whatever is compressed goes through PyAV:
libsndfile believes an mp3's first header, seeks past the end of a cut one, and reads the first
alone of several streams that stand one behind the other.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from kvoicewalk.sound.headers import file_size, is_cut_mp3, ogg_links, read_at
from kvoicewalk.sound.view import Bytes, View

BLOCK_FRAMES = 1 << 16
# Formats whose header states how long the sound is. Where much less is there, it was cut.
STATING = frozenset(("mov", "matroska", "flac", "wv", "asf", "caf", "aiff", "tta", "ape"))
CUT_SHARE, CUT_S = 0.97, 0.3
DAMAGED_SHARE = 0.01  # of the packets; a joint or an odd tag costs one
# What is decoded. Playlists and the like, which open other files, are not among them.
FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,eac3,flac,flv,gsm,loas,matroska,mov,mp3,mpc,mpc8,mpeg,"
    "mpegts,oga,ogg,oma,qcp,tta,voc,w64,wav,wv,xwma"
)

Block = npt.NDArray[np.float32]


class Reader(Protocol):
    """One file's sound; it can be read more than once.

    Attributes:
        rate_hz: of its samples.
        n_channels: of each block.
        claimed_frames: what the header says, None where it says nothing.
    """

    rate_hz: int
    n_channels: int
    claimed_frames: int | None

    def blocks(self) -> Iterator[Block]:
        """Yields the sound from its beginning, float32 (n_frames, n_channels)."""
        ...

    def note(self) -> str:
        """Returns what was missing at the last reading, in words that follow the file's name."""
        ...


class SndfileReader:
    """Reads by libsndfile."""

    def __init__(self, file: Bytes) -> None:
        """Opens a file.

        Raises:
            soundfile.LibsndfileError: it is nothing that libsndfile reads, from its beginning.
        """
        self._file = soundfile.SoundFile(file)
        self._file.read(1)
        self._file.seek(0)  # GSM, for one, cannot be wound back
        self.rate_hz: int = self._file.samplerate
        self.n_channels: int = self._file.channels
        self.claimed_frames: int | None = self._file.frames
        self._is_broken = False

    def blocks(self) -> Iterator[Block]:
        """Yields the sound; see `Reader`."""
        try:
            self._file.seek(0)
            yield from self._file.blocks(BLOCK_FRAMES, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError:
            self._is_broken = True

    def note(self) -> str:
        """Returns what was missing; see `Reader`."""
        return "is damaged: it is read up to the damage" if self._is_broken else ""


class LibavReader:
    """Reads by PyAV: one stream of sound, or several behind each other as one."""

    def __init__(self, file: Bytes) -> None:
        """Opens a file and decodes its first samples.

        Raises:
            ValueError: there is nothing in it that can be decoded as sound.
        """
        import av

        av.logging.set_level(None)
        self._file = file
        self._links, self._is_cut = [(0, file_size(file))], False
        if read_at(file, 0, 4) == b"OggS":
            self._links, self._is_cut = ogg_links(file)
        self._n_packets = self._n_damaged = self._n_frames = 0
        self._stated_s: float | None = None
        first = next(self._frames(), None)
        if first is None:
            raise ValueError("no sound could be decoded")
        self.rate_hz, samples = first
        self.n_channels: int = samples.shape[1]
        stated = self._stated_s
        self.claimed_frames: int | None = None if stated is None else round(stated * self.rate_hz)

    def blocks(self) -> Iterator[Block]:
        """Yields the sound; see `Reader`."""
        self._n_packets = self._n_damaged = self._n_frames = 0
        waiting: list[Block] = []
        for block in self._in_one_rate():
            self._n_frames += len(block)
            waiting.append(block)
            if sum(map(len, waiting)) >= BLOCK_FRAMES:
                yield np.concatenate(waiting)
                waiting = []
        if waiting:
            yield np.concatenate(waiting)

    def note(self) -> str:
        """Returns what was missing; see `Reader`."""
        read_s = self._n_frames / self.rate_hz
        if self._stated_s is not None and read_s < self._stated_s * CUT_SHARE - CUT_S:
            return f"is cut short: {read_s:.1f} of {self._stated_s:.1f} s are there"
        if self._is_cut:
            return f"is cut short: {read_s:.1f} s are there"
        if self._n_damaged > max(DAMAGED_SHARE * self._n_packets, 1):
            share = self._n_damaged / self._n_packets
            return f"is damaged: {share:.0%} of it cannot be decoded and is left out"
        return ""

    def _in_one_rate(self) -> Iterator[Block]:
        """Yields the frames at the first one's rate and with as many channels."""
        converter, converter_hz = None, 0
        for rate_hz, samples in self._frames():
            block = samples
            if block.shape[1] != self.n_channels:
                block = np.repeat(block.mean(axis=1, keepdims=True), self.n_channels, axis=1)
            if rate_hz != converter_hz and converter is not None:
                yield converter.resample_chunk(np.zeros((0, self.n_channels), np.float32), True)
                converter, converter_hz = None, 0
            if rate_hz != self.rate_hz:
                if converter is None:
                    converter = soxr.ResampleStream(rate_hz, self.rate_hz, self.n_channels)
                    converter_hz = rate_hz
                block = converter.resample_chunk(block)
            yield block
        if converter is not None:
            yield converter.resample_chunk(np.zeros((0, self.n_channels), np.float32), True)

    def _frames(self) -> Iterator[tuple[int, Block]]:
        """Yields the rate and the samples, (n, n_channels), of all that can be decoded."""
        self._stated_s = None
        for start, end in self._links:
            yield from self._link_frames(View(self._file, start, end))

    def _link_frames(self, view: View) -> Iterator[tuple[int, Block]]:
        import av

        # Neither another file nor an address is opened for what a file says.
        options = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}
        try:
            with av.open(view, "r", metadata_errors="ignore", options=options) as container:
                stream = container.streams.best("audio")
                if stream is None:
                    return
                if len(self._links) == 1:
                    self._stated_s = self._stated(container, stream)
                for packet in container.demux(stream):
                    yield from self._decode(packet)
        except (av.FFmpegError, ValueError, LookupError, NotImplementedError):
            self._n_damaged += 1

    def _decode(self, packet: Any) -> Iterator[tuple[int, Block]]:
        import av

        self._n_packets += 1
        try:
            frames = packet.decode()
        except (av.FFmpegError, ValueError):
            self._n_damaged += 1
            return
        for frame in frames:
            if frame.samples and frame.sample_rate:
                yield frame.sample_rate, _samples(frame)

    def _stated(self, container: Any, stream: Any) -> float | None:
        """Returns the seconds that the header says; None where it says nothing to rely on."""
        names = set(container.format.name.split(","))
        if not names & STATING and not ("mp3" in names and is_cut_mp3(self._file)):
            return None
        if stream.duration is not None:
            return float(stream.duration * stream.time_base)
        if container.duration is None or len(container.streams) > 1:  # a film's may be longer
            return None
        return float(container.duration / 1e6)


def _samples(frame: Any) -> Block:
    """Returns a decoded frame as float32 (n, n_channels), full scale 1.0."""
    data = frame.to_ndarray()
    n_channels = frame.layout.nb_channels
    data = data.T if frame.format.is_planar else data.reshape(-1, n_channels)
    if data.dtype == np.uint8:
        return np.asarray((data.astype(np.float32) - 128) / 128, dtype=np.float32)
    scale = float(-np.iinfo(data.dtype).min) if data.dtype.kind == "i" else 1.0
    return np.asarray(data / scale, dtype=np.float32)
