"""`.safetensors`: one voice under the key `voice`, as mlx-audio and kokoro-mlx read it."""

from collections.abc import Mapping, Sequence

from kvoicewalk.voices.formats.base import MIB, Format, Stored
from kvoicewalk.voices.formats.torch_pt import stored_tensor
from kvoicewalk.voices.voice import Voice

KEY = "voice"
HEAD_BYTES = 8  # length of the header, little endian; then the header, a JSON object


def _is_it(data: bytes) -> bool:
    length = int.from_bytes(data[:HEAD_BYTES], "little")
    return 2 <= length <= len(data) - HEAD_BYTES and data[HEAD_BYTES : HEAD_BYTES + 1] == b"{"


def _read(data: bytes, where: str) -> Mapping[str, Stored]:
    # By torch, for numpy has no bfloat16.
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        # Sorted, for the package gives them in another order each time.
        return {name: stored_tensor(tensor) for name, tensor in sorted(load(data).items())}
    except SafetensorError as error:
        raise ValueError(f"{where}: {error}") from error


def _write(voices: Sequence[Voice]) -> bytes:
    from safetensors.numpy import save

    if len(voices) == 1:
        return bytes(save({KEY: voices[0].rows}))
    return bytes(save({voice.name: voice.rows for voice in voices}))


FORMAT = Format(
    name="safetensors",
    endings=(".safetensors",),
    holds_many=True,
    is_it=_is_it,
    read=_read,
    write=_write,
    readers="mlx-audio, kokoro-mlx",
    max_bytes=256 * MIB,
)
