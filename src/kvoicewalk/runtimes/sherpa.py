"""sherpa-onnx: all voices in one raw `voices.bin`, their number and names in the model's metadata.

At its start it holds the size of `voices.bin` against `style_dim` and `n_speakers`, and ends the
program where they differ: so both are written, or none.
Source: k2-fsa/sherpa-onnx scripts/kokoro/v1.0/add_meta_data.py, csrc/offline-tts-kokoro-model.cc.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from kvoicewalk.errors import VoiceError
from kvoicewalk.runtimes.base import Order, Placed
from kvoicewalk.runtimes.onnx_metadata import copy_with_metadata, read_metadata
from kvoicewalk.runtimes.ways import notes_on, refuse_present, writing
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice, load_voices
from kvoicewalk.voices.formats.raw import OLD_BYTES, RAW_BYTES, raw_bytes

VOICES_NAME = "voices.bin"
STYLE = f"{N_ROWS},1,{STYLE_DIM}"


def put(order: Order) -> Placed:
    """Puts a voice behind the others, or in the place of the one that has its name."""
    path = order.place / VOICES_NAME
    models = _models(order.place)
    names = _names(next(iter(models.values())), order.place)
    content = _content(path, len(names))
    name = order.voice.name
    refuse_present(order, f"{name} in {path}", name in names)
    sid = names.index(name) if name in names else len(names)
    pack = bytearray(content)
    pack[sid * RAW_BYTES : (sid + 1) * RAW_BYTES] = raw_bytes(order.voice)
    files: dict[Path, Callable[[BinaryIO], None]] = {path: writing(bytes(pack))}
    if sid == len(names):
        names.append(name)
        for model_path, metadata in models.items():
            files[model_path] = _rewriting(model_path, {**metadata, **_listing(names)})
    return Placed(files, path, lambda: _read(path, sid), {"sid": sid}, notes_on(names))


def _models(folder: Path) -> dict[Path, dict[str, str]]:
    """Returns the Kokoro models of a folder (full and int8 may share the voices), with metadata."""
    found = {path: read_metadata(path) for path in sorted(folder.glob("*.onnx"))}
    models = {path: one for path, one in found.items() if one.get("model_type") == "kokoro"}
    if not models:
        raise VoiceError(f"{folder} holds no Kokoro model of sherpa-onnx; expected model.onnx.")
    for path, metadata in models.items():
        if metadata.get("style_dim", "").replace(" ", "") != STYLE:
            found_dim = metadata.get("style_dim", "nothing")
            raise VoiceError(
                f"{path} takes voices of {found_dim}, expected {STYLE}: it is another Kokoro, such "
                "as v0.19; take kokoro-multi-lang-v1_0."
            )
    return models


def _names(metadata: Mapping[str, str], folder: Path) -> list[str]:
    try:
        n_speakers = int(metadata.get("n_speakers", ""))
    except ValueError:
        n_speakers = 0
    names = [name.strip() for name in metadata.get("speaker_names", "").split(",")]
    if n_speakers < 1 or len(names) != n_speakers:
        raise VoiceError(
            f"{folder}: its model names {len(names)} speakers and counts {n_speakers}; "
            "unpack it again."
        )
    return names


def _content(path: Path, n_speakers: int) -> bytes:
    try:
        size = path.stat().st_size
        if size == n_speakers * RAW_BYTES:
            return path.read_bytes()
    except OSError as error:
        raise VoiceError(f"{path}: {error.strerror}. Name the folder of a model.") from error
    of_old = size == n_speakers * OLD_BYTES
    what = "voices of Kokoro v0.19" if of_old else f"{size} bytes"
    raise VoiceError(
        f"{path} holds {what}, expected {n_speakers} voices of {RAW_BYTES} bytes; unpack it again."
    )


def _listing(names: list[str]) -> dict[str, str]:
    return {
        "n_speakers": str(len(names)),
        "speaker_names": ",".join(names),
        "id2speaker": ",".join(f"{i}->{name}" for i, name in enumerate(names)),
        "speaker2id": ",".join(f"{name}->{i}" for i, name in enumerate(names)),
    }


def _rewriting(path: Path, metadata: Mapping[str, str]) -> Callable[[BinaryIO], None]:
    return lambda file: copy_with_metadata(path, metadata, file)


def _read(path: Path, sid: int) -> Voice:
    voices = list(load_voices(path).values())
    return voices[sid]
