"""Where a voice's sidecar lies: what `kvw` wrote down of it, in a JSON file beside it."""

import json
from pathlib import Path
from typing import Any

from kvoicewalk.errors import VoiceError

SIDECAR_ENDING = ".kvw.json"
MAX_SIDECAR_BYTES = 1_000_000


def sidecar_path(voice_path: Path) -> Path:
    """Returns where the sidecar of a voice file is written: `best.pt` → `best.kvw.json`."""
    return voice_path.with_suffix(SIDECAR_ENDING)


def read_sidecar(voice_path: Path) -> dict[str, Any]:
    """Returns what is written beside a voice, {} where there is nothing.

    Earlier versions wrote `<name>.json`: one with their mark is read, any other is somebody else's.

    Raises:
        VoiceError: our own sidecar is no JSON object.
    """
    if not voice_path.name:
        return {}
    path = sidecar_path(voice_path)
    own = _read_object(path)
    if own is not None:
        return own
    old_path = voice_path.with_suffix(".json")
    if old_path == voice_path:
        return {}  # the voice itself
    try:
        old = _read_object(old_path) or {}
    except VoiceError:
        return {}
    return old if "kvw_version" in old else {}


def _read_object(path: Path) -> dict[str, Any] | None:
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > MAX_SIDECAR_BYTES:
            raise VoiceError(f"{path} is too large for a voice's sidecar; move it away.")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise VoiceError(f"{path}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise VoiceError(f"{path} is no voice's sidecar (not JSON); move it away.") from error
    if not isinstance(data, dict):
        raise VoiceError(f"{path} is no voice's sidecar (no JSON object); move it away.")
    return data
