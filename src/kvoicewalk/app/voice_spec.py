"""What a user may give as a voice: a file, a stock voice's name, or a mix of them."""

import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.settings import EMBEDDED_OR_HUB
from kvoicewalk.errors import VoiceError

if TYPE_CHECKING:
    from kvoicewalk.models.base import VoiceSource
    from kvoicewalk.voices import Voice

WEIGHT_AT_END = re.compile(r":\s*[-+]?[\d.]+(e-?\d+)?$")
VOICE_SUFFIXES = (".pt", ".bin")
MAX_SIDECAR_BYTES = 1_000_000


def is_file_like(spec: str) -> bool:
    """Tells whether a voice argument means one file rather than a name or a mix."""
    if os.path.exists(spec):  # noqa: PTH110  (Path.exists raises for names that are too long)
        return spec.endswith(VOICE_SUFFIXES) or is_path(spec)
    is_mix = "," in spec or WEIGHT_AT_END.search(spec) is not None
    return not is_mix and (spec.endswith(VOICE_SUFFIXES) or is_path(spec))


def is_path(spec: str) -> bool:
    """Tells whether a voice argument names a place rather than a voice."""
    return "/" in spec or "\\" in spec


def absolute_spec(spec: str) -> str:
    """Returns a voice argument so that it holds from any folder."""
    return str(Path(spec).expanduser().absolute()) if is_file_like(spec) else spec


def find_voices(specs: Sequence[str], stock: "VoiceSource") -> "list[Voice]":
    """Loads voices; each once, those of one name told apart by their paths.

    Raises:
        VoiceError: one cannot be loaded.
    """
    from dataclasses import replace

    specs = tuple(dict.fromkeys(specs))
    voices = [find_voice(spec, stock) for spec in specs]
    names = [voice.name for voice in voices]
    return [
        replace(voice, name=spec) if names.count(voice.name) > 1 else voice
        for spec, voice in zip(specs, voices, strict=True)
    ]


def find_voice(spec: str, stock: "VoiceSource") -> "Voice":
    """Loads one voice: a `.pt` or `.bin` file, a stock voice's name, or `a:0.7,b:0.3`.

    Args:
        spec: what the user gave.
        stock: where names are looked up.

    Raises:
        VoiceError: not there, or damaged.
    """
    from kvoicewalk.voices import load_voice, mix_voices, parse_mix

    if is_file_like(spec):
        return load_voice(Path(spec).expanduser())
    if ":" in spec or "," in spec:
        parts = parse_mix(spec)
        return mix_voices([(find_voice(name, stock), weight) for name, weight in parts], name=spec)
    refuse_recordings([spec])
    return stock.load(spec)


def refuse_recordings(specs: Sequence[str]) -> None:
    """Checks that no voice argument is a recording.

    Raises:
        VoiceError: one is.
    """
    from kvoicewalk.voices import is_sound, parse_mix, recording_as_voice

    for spec in specs:
        if not is_file_like(spec) and ("," in spec or ":" in spec):
            refuse_recordings([name for name, _ in parse_mix(spec) if name != spec])
        if not os.path.isfile(spec):  # noqa: PTH113  (Path.is_file raises for names too long)
            continue
        with Path(spec).open("rb") as stream:
            if is_sound(stream.read(12)):
                raise recording_as_voice(spec)


def refuse_other_models(specs: Sequence[str], identity: str) -> None:
    """Checks that no voice file was found with another model than the one that will speak.

    Args:
        specs: what the user gave.
        identity: of the model, `mini@0123456789ab`.

    Raises:
        VoiceError: one was.
    """
    from kvoicewalk.models.mini import is_mini_voice
    from kvoicewalk.voices import load_voice, parse_mix

    for spec in specs:
        if not is_file_like(spec):
            if "," in spec or ":" in spec:
                refuse_other_models([name for name, _ in parse_mix(spec)], identity)
            continue
        path = Path(spec).expanduser()
        found = read_sidecar(path).get("model")
        if not isinstance(found, str):
            found = "mini" if is_mini_voice(load_voice(path)) else None
        if found is not None and not _is_same_model(found, identity):
            raise VoiceError(
                f"{path} was found with {found}, not with {identity}; use that model with --model."
            )


def tell_odd_voices(voices: "Sequence[Voice]", identity: str, note: Callable[[str], None]) -> None:
    """Tells of voices that were made for another model, or do not look like voices at all."""
    from kvoicewalk.models.known import what_is_odd

    for voice in voices:
        odd = what_is_odd(voice, identity)
        if odd is not None:
            note(odd)


def model_of_voice(spec: str) -> str | None:
    """Returns the model that a voice belongs to, as `--model` takes it; None if nothing says so.

    Raises:
        VoiceError: a sidecar is damaged, the parts of a mix belong to several models, or the
            model was a folder that nothing names.
    """
    if is_file_like(spec):
        return _model_of_file(Path(spec).expanduser())
    from kvoicewalk.models.mini import mini_voice_names
    from kvoicewalk.voices import parse_mix

    if "," not in spec and ":" not in spec:
        return "mini" if spec in mini_voice_names() else None
    models = {model_of_voice(name) for name, _ in parse_mix(spec)} - {None}
    if len(models) > 1:
        shown = " and ".join(sorted(map(str, models)))
        raise VoiceError(f"{spec} mixes voices of {shown}; take voices of one model.")
    return models.pop() if models else None


def lang_of_voice(spec: str) -> str | None:
    """Returns the language that a voice was made for: by its sidecar, else by its name."""
    from kvoicewalk.languages import LANGUAGES
    from kvoicewalk.voices import voice_lang

    if not is_file_like(spec):
        return voice_lang(spec)
    path = Path(spec).expanduser()
    found = read_sidecar(path).get("lang")
    return found if isinstance(found, str) and found in LANGUAGES else voice_lang(path.stem)


def _model_of_file(path: Path) -> str | None:
    from kvoicewalk.models.mini import is_mini_voice
    from kvoicewalk.voices import load_voice

    sidecar = read_sidecar(path)
    identity, source = sidecar.get("model"), sidecar.get("model_source")
    if not isinstance(identity, str):
        return "mini" if is_mini_voice(load_voice(path)) else None
    if isinstance(source, str) and (source in EMBEDDED_OR_HUB or Path(source).is_dir()):
        return source  # a folder's own name may be kokoro, too
    name = identity.partition("@")[0]
    if name in EMBEDDED_OR_HUB:
        return name
    raise VoiceError(f"{path} was found with the model {identity}; name its folder with --model.")


def read_sidecar(voice_path: Path) -> dict[str, Any]:
    """Returns the `.json` beside a voice, {} where there is none.

    Raises:
        VoiceError: it is no JSON object.
    """
    if not voice_path.name:
        return {}
    path = voice_path.with_suffix(".json")
    try:
        if not path.is_file():
            return {}
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


def _is_same_model(one: str, other: str) -> bool:
    (name, _, weights), (other_name, _, other_weights) = one.partition("@"), other.partition("@")
    # The same weights may lie in the hub's cache and in a folder.
    return weights == other_weights if weights and other_weights else name == other_name
