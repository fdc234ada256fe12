"""What the bytes of a file say before anything decodes them, and where they are wrong.

Recorders that lose power leave a wav with sizes of 0, servers that speak sentence by sentence
send one file behind the other, downloads end early. Each of these is read to its end by telling
the decoder the truth; what cannot be mended is told.
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from kvoicewalk.sound.view import Bytes

HEAD_BYTES = 4096
# A size from here on is a placeholder of programs that write into a pipe.
UNKNOWN_SIZE = 0x7FFFF000
MAX_CHUNKS = 1000
# Less than so much behind the sound is a tag or padding, not more sound.
MIN_REST_BYTES, MIN_REST_SHARE = 1024, 0.05
OGG_HEADER_BYTES, OGG_FIRST_PAGE = 27, 2
MAX_TAGS = 10


@dataclass(frozen=True)
class Wav:
    """Where a wav's sound is.

    Attributes:
        start: byte that it begins at.
        patches: what its header should say, by place; {} where it is right.
        note: what is wrong with it, in words that follow the file's name; "" where nothing is.
    """

    start: int
    patches: Mapping[int, bytes] = field(default_factory=dict)
    note: str = ""


def read_wav_header(file: Bytes) -> Wav | None:
    """Looks at a wav's chunks; None for another kind of file."""
    size = file_size(file)
    head = read_at(file, 0, HEAD_BYTES)
    start = head.find(b"RIFF")
    if start < 0 or head[start + 8 : start + 12] != b"WAVE":
        return None
    rate, at = 0, start + 12
    for _ in range(MAX_CHUNKS):
        name, length = _chunk(file, at)
        if name == b"fmt ":
            rate = int.from_bytes(read_at(file, at + 16, 4), "little")
        if name == b"data":
            return _judge_data(file, start, at, length, max(rate, 1))
        if not name or at >= size:
            break
        at += 8 + length + length % 2
    return Wav(start)


def _judge_data(file: Bytes, start: int, at: int, claimed: int, bytes_per_s: int) -> Wav:
    there = file_size(file) - at - 8
    if claimed >= UNKNOWN_SIZE or there <= 0:
        return Wav(start)
    if claimed > there + 1:
        note = f"is cut short: {there / bytes_per_s:.1f} of {claimed / bytes_per_s:.1f} s are there"
        return Wav(start, {}, note)
    rest = there - claimed
    begin = at + 8 + claimed
    is_more = rest > max(MIN_REST_BYTES, MIN_REST_SHARE * claimed)
    if not is_more or _is_chunks(file, begin + claimed % 2) or not _has_content(file, begin):
        return Wav(start)
    patches = {
        start + 4: struct.pack("<I", min(at + there - start, UNKNOWN_SIZE)),
        at + 4: struct.pack("<I", min(there, UNKNOWN_SIZE)),
    }
    note = (
        f"has a header that says {claimed / bytes_per_s:.1f} s; all {there / bytes_per_s:.1f} s "
        "are read"
    )
    return Wav(start, patches, note)


def _has_content(file: Bytes, at: int) -> bool:
    return any(read_at(file, at, HEAD_BYTES))


def _is_chunks(file: Bytes, at: int) -> bool:
    """Tells whether chunks, and nothing else, fill a wav from here to its end."""
    size = file_size(file)
    for _ in range(MAX_CHUNKS):
        name, length = _chunk(file, at)
        if len(name) < 4 or not all(32 <= byte < 127 for byte in name):
            return False
        at += 8 + length + length % 2
        if at >= size - 1:
            return at <= size + 1
    return False


def _chunk(file: Bytes, at: int) -> tuple[bytes, int]:
    data = read_at(file, at, 8)
    return (data[:4], int.from_bytes(data[4:], "little")) if len(data) == 8 else (b"", 0)


def ogg_links(file: Bytes) -> tuple[list[tuple[int, int]], bool]:
    """Finds the streams that stand one behind the other in an ogg file.

    Returns:
        From and to of each, in bytes, and whether the file ends within a page.
    """
    size, at, starts = file_size(file), 0, [0]
    was_first = True
    while at < size:
        head = read_at(file, at, OGG_HEADER_BYTES)
        if head[:4] != b"OggS":
            break  # the decoder finds its way from here
        if len(head) < OGG_HEADER_BYTES:
            return _spans(starts, size), True
        is_first = bool(head[5] & OGG_FIRST_PAGE)
        if is_first and not was_first:
            starts.append(at)
        was_first = is_first
        lengths = read_at(file, at + OGG_HEADER_BYTES, head[26])
        at += OGG_HEADER_BYTES + head[26] + sum(lengths)
    return _spans(starts, size), at > size


def _spans(starts: list[int], end: int) -> list[tuple[int, int]]:
    return list(zip(starts, [*starts[1:], end], strict=True))


def is_cut_mp3(file: Bytes) -> bool:
    """Tells whether an mp3 states more bytes than are there; one that states none is not cut.

    Its Xing header holds flags, then, where these say so, the numbers of frames and of bytes.
    Only of a cut file is the length that a decoder finds in it the true one: of joined files, and
    without a header, it is a guess.
    """
    at = 0
    for _ in range(MAX_TAGS):
        head = read_at(file, at, 10)
        if head[:3] != b"ID3" or len(head) < 10:
            break
        at += 10 + sum(
            (byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)
        )
    data = read_at(file, at, HEAD_BYTES)
    place = max(data.find(b"Xing"), data.find(b"Info"))
    flags = int.from_bytes(data[place + 4 : place + 8], "big")
    if place < 0 or not flags & 2:
        return False
    where = place + 8 + (4 if flags & 1 else 0)
    return at + int.from_bytes(data[where : where + 4], "big") > file_size(file) + HEAD_BYTES


def file_size(file: Bytes) -> int:
    """Returns a file's size in bytes."""
    return file.seek(0, os.SEEK_END)


def read_at(file: Bytes, at: int, n_bytes: int) -> bytes:
    """Returns so many bytes from a place, fewer at the end."""
    file.seek(at)
    return file.read(n_bytes)
