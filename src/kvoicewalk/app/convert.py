"""Voices from one form of file into another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.errors import Setting, VoiceError

if TYPE_CHECKING:
    from kvoicewalk.models.base import VoiceSource
    from kvoicewalk.voices import Voice


@dataclass(frozen=True)
class Converted:
    """A file that was written.

    Attributes:
        path: of the file.
        form: its form.
        voices: names and hashes of the voices in it.
        notes: what was unusual about where they came from.
    """

    path: Path
    form: str
    voices: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def convert_voices(
    specs: "Sequence[Voice | str]",
    save: Path,
    *,
    stock: "VoiceSource | None" = None,
    form: str | None = None,
    name: str | None = None,
    replaces: bool = False,
) -> list[Converted]:
    """Writes voices in another form: into one file, or each into its own in a folder.

    Args:
        specs: voices; files with one or several, folders of them, stock voices' names, mixes.
        save: a file, whose ending tells the form; or a folder, which is made.
        form: name of the form, whatever the ending; of files in a folder "pt" where it is None.
        stock: where names are looked up; None takes files alone.
        name: of the voice, where it is one.
        replaces: True lets files that are there be replaced.

    Raises:
        VoiceError: a voice cannot be read or a file not written; a file that is there.
    """
    from kvoicewalk.app.saved_voice import check_place, make_folder
    from kvoicewalk.voices import format_for, format_named

    voices = [voice for spec in specs for voice in _all_of(spec, stock)]
    voices = _named(_recognised(voices), name)
    if save.is_dir() or not save.suffix:
        wanted = format_named(form or "pt")
        files = {save / f"{voice.name}{wanted.endings[0]}": [voice] for voice in voices}
        if len(files) != len(voices):
            raise VoiceError("two of the voices have one name; convert them one by one.")
    else:
        wanted = format_named(form) if form else format_for(save, len(voices))
        files = {save: voices}
    for path in files:
        check_place(path, replaces, wanted.name)
    if not save.suffix:
        make_folder(save)
    return [_write(path, several, wanted.name, specs) for path, several in files.items()]


def _all_of(spec: "Voice | str", stock: "VoiceSource | None") -> "list[Voice]":
    from kvoicewalk.app.voice_spec import find_voice, parse_voice
    from kvoicewalk.voices import Voice, VoiceLibrary, load_voices

    if isinstance(spec, Voice):
        return [spec]
    parsed = parse_voice(spec)
    if parsed.path.is_dir():
        return list(VoiceLibrary.open(parsed.path).load_all())
    if parsed.kind == "file" and parsed.path.is_file():
        return list(load_voices(parsed.path).values())  # in the file's order: it may be their ids
    return [find_voice(parsed, stock)]


def _recognised(voices: "list[Voice]") -> "list[Voice]":
    """Returns voices that are called by their place in a file under the names they are known by."""
    from kvoicewalk.models.known import kokoro_voice_name

    def known(voice: "Voice") -> "Voice":
        is_nameless = voice.name.startswith("sid") and voice.name[3:].isdecimal()
        found = kokoro_voice_name(voice) if is_nameless else None
        return replace(voice, name=found) if found else voice

    return [known(voice) for voice in voices]


def _named(voices: "list[Voice]", name: str | None) -> "list[Voice]":
    from kvoicewalk.voices import is_file_name

    if name is None:
        return voices
    if len(voices) != 1:
        raise VoiceError(Setting("name", name), f": {len(voices)} voices cannot all be called so.")
    if not is_file_name(name):
        raise VoiceError(Setting("name", name), ": no name for a file; choose a plainer one.")
    return [replace(voices[0], name=name)]


def _write(
    path: Path, voices: "list[Voice]", form: str, specs: "Sequence[Voice | str]"
) -> Converted:
    from kvoicewalk.app.saved_voice import save_with_sidecar
    from kvoicewalk.voices import load_voices, save_voices

    facts = _facts(specs)
    if len(voices) == 1 and facts:
        save_with_sidecar(voices[0], path, facts, form)
    else:
        save_voices(voices, path, form)
    written = list(load_voices(path).values())
    if written != voices:
        raise VoiceError(f"{path} was written, but reads back otherwise; do not use it.")
    notes = tuple(dict.fromkeys(note for voice in voices for note in voice.notes))
    named = tuple((voice.name, voice.hash) for voice in voices)
    return Converted(path, form, named, notes)


def _facts(specs: "Sequence[Voice | str]") -> dict[str, Any]:
    """Returns the sidecar of the one file that is converted; {} where there is none."""
    from kvoicewalk.app.voice_spec import parse_voice
    from kvoicewalk.voices import read_sidecar

    if len(specs) != 1 or not isinstance(specs[0], str):
        return {}
    parsed = parse_voice(specs[0])
    found = read_sidecar(parsed.path) if parsed.kind == "file" else {}
    return {**found, "converted_from": str(parsed.path)} if found else {}
