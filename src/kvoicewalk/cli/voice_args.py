"""What a user may give as a voice: a file, a stock voice's name, or a mix of them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.errors import VoiceError

if TYPE_CHECKING:
    from kvoicewalk.models import Model
    from kvoicewalk.models.base import VoiceSource
    from kvoicewalk.voices import Voice

VOICE_SUFFIXES = (".pt", ".bin")
MAX_SIDECAR_BYTES = 1_000_000


def is_file_like(spec: str) -> bool:
    """Tells whether a voice argument means a file rather than a name."""
    return spec.endswith(VOICE_SUFFIXES) or "/" in spec or "\\" in spec


def find_voices(specs: Sequence[str], model: "Model") -> "list[Voice]":
    """Loads voices for a model; a name given twice is told apart by its path.

    Raises:
        VoiceError: one cannot be loaded, or belongs to another model.
    """
    from dataclasses import replace

    voices = [find_voice(spec, model.voices, model.identity) for spec in specs]
    names = [voice.name for voice in voices]
    return [
        replace(voice, name=spec) if names.count(voice.name) > 1 else voice
        for spec, voice in zip(specs, voices, strict=True)
    ]


def find_voice(spec: str, stock: "VoiceSource", identity: str | None = None) -> "Voice":
    """Loads one voice: a `.pt` or `.bin` file, a stock voice's name, or `a:0.7,b:0.3`.

    Args:
        spec: what the user gave.
        stock: where names are looked up.
        identity: of the model that will speak; a sidecar that names another is refused.

    Raises:
        VoiceError: not there, damaged, or found with another model.
    """
    from kvoicewalk.voices import load_voice, mix_voices, parse_mix

    if is_file_like(spec):
        path = Path(spec).expanduser()
        if identity is not None:
            _refuse_other_model(path, identity)
        return load_voice(path)
    if ":" in spec or "," in spec:
        parts = parse_mix(spec)
        return mix_voices(
            [(find_voice(name, stock, identity), weight) for name, weight in parts], name=spec
        )
    return stock.load(spec)


def model_of_voice(spec: str) -> str | None:
    """Returns the model's name that a voice belongs to, None where nothing says so.

    Raises:
        VoiceError: its sidecar is damaged.
    """
    from kvoicewalk.models.mini import is_mini_voice, mini_voice_names

    if not is_file_like(spec):
        names = {part.partition(":")[0].strip() for part in spec.split(",")}
        return "mini" if names & set(mini_voice_names()) else None
    path = Path(spec).expanduser()
    identity = read_sidecar(path).get("model")
    if isinstance(identity, str):
        return identity.partition("@")[0]
    from kvoicewalk.voices import load_voice

    return "mini" if is_mini_voice(load_voice(path)) else None


def read_sidecar(voice_path: Path) -> dict[str, Any]:
    """Returns the `.json` beside a voice, {} where there is none.

    Raises:
        VoiceError: it is no JSON object.
    """
    path = voice_path.with_suffix(".json")
    if not path.is_file():
        return {}
    try:
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


def _refuse_other_model(path: Path, identity: str) -> None:
    found = read_sidecar(path).get("model")
    if isinstance(found, str) and found != identity:
        raise VoiceError(
            f"{path} was found with {found}, not with {identity}; "
            f"use --model {found.partition('@')[0]}."
        )
