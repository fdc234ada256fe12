"""sherpa-onnx's `voices.bin`: raw voices one after another, in the order of their speaker ids.

Their names are in the model's metadata, so a voice is called by its place here: `sid0`.
Source: k2-fsa/sherpa-onnx scripts/kokoro/v1.0/generate_voices_bin.py.
"""

from collections.abc import Mapping, Sequence

from kvoicewalk.voices.formats.base import MIB, Format, Stored
from kvoicewalk.voices.formats.raw import OLD_BYTES, RAW_BYTES, raw_bytes, stored_raw
from kvoicewalk.voices.voice import Voice


def _size_of_one(data: bytes) -> int | None:
    # 510 and 511 rows cannot be mistaken for each other below 510 voices.
    return next((one for one in (RAW_BYTES, OLD_BYTES) if data and len(data) % one == 0), None)


def _is_it(data: bytes) -> bool:
    size = _size_of_one(data)
    return size is not None and len(data) > size


def _read(data: bytes, where: str) -> Mapping[str, Stored]:  # noqa: ARG001  (as all formats)
    size = _size_of_one(data) or RAW_BYTES
    starts = range(0, len(data), size)
    return {f"sid{i}": stored_raw(data[start : start + size]) for i, start in enumerate(starts)}


def _write(voices: Sequence[Voice]) -> bytes:
    return b"".join(map(raw_bytes, voices))


FORMAT = Format(
    name="sherpa",
    endings=(".bin",),
    holds_many=True,
    is_it=_is_it,
    read=_read,
    write=_write,
    readers="sherpa-onnx",
    max_bytes=256 * MIB,
)
