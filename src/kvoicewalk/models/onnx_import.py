"""A model that somebody already has: kokoro-onnx's two files → a folder for `model`."""

import json
import re
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kvoicewalk.environment import read_environment
from kvoicewalk.errors import ModelError, Setting, VoiceError
from kvoicewalk.models.base import (
    build_kokoro,
    expected_state,
    hash_file,
    read_model_config,
    split_parts,
)
from kvoicewalk.models.onnx_weights import State, not_kokoro, read_weights
from kvoicewalk.voices import N_ROWS, STYLE_DIM, UNREADABLE, Voice, VoiceLibrary, save_voice

CONFIG_PATH = Path(__file__).with_name("kokoro_config.json")
CONFIG_NAME, VOICES_NAME = "config.json", "voices"
MAX_BYTES = 2**31 - 1  # more no ONNX file has in one piece
MAX_VOICES_BYTES = 512 * 2**20
NOT_INSTALLED = "reading ONNX files needs the package onnx: pip install 'kvoicewalk[onnx]'."
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")
V1_1_NAME = re.compile(r"z[fm]_\d{3}")  # zf_001: voices of Kokoro-82M-v1.1-zh
OLD_ROWS = 511
FIRST_VOICE = "af_heart"

# Which training it is: 16 of the numbers that time phonemes, of Kokoro-82M v1.0. They are float32
# in every export; a half-precision one rounds them by less than the tolerance.
MARK_KEY = "predictor.duration_proj.linear_layer.bias"
MARK = (
    0.63582,
    0.17707,
    -0.43996,
    -0.34695,
    -0.26808,
    -0.20823,
    -0.12853,
    -0.080324,
    -0.0080013,
    0.039505,
    0.082416,
    0.078674,
    0.082092,
    0.061269,
    0.088006,
    0.080131,
)
MARK_RTOL, MARK_ATOL = 1e-3, 1e-5


@dataclass(frozen=True)
class Imported:
    """What an import wrote.

    Attributes:
        folder: for `model`.
        weights_hash: of the `.pth`, in hex.
        n_voices: in `voices/`.
        voice_name: one of them, to try it with.
        precision: of the weights in the file: "float32", "float16" or "int8".
    """

    folder: Path
    weights_hash: str
    n_voices: int
    voice_name: str
    precision: str


def default_folder(onnx_path: Path) -> Path:
    """Returns where a model is put where nobody says: `models/` in kvw's cache, by its name."""
    return read_environment().cache_dir / "models" / onnx_path.stem


def import_onnx(
    onnx_path: Path, voices_path: Path, folder: Path, config_path: Path | None = None
) -> Imported:
    """Writes a model folder, whole or not at all, from kokoro-onnx's files.

    Args:
        onnx_path: kokoro-v1.0.onnx, .fp16.onnx, .int8.onnx, or an export by kokoro's own script.
        voices_path: voices-v1.0.bin (an npz), or a folder of `.pt` files.
        folder: that is made; there must be nothing there.
        config_path: the model's own config.json; None takes that of Kokoro-82M v1.0, and other
            weights are refused.

    Raises:
        ModelError: a file is missing, damaged, or of something else; the place cannot be written.
        VoiceError: the voices cannot be used.
    """
    if folder.exists():
        raise ModelError(
            f"{folder} is there already; use it with ",
            Setting("model", folder),
            ", or name another folder with ",
            Setting("folder"),
            ".",
        )
    _refuse_other_files(onnx_path)
    config = read_model_config(config_path or CONFIG_PATH)
    voices = read_voices(voices_path)
    state, precision = read_state(onnx_path, config)
    if config_path is None:
        _refuse_other_training(onnx_path, state, voices)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".kvw-", dir=folder.parent) as made:
            whole = Path(made) / "model"
            weights_path = _write(whole, folder.name, config, state, voices)
            digest = hash_file(weights_path)
            whole.rename(folder)
    except (OSError, RuntimeError) as error:  # torch has its own for a full disk
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:80]
        raise ModelError(f"{folder} cannot be written: {reason}.") from error
    name = FIRST_VOICE if FIRST_VOICE in voices else min(voices)
    return Imported(folder, digest, len(voices), name, precision)


def read_state(path: Path, config: Mapping[str, Any]) -> tuple[State, str]:
    """Reads an export's weights.

    Args:
        path: of the file.
        config: of the network.

    Returns:
        Float32 by kokoro's names, and the precision that they have in the file.

    Raises:
        ModelError: it is no export of this network, or the package `onnx` is missing.
    """
    _refuse_other_files(path)
    data = path.read_bytes()
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise ModelError(NOT_INSTALLED) from error
    try:
        graph = onnx.load_from_string(data).graph
    except (DecodeError, ValueError) as error:
        raise ModelError(
            f"{path} is no ONNX file, or is cut short ({len(data):,} bytes); fetch it again."
        ) from error
    del data
    kinds = {one.data_type for one in graph.initializer if len(one.dims) > 1}
    half, small = onnx.TensorProto.FLOAT16, {onnx.TensorProto.INT8, onnx.TensorProto.UINT8}
    precision = "int8" if kinds & small else "float16" if half in kinds else "float32"
    return read_weights(graph, expected_state(config), str(path)), precision


def read_voices(path: Path) -> dict[str, Voice]:
    """Reads kokoro-onnx's voices (an npz, whatever it is called), or a folder of `.pt` files.

    Raises:
        VoiceError: not there, of another form, or one of them is no voice.
    """
    if path.is_dir():
        return {one.name: one for one in VoiceLibrary.open(path).load_all()}
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_VOICES_BYTES:
                raise VoiceError(f"{path} unpacks to far more than voices; it was not opened.")
        with np.load(path, allow_pickle=False) as found:
            if not found.files:
                raise VoiceError(f"{path} holds no voices.")
            return {name: _voice(path, name, found[name]) for name in found.files}
    except FileNotFoundError as error:
        raise VoiceError(f"{path} is not there; name kokoro-onnx's voices-v1.0.bin.") from error
    except UNREADABLE as error:
        raise VoiceError(
            f"{path} is no npz of voices (damaged, or of another program); expected "
            "kokoro-onnx's voices-v1.0.bin, or a folder of .pt files."
        ) from error


def _voice(path: Path, name: str, rows: Any) -> Voice:
    if not SAFE_NAME.fullmatch(name):
        raise VoiceError(f"{path} holds a voice called {name!a:.60}, which is no file's name.")
    if rows.shape == (OLD_ROWS, 1, STYLE_DIM):
        raise VoiceError(
            f"{path} holds voices of Kokoro v0.19 ({OLD_ROWS} rows), which is another model; name "
            "the voices of v1.0."
        )
    if rows.shape != (N_ROWS, 1, STYLE_DIM) or rows.dtype.kind != "f":
        raise VoiceError(
            f"{path}: {name} is {rows.dtype} {rows.shape}; expected float32 "
            f"{(N_ROWS, 1, STYLE_DIM)}."
        )
    return Voice(name, rows.astype(np.float32))


def _refuse_other_files(path: Path) -> None:
    """Checks by its size and first bytes that a file may be an ONNX file.

    Raises:
        ModelError: it is not there, or something else.
    """
    try:
        if path.is_dir():
            raise ModelError(
                f"{path} is a folder; one with config.json, a .pth and voices/ needs no import: ",
                Setting("model", path),
                ".",
            )
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}. Name kokoro-onnx's .onnx file.") from error
    if size > MAX_BYTES:
        raise not_kokoro(str(path), f"{size / 1e9:.1f} GB")
    if head.startswith(b"version https://git-lfs"):
        raise ModelError(f"{path} is a pointer of Git LFS, not the file itself: run git lfs pull.")
    if head.lstrip()[:1] == b"<":
        raise ModelError(f"{path} is a web page, not an ONNX file; fetch it again.")
    if head.startswith(b"PK"):
        raise ModelError(
            f"{path} is a zip file, not an ONNX file. If it holds kokoro-onnx's voices: ",
            Setting("voices", path),
            "; a folder with a .pth needs no import: ",
            Setting("model"),
            ".",
        )


def _refuse_other_training(path: Path, state: State, voices: Mapping[str, Voice]) -> None:
    """Checks that weights and voices are Kokoro-82M v1.0's: others have the same shapes.

    Raises:
        ModelError: they are not.
    """
    found = state[MARK_KEY][: len(MARK)].numpy()
    if not np.allclose(found, MARK, rtol=MARK_RTOL, atol=MARK_ATOL):
        raise ModelError(
            f"{path} has the form of Kokoro-82M v1.0 but other weights: v0.19, v1.1-zh or a "
            "fine-tune. If its phonemes are not v1.0's it would speak nonsense; name its own "
            "config.json with ",
            Setting("config_path"),
            ".",
        )
    newer = next((name for name in voices if V1_1_NAME.fullmatch(name)), None)
    if newer is not None:
        raise ModelError(
            f"the voices ({newer} …) are those of Kokoro-82M-v1.1-zh, {path} is v1.0; name the "
            "voices of v1.0."
        )


def _write(
    folder: Path,
    name: str,
    config: Mapping[str, Any],
    state: State,
    voices: Mapping[str, Voice],
) -> Path:
    place = folder / VOICES_NAME
    place.mkdir(parents=True)
    (folder / CONFIG_NAME).write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    weights_path = folder / f"{name}.pth"
    torch.save(split_parts(state), weights_path)
    for voice in voices.values():
        save_voice(voice, place / f"{voice.name}.pt")
    build_kokoro(config, weights_path)  # read back: every key, shape and number
    return weights_path
