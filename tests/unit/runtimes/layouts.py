"""Copies in small of the places where runtimes keep their voices."""

from pathlib import Path

import numpy as np

from kvoicewalk.voices import save_voice, save_voices
from tests.fakes import constant_voice

STOCK = [constant_voice("af_heart", 0.1), constant_voice("af_sky", 0.2)]


def npz(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_voices(STOCK, path, "npz")
    return path


def files(folder: Path, form: str, ending: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for voice in STOCK:
        save_voice(voice, folder / f"{voice.name}{ending}", form)
    return folder


def varint(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def onnx(metadata: dict[str, str], graph: bytes = b"\x07" * 300) -> bytes:
    """Returns an ONNX file: an IR version, a producer, metadata on both sides of a graph."""
    pairs = [field(14, field(1, k.encode()) + field(2, v.encode())) for k, v in metadata.items()]
    half = len(pairs) // 2
    return (
        varint(1 << 3) + varint(8) + field(2, b"a test") + b"".join(pairs[:half])
        + field(7, graph) + b"".join(pairs[half:]) + varint(3 << 3 | 5) + b"\1\2\3\4"
    )  # fmt: skip


def sherpa(folder: Path, **changes: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    save_voices(STOCK, folder / "voices.bin", "sherpa")
    metadata = {
        "model_type": "kokoro",
        "sample_rate": "24000",
        "style_dim": "510,1,256",
        "n_speakers": "2",
        "id2speaker": "0->af_heart,1->af_sky",
        "speaker2id": "af_heart->0,af_sky->1",
        "speaker_names": "af_heart,af_sky",
        "comment": "ü" * 200,
        **changes,
    }
    (folder / "model.onnx").write_bytes(onnx(metadata))
    (folder / "other.onnx").write_bytes(onnx({"model_type": "vits"}))
    return folder


# Where each program's folder is below the test's, the file that the voice is in, what is made.
LAYOUTS = {
    "kokoro": ("mine", "mine/af_mine.pt", lambda p: (p / "mine").mkdir()),
    "kokoro-fastapi": (
        "Kokoro-FastAPI",
        "Kokoro-FastAPI/api/src/voices/v1_0/af_mine.pt",
        lambda p: files(p / "Kokoro-FastAPI/api/src/voices/v1_0", "pt", ".pt"),
    ),
    "kokoro-onnx": ("k", "k/voices-v1.0.bin", lambda p: npz(p / "k/voices-v1.0.bin")),
    "kokoros": ("k", "k/data/voices-v1.0.bin", lambda p: npz(p / "k/data/voices-v1.0.bin")),
    "comfyui-kokoro": (
        "ComfyUI",
        "ComfyUI/custom_nodes/comfyui-kokoro/voices_v1.bin",
        lambda p: npz(p / "ComfyUI/custom_nodes/comfyui-kokoro/voices_v1.bin"),
    ),
    "kokoro-js": (
        "app",
        "app/node_modules/kokoro-js/voices/af_mine.bin",
        lambda p: files(p / "app/node_modules/kokoro-js/voices", "bin", ".bin"),
    ),
    "sherpa-onnx": (
        "kokoro-multi-lang-v1_0",
        "kokoro-multi-lang-v1_0/voices.bin",
        lambda p: sherpa(p / "kokoro-multi-lang-v1_0"),
    ),
    "mlx-audio": (
        "model",
        "model/voices/af_mine.safetensors",
        lambda p: files(p / "model/voices", "safetensors", ".safetensors"),
    ),
    "kokoro-mlx": (
        "model",
        "model/voices/af_mine.safetensors",
        lambda p: files(p / "model/voices", "safetensors", ".safetensors"),
    ),
    "kokorosharp": (
        "app",
        "app/voices/af_mine.npy",
        lambda p: files(p / "app/voices", "npy", ".npy"),
    ),
    "fluidaudio": (
        "Models",
        "Models/kokoro/ANE/af_mine.bin",
        lambda p: files(p / "Models/kokoro/ANE", "bin", ".bin"),
    ),
}


def ramp(name: str = "best") -> "object":
    """Returns a voice each of whose numbers is its own."""
    from kvoicewalk.voices import Voice

    return Voice(name, np.arange(510 * 256, dtype=np.float32).reshape(510, 1, 256) / 1e6)
