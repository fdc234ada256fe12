"""The metadata of an ONNX file, read and written without the weights in memory.

An ONNX file is one protobuf message, `ModelProto`: fields one after another, each a tag
(number · 8 + wire type) and its content. Field 14, `metadata_props`, repeats: a message of a key
(field 1) and a value (field 2). All other fields are copied as they are.
Source: onnx/onnx, onnx/onnx.proto.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kvoicewalk.errors import VoiceError

METADATA_FIELD = 14
KEY_FIELD, VALUE_FIELD = 1, 2
VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5
MAX_ENTRY_BYTES = 1 << 20
MAX_VARINT_BYTES = 10
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class _Field:
    """One field: its number, where it begins with its tag, where its content lies."""

    number: int
    start: int
    content: int
    end: int


def read_metadata(path: Path) -> dict[str, str]:
    """Returns the metadata of an ONNX file.

    Raises:
        VoiceError: it is none, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return dict(_entries(file, path))
    except OSError as error:
        raise VoiceError(f"{path} cannot be read: {error.strerror}.") from error


def copy_with_metadata(path: Path, metadata: Mapping[str, str], to: BinaryIO) -> None:
    """Writes a copy of an ONNX file that has this metadata instead of its own.

    Raises:
        VoiceError: it is no ONNX file.
    """
    with path.open("rb") as file:
        for field in _fields(file, path):
            if field.number != METADATA_FIELD:
                _copy(file, field.start, field.end, to)
    for key, value in metadata.items():
        pair = _text(KEY_FIELD, key) + _text(VALUE_FIELD, value)
        to.write(_head(METADATA_FIELD, len(pair)) + pair)


def _entries(file: BinaryIO, path: Path) -> Iterator[tuple[str, str]]:
    for field in _fields(file, path):
        if field.number != METADATA_FIELD:
            continue
        if field.end - field.content > MAX_ENTRY_BYTES:
            raise _damaged(path)
        parts = {KEY_FIELD: "", VALUE_FIELD: ""}
        for inner in _fields(file, path, field.content, field.end):
            file.seek(inner.content)
            data = file.read(inner.end - inner.content)
            parts[inner.number] = data.decode("utf-8", "replace")
        yield parts[KEY_FIELD], parts[VALUE_FIELD]


def _fields(file: BinaryIO, path: Path, start: int = 0, end: int | None = None) -> Iterator[_Field]:
    limit = os.fstat(file.fileno()).st_size if end is None else end
    place = start
    while place < limit:
        file.seek(place)
        tag = _varint(file, path)
        number, wire = tag >> 3, tag & 7
        if wire == LENGTH:
            length = _varint(file, path)
        elif wire == VARINT:
            content = file.tell()
            _varint(file, path)
            length = file.tell() - content
            file.seek(content)
        elif wire in (EIGHT_BYTES, FOUR_BYTES):
            length = 8 if wire == EIGHT_BYTES else 4
        else:
            raise _damaged(path)
        content = file.tell()
        if number == 0 or content + length > limit:
            raise _damaged(path)
        yield _Field(number, place, content, content + length)
        place = content + length


def _varint(file: BinaryIO, path: Path) -> int:
    """Reads a whole number: seven bits a byte, the lowest first; the last byte is below 128."""
    value = 0
    for i in range(MAX_VARINT_BYTES):
        byte = file.read(1)
        if not byte:
            raise _damaged(path)
        value |= (byte[0] & 0x7F) << (7 * i)
        if byte[0] < 0x80:
            return value
    raise _damaged(path)


def _to_varint(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _head(number: int, length: int) -> bytes:
    return _to_varint(number << 3 | LENGTH) + _to_varint(length)


def _text(number: int, text: str) -> bytes:
    data = text.encode("utf-8")
    return _head(number, len(data)) + data


def _copy(file: BinaryIO, start: int, end: int, to: BinaryIO) -> None:
    file.seek(start)
    while start < end:
        block = file.read(min(BLOCK_BYTES, end - start))
        if not block:
            raise EOFError("the file became shorter while it was read")
        to.write(block)
        start += len(block)


def _damaged(path: Path) -> VoiceError:
    return VoiceError(f"{path} is no ONNX model; name the folder of an unpacked model.")
