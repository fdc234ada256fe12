"""Two kinds of JSON: voices by name, as kokoro-onnx once had them, and the rows of one voice.

The first is `{"af_heart": [[[…256 numbers…]], …510 rows…]}`, the second
`{"1": […256…], …, "510": […]}`, key n for a text of n phonemes (FluidAudio, beside other keys).
A list of rows alone is read, too (mlalma/kokoro-ios).

Nine significant digits name one float32 and no other: neighbours differ by at least 2⁻²⁴ ≈ 6e-8 of
a number, the ninth digit by at most 1e-8 of it. So what is written comes back bit for bit.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices.formats.base import MIB, Format, Stored
from kvoicewalk.voices.voice import N_ROWS, Voice

MAX_BYTES = 256 * MIB
BY_ROWS = re.compile(rb'\s*\{\s*"(1|embedding)"\s*:\s*\[')
HEAD_BYTES = 64


def _is_by_name(data: bytes) -> bool:
    head = data[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith((b"{", b"[")) and not _is_by_rows(data)


def _is_by_rows(data: bytes) -> bool:
    return BY_ROWS.match(data[:HEAD_BYTES]) is not None


def _read(data: bytes, where: str) -> Mapping[str, Stored]:
    loaded: Any = json.loads(data.decode("utf-8-sig"))
    if isinstance(loaded, list):
        return {"": _stored(loaded)}
    rows = [loaded.get(str(n)) for n in range(1, N_ROWS + 1)]
    if all(isinstance(row, list) for row in rows):
        return {"": _stored(rows)}
    if not loaded or not all(isinstance(one, list) for one in loaded.values()):
        raise VoiceError(
            f"{where} is JSON, but holds no voices; expected {{name: 510 rows of 256 numbers}}."
        )
    return {name: _stored(one) for name, one in loaded.items()}


def _stored(nested: list[Any]) -> Stored:
    # As float64 first: that is how every reader of JSON has them.
    return Stored.of(np.asarray(nested, dtype=np.float64))


def _write_by_name(voices: Sequence[Voice]) -> bytes:
    return _object((voice.name, f"[{_rows(voice, '[[{}]]')}]") for voice in voices)


def _write_by_rows(voices: Sequence[Voice]) -> bytes:
    (voice,) = voices
    return _object((str(n), row) for n, row in enumerate(_each_row(voice, "[{}]"), start=1))


def _rows(voice: Voice, form: str) -> str:
    return ", ".join(_each_row(voice, form))


def _each_row(voice: Voice, form: str) -> list[str]:
    return [form.format(", ".join(map(_number, row.tolist()))) for row in voice.rows[:, 0]]


def _number(value: float) -> str:
    # "-0" would be read as a whole number, which has no sign where it is zero.
    return f"{value:.9g}" if value else repr(value)


def _object(items: Any) -> bytes:
    parts = (f"{json.dumps(name)}: {value}" for name, value in items)
    return ("{" + ",\n".join(parts) + "}\n").encode()


BY_NAME = Format(
    name="json",
    endings=(".json",),
    holds_many=True,
    is_it=_is_by_name,
    read=_read,
    write=_write_by_name,
    readers="kokoro-onnx before 0.4, kokoro-ios",
    max_bytes=MAX_BYTES,
)
ROWS = Format(
    name="json-rows",
    endings=(".json",),
    holds_many=False,
    is_it=_is_by_rows,
    read=_read,
    write=_write_by_rows,
    readers="FluidAudio",
    max_bytes=MAX_BYTES,
)
