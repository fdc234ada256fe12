"""Raw `.bin`: the numbers of one voice and nothing else, float32, little endian, 510 × 256."""

from collections.abc import Mapping, Sequence

import numpy as np

from kvoicewalk.voices.formats.base import OLD_ROWS, Format, Stored
from kvoicewalk.voices.voice import N_ROWS, STYLE_DIM, Voice

ROW_BYTES = STYLE_DIM * 4
RAW_BYTES = N_ROWS * ROW_BYTES
OLD_BYTES = OLD_ROWS * ROW_BYTES


def raw_bytes(voice: Voice) -> bytes:
    """Returns a voice's numbers as they lie in a raw file."""
    return voice.rows.astype("<f4").tobytes()


def stored_raw(data: bytes) -> Stored:
    """Wraps the numbers of one voice."""
    return Stored.of(np.frombuffer(data, dtype="<f4").astype(np.float32).reshape(-1, STYLE_DIM))


def _is_it(data: bytes) -> bool:
    return len(data) in (RAW_BYTES, OLD_BYTES)


def _read(data: bytes, where: str) -> Mapping[str, Stored]:  # noqa: ARG001  (as all formats)
    return {"": stored_raw(data)}


def _write(voices: Sequence[Voice]) -> bytes:
    (voice,) = voices
    return raw_bytes(voice)


FORMAT = Format(
    name="bin",
    endings=(".bin",),
    holds_many=False,
    is_it=_is_it,
    read=_read,
    write=_write,
    readers="kokoro-js, FluidAudio, react-native-executorch, kokoro-web, eliza",
)
