"""kokoro.cpp's voices: `VOIC`, a version, how many, and each with its name.

    "VOIC" · u32 1 · u32 count · count × (u32 n · n bytes of name · u32 130560 · float32 numbers)

All little endian, the name UTF-8. Source: larroy/kokoro.cpp, its voice_tool.py.
"""

import struct
from collections.abc import Mapping, Sequence

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices.formats.base import N_NUMBERS, Format, Stored
from kvoicewalk.voices.formats.raw import raw_bytes, stored_raw
from kvoicewalk.voices.voice import STYLE_DIM, Voice

MAGIC = b"VOIC"
VERSION = 1
U32 = struct.Struct("<I")


class _Reader:
    """Takes a file apart from front to back; one that ends too early is a ValueError."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def take(self, n_bytes: int) -> bytes:
        piece = self._data[self._place : self._place + n_bytes]
        if len(piece) != n_bytes:
            raise ValueError("the file ends too early")
        self._place += n_bytes
        return piece

    def number(self) -> int:
        return int(U32.unpack(self.take(U32.size))[0])


def _is_it(data: bytes) -> bool:
    return data.startswith(MAGIC)


def _read(data: bytes, where: str) -> Mapping[str, Stored]:
    reader = _Reader(data)
    reader.take(len(MAGIC))
    version = reader.number()
    if version != VERSION:
        raise VoiceError(f"{where} is VOIC of version {version}; version {VERSION} is read.")
    found: dict[str, Stored] = {}
    for _ in range(reader.number()):
        name = reader.take(reader.number()).decode("utf-8")
        n_numbers = reader.number()
        if n_numbers % STYLE_DIM:
            raise VoiceError(f"{where}: {name!a} has {n_numbers} numbers; a voice has {N_NUMBERS}.")
        if name in found:
            raise VoiceError(f"{where} holds two voices called {name!a}.")
        found[name] = stored_raw(reader.take(4 * n_numbers))
    return found


def _write(voices: Sequence[Voice]) -> bytes:
    parts = [MAGIC, U32.pack(VERSION), U32.pack(len(voices))]
    for voice in voices:
        name = voice.name.encode("utf-8")
        parts += [U32.pack(len(name)), name, U32.pack(N_NUMBERS), raw_bytes(voice)]
    return b"".join(parts)


FORMAT = Format(
    name="voic",
    endings=(".voic", ".bin"),
    holds_many=True,
    is_it=_is_it,
    read=_read,
    write=_write,
    readers="kokoro.cpp",
)
