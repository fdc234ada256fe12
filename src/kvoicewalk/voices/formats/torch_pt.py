"""Kokoro's own `.pt`: one tensor, saved by torch. A pickle, of which only tensors are read."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices.formats.base import MAX_FILE_BYTES, Format, Stored
from kvoicewalk.voices.formats.zips import is_zip, names_in_zip, refuse_bomb
from kvoicewalk.voices.voice import STYLE_DIM, Rows, Voice

if TYPE_CHECKING:
    import torch

PICKLE = b"\x80"  # every protocol since 2 begins with it


def _is_it(data: bytes) -> bool:
    if is_zip(data):
        return any(name.endswith("data.pkl") for name in names_in_zip(data))
    return data.startswith((PICKLE, b"PK"))


def _read(data: bytes, where: str) -> Mapping[str, Stored]:
    import torch

    if zipfile.is_zipfile(io.BytesIO(data)):
        refuse_bomb(data, where, MAX_FILE_BYTES)
    loaded: Any = torch.load(  # noqa: TID251  (the one place, with weights_only)
        io.BytesIO(data), map_location="cpu", weights_only=True
    )
    if isinstance(loaded, torch.Tensor):
        return {"": stored_tensor(loaded)}
    is_named = isinstance(loaded, dict) and loaded and all(isinstance(key, str) for key in loaded)
    if is_named and all(isinstance(one, torch.Tensor) for one in loaded.values()):
        note = "lies in a dictionary, which kokoro does not read; save it as a tensor of its own"
        return {key: replace(stored_tensor(one), note=note) for key, one in loaded.items()}
    kind = type(loaded).__name__
    raise VoiceError(f"{where} holds a {kind}, expected one tensor (510, 1, 256).")


def stored_tensor(tensor: "torch.Tensor") -> Stored:
    """Wraps a tensor; its numbers are only touched where it has the shape of a voice."""
    import torch

    def first(n: int) -> Rows:
        flat = tensor.detach().reshape(-1, STYLE_DIM)[:n]
        return np.asarray(flat.to(torch.float32).numpy())

    kind = str(tensor.dtype).removeprefix("torch.")
    is_plain = tensor.layout == torch.strided
    return Stored(kind if is_plain else f"sparse {kind}", tuple(tensor.shape), first)


def _write(voices: Sequence[Voice]) -> bytes:
    import torch

    (voice,) = voices
    buffer = io.BytesIO()
    torch.save(torch.from_numpy(voice.rows.copy()), buffer)
    return buffer.getvalue()


FORMAT = Format(
    name="pt",
    endings=(".pt", ".pth"),
    holds_many=False,
    is_it=_is_it,
    read=_read,
    write=_write,
    readers="kokoro, Kokoro-FastAPI, Kokoro-TTS-Local, mlx-audio before 2026",
)
