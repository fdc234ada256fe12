"""What a runtime is to us: where it looks for voices, in which form, and how it picks a row."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from kvoicewalk.errors import Setting, VoiceError
from kvoicewalk.voices import Voice, voice_lang

RowRule = Literal["n - 1", "n"]
PACKS = ("npz", "sherpa")  # forms that hold all voices of a runtime
PLAIN_NAME = re.compile(r"[A-Za-z0-9_]{1,60}")


@dataclass(frozen=True)
class Order:
    """One voice that is to be put into one place.

    Attributes:
        voice: the voice, under the name that it gets there.
        place: folder or file, as `find_place` gave it.
        replaces: True lets a voice of that name be replaced.
    """

    voice: Voice
    place: Path
    replaces: bool


@dataclass(frozen=True)
class Placed:
    """What has to be written so that a runtime has a voice.

    Attributes:
        files: what writes each file.
        path: the file that the voice is in then.
        read: reads the voice back from there.
        words: more words for `Runtime.say`, such as `sid`.
        notes: what a user should know.
    """

    files: Mapping[Path, Callable[[BinaryIO], None]]
    path: Path
    read: Callable[[], Voice]
    words: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Runtime:
    """A program that speaks with Kokoro's voices.

    Attributes:
        name: as `kvw voices install --to` takes it.
        what: it is, in a few words.
        form: name of the form in `voices.FORMATS`.
        marks: patterns below its folder; the first one that is there tells the place. A pattern
            of files means their folder, unless the voices are kept in the file itself.
        looks_like: what the folder holds, for people.
        usual: folders that are looked in where none is named; `~` and `{hub}` are filled in.
        put: how a voice gets in.
        row: which row of a voice it takes for a text of n phonemes; kokoro and kvw take n - 1.
        longest: phonemes of the longest text that it speaks in one piece.
        needs_prefix: True where the first letter of a name tells it the language.
        restart: what to do so that it sees the voice.
        say: how to have it speak; `{name}`, `{path}` and `{folder}` are filled in.
        note: what else a user should know; "" for nothing.
    """

    name: str
    what: str
    form: str
    marks: tuple[str, ...]
    looks_like: str
    usual: tuple[str, ...]
    put: Callable[[Order], Placed]
    row: RowRule
    longest: int
    needs_prefix: bool
    restart: str
    say: str
    note: str = ""


def check_name(name: str, runtime: Runtime) -> str:
    """Returns a voice's name if the runtime can take it.

    Raises:
        VoiceError: it has other signs than letters, digits and underscores, or tells no language
            where that is needed.
    """
    if PLAIN_NAME.fullmatch(name) is None:
        raise VoiceError(
            f"{name[:80]!a} is no name for {runtime.name}; give one of letters, digits and "
            "underscores: ",
            Setting("name", "af_mine"),
            ".",
        )
    if runtime.needs_prefix and voice_lang(name) is None:
        raise VoiceError(
            f"{runtime.name} takes the language from the name's first letter, and {name!r} has "
            "none; name it such as ",
            Setting("name", f"af_{name}"),
            " (a: American, b: British English, e: Spanish, f: French, h: Hindi, i: Italian, "
            "j: Japanese, p: Portuguese, z: Chinese; then f or m, and an underscore).",
        )
    return name


def find_place(runtime: Runtime, folder: Path | None, hub: Path) -> Path:
    """Returns the folder or file that a runtime keeps its voices in.

    Args:
        runtime: which.
        folder: as the user named it; None looks where it usually is.
        hub: cache of the model hub.

    Raises:
        VoiceError: nothing there looks like it.
    """
    if folder is not None:
        if not folder.exists():
            raise VoiceError(f"{folder} is not there; name {runtime.looks_like}.")
        if folder.is_file():
            return folder
        found = _place_below(runtime, folder)
        if found is None and runtime.form not in PACKS and not any(folder.iterdir()):
            return folder  # an empty folder that is named is meant
        if found is None:
            raise VoiceError(
                f"{folder} does not look like {runtime.name}'s; name {runtime.looks_like}."
            )
        return found
    for usual in runtime.usual:
        base = Path(usual.replace("{hub}", str(hub))).expanduser()
        found = _place_below(runtime, base) if base.is_dir() else None
        if found is not None:
            return found
    where = f" (looked in {', '.join(runtime.usual)})" if runtime.usual else ""
    raise VoiceError(
        f"where {runtime.name} keeps voices is not known here{where}; name "
        f"{runtime.looks_like} with ",
        Setting("folder"),
        ".",
    )


def _place_below(runtime: Runtime, folder: Path) -> Path | None:
    for mark in runtime.marks:
        if mark == ".":
            return folder
        matches = sorted(folder.glob(mark))
        if matches:
            first = matches[0]
            is_pack = runtime.form == "npz"  # sherpa-onnx's place is the folder, with its model
            return first if first.is_dir() or is_pack else first.parent
    return None
