"""numpy's `.npz`: voices by name. kokoro-onnx keeps all of its voices in one, as `voices-v1.0.bin`.

pykokoro's has one voice under `data` and a description beside it, which is left alone.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kvoicewalk.voices.formats.base import MIB, Format, Stored, is_voice
from kvoicewalk.voices.formats.zips import is_zip, names_in_zip, refuse_bomb
from kvoicewalk.voices.voice import Voice

MAX_BYTES = 256 * MIB


def arrays_in(data: bytes, where: str) -> dict[str, npt.NDArray[Any]]:
    """Returns all arrays of a file by name, as they are.

    Raises:
        VoiceError: it unpacks to far too much.
    """
    refuse_bomb(data, where, MAX_BYTES)
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def to_bytes(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Returns the file of arrays by name, as numpy's `savez` writes it; any name will do here."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return buffer.getvalue()


def _is_it(data: bytes) -> bool:
    names = names_in_zip(data) if is_zip(data) else []
    return bool(names) and all(name.endswith(".npy") for name in names)


def _read(data: bytes, where: str) -> Mapping[str, Stored]:
    found = {name: Stored.of(array) for name, array in arrays_in(data, where).items()}
    voices = {name: stored for name, stored in found.items() if is_voice(stored)}
    return voices if len(voices) == 1 else found


def _write(voices: Sequence[Voice]) -> bytes:
    return to_bytes({voice.name: voice.rows for voice in voices})


FORMAT = Format(
    name="npz",
    endings=(".npz", ".bin"),
    holds_many=True,
    is_it=_is_it,
    read=_read,
    write=_write,
    readers="kokoro-onnx, kokoro-tts, Kokoros, comfyui-kokoro, speaches",
    max_bytes=MAX_BYTES,
)
