"""numpy's `.npy`: one array (510, 1, 256)."""

import io
from collections.abc import Mapping, Sequence

import numpy as np

from kvoicewalk.voices.formats.base import Format, Stored
from kvoicewalk.voices.voice import Voice

MAGIC = b"\x93NUMPY"


def _is_it(data: bytes) -> bool:
    return data.startswith(MAGIC)


def _read(data: bytes, where: str) -> Mapping[str, Stored]:  # noqa: ARG001  (as all formats)
    return {"": Stored.of(np.load(io.BytesIO(data), allow_pickle=False))}


def _write(voices: Sequence[Voice]) -> bytes:
    (voice,) = voices
    buffer = io.BytesIO()
    np.save(buffer, voice.rows)
    return buffer.getvalue()


FORMAT = Format(
    name="npy",
    endings=(".npy",),
    holds_many=False,
    is_it=_is_it,
    read=_read,
    write=_write,
    readers="KokoroSharp",
)
