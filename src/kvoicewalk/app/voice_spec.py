"""What a user may give as a voice: a file, a stock voice's name, or a mix of them."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kvoicewalk.app.settings import EMBEDDED_OR_HUB
from kvoicewalk.errors import Setting, VoiceError

if TYPE_CHECKING:
    from kvoicewalk.models.base import VoiceSource
    from kvoicewalk.voices import Voice


@dataclass(frozen=True)
class VoiceSpec:
    """What somebody gave as a voice, told apart.

    Attributes:
        text: as it was given.
        kind: a file, a stock voice's name, or a mix of these.
        parts: of a mix, with their weights; () else.
    """

    text: str
    kind: Literal["file", "stock", "mix"]
    parts: "tuple[tuple[VoiceSpec, float], ...]" = ()

    @property
    def path(self) -> Path:
        """Where a file lies."""
        return Path(self.text).expanduser()

    def single(self) -> "Iterator[VoiceSpec]":
        """Yields the voices of a mix; else itself."""
        if self.kind == "mix":
            for part, _ in self.parts:
                yield from part.single()
        else:
            yield self


def parse_voice(text: str) -> VoiceSpec:
    """Tells what a voice argument is.

    A name that ends like a voice file or holds a slash is a file; several parts, or one with a
    weight, are a mix (`voices.mix` has the ways to write one). What lies on disk under exactly the
    name of a part is that file.

    Raises:
        VoiceError: a part of a mix has no name, or a weight that is no number.
    """
    from kvoicewalk.voices import split_mix

    parts = split_mix(text, _is_there) if text and not _is_there(text) else ()
    if len(parts) == 1 and not parts[0].has_weight and parts[0].weight > 0:
        parts = ()
    if parts:
        return VoiceSpec(text, "mix", tuple((_single(part.name), part.weight) for part in parts))
    return _single(text)


def _single(name: str) -> VoiceSpec:
    from kvoicewalk.voices.formats import ENDINGS

    is_file = name.lower().endswith(ENDINGS) or "/" in name or "\\" in name
    return VoiceSpec(name, "file" if is_file else "stock")


def _is_there(name: str) -> bool:
    return os.path.exists(os.path.expanduser(name))  # noqa: PTH110, PTH111  (for names too long)


def absolute_spec(text: str) -> str:
    """Returns a voice argument so that it holds from any folder."""
    spec = parse_voice(text)
    return str(spec.path.absolute()) if spec.kind == "file" else text


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


def find_voice(spec: str | VoiceSpec, stock: "VoiceSource | None") -> "Voice":
    """Loads one voice: a file, a stock voice's name whatever its case, or `a:0.7,b:0.3`.

    Args:
        spec: what the user gave.
        stock: where names are looked up; None where only files are taken.

    Raises:
        VoiceError: not there, or damaged.
    """
    from kvoicewalk.voices import load_voice, meant_name, mix_voices

    parsed = parse_voice(spec) if isinstance(spec, str) else spec
    if parsed.kind == "file":
        return load_voice(parsed.path)
    if parsed.kind == "mix":
        parts = [(find_voice(part, stock), weight) for part, weight in parsed.parts]
        return mix_voices(parts, name=parsed.text)
    refuse_recordings([parsed.text])
    if stock is None:
        raise VoiceError(f"{parsed.text!r} is no voice file; name one.")
    return stock.load(meant_name(parsed.text, stock.names))


def refuse_recordings(specs: Sequence[str]) -> None:
    """Checks that no voice argument is a recording.

    Raises:
        VoiceError: one is.
    """
    from kvoicewalk.voices import is_sound, recording_as_voice

    for text in specs:
        for name in (*(spec.text for spec in parse_voice(text).single()), text):
            if not os.path.isfile(name):  # noqa: PTH113  (Path.is_file raises, see above)
                continue
            with Path(name).open("rb") as stream:
                if is_sound(stream.read(12)):
                    raise recording_as_voice(name)


def refuse_other_models(specs: Sequence[str], identity: str) -> None:
    """Checks that no voice file was found with another model than the one that will speak.

    Args:
        specs: what the user gave.
        identity: of the model, `mini@0123456789ab`.

    Raises:
        VoiceError: one was.
    """
    from kvoicewalk.models.mini import is_mini_voice
    from kvoicewalk.voices import load_voice, read_sidecar

    for path in _files(specs):
        found = read_sidecar(path).get("model")
        if not isinstance(found, str):
            found = "mini" if is_mini_voice(load_voice(path)) else None
        if found is not None and not _is_same_model(found, identity):
            raise VoiceError(
                f"{path} was found with {found}, not with {identity}; use that model with ",
                Setting("model"),
                ".",
            )


def _files(specs: Sequence[str]) -> Iterator[Path]:
    for text in specs:
        for spec in parse_voice(text).single():
            if spec.kind == "file":
                yield spec.path


def tell_odd_voices(voices: "Sequence[Voice]", identity: str, note: Callable[[str], None]) -> None:
    """Tells what is odd about voices' files, whose they are, and which do not look like voices."""
    from kvoicewalk.models.known import what_is_odd

    for voice in voices:
        for told in voice.notes:
            note(told)
        odd = what_is_odd(voice, identity)
        if odd is not None:
            note(odd)


def model_of_voice(spec: str) -> str | None:
    """Returns the model that a voice belongs to, as `model` takes it; None if nothing says so.

    Raises:
        VoiceError: a sidecar is damaged, the parts of a mix belong to several models, or the
            model was a folder that nothing names.
    """
    from kvoicewalk.models.mini import mini_voice_names

    def of_one(one: VoiceSpec) -> str | None:
        if one.kind == "file":
            return _model_of_file(one.path)
        return "mini" if one.text.lower() in mini_voice_names() else None

    models = {of_one(one) for one in parse_voice(spec).single()} - {None}
    if len(models) > 1:
        shown = " and ".join(sorted(map(str, models)))
        raise VoiceError(f"{spec} mixes voices of {shown}; take voices of one model.")
    return models.pop() if models else None


def names_mini(spec: str) -> bool:
    """Tells whether one of the embedded model's own voices is named, alone or in a mix."""
    from kvoicewalk.models.mini import mini_voice_names

    stock = (one.text.lower() for one in parse_voice(spec).single() if one.kind == "stock")
    return any(name in mini_voice_names() for name in stock)


def lang_of_voice(spec: str) -> str | None:
    """Returns the language that a voice was made for: by its sidecar, else by its name."""
    from kvoicewalk.languages import LANGUAGES
    from kvoicewalk.voices import read_sidecar, voice_lang

    parsed = parse_voice(spec)
    if parsed.kind != "file":
        return voice_lang(spec.lower())
    path = parsed.path
    found = read_sidecar(path).get("lang")
    return found if isinstance(found, str) and found in LANGUAGES else voice_lang(path.stem)


def _model_of_file(path: Path) -> str | None:
    from kvoicewalk.models.mini import is_mini_voice
    from kvoicewalk.voices import load_voice, read_sidecar

    sidecar = read_sidecar(path)
    identity, source = sidecar.get("model"), sidecar.get("model_source")
    if not isinstance(identity, str):
        return "mini" if is_mini_voice(load_voice(path)) else None
    if isinstance(source, str) and (source in EMBEDDED_OR_HUB or Path(source).is_dir()):
        return source  # a folder's own name may be kokoro, too
    name = identity.partition("@")[0]
    if name in EMBEDDED_OR_HUB:
        return name
    found = f"{path} was found with the model {identity}"
    raise VoiceError(found, "; name its folder with ", Setting("model"), ".")


def _is_same_model(one: str, other: str) -> bool:
    (name, _, weights), (other_name, _, other_weights) = one.partition("@"), other.partition("@")
    # The same weights may lie in the hub's cache and in a folder.
    return weights == other_weights if weights and other_weights else name == other_name
