"""Saving a voice where the user wants it, with its sidecar; nothing of the user's is replaced."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.errors import Setting, VoiceError

if TYPE_CHECKING:
    from kvoicewalk.voices import Voice


def check_place(path: Path, is_forced: bool, form: str | None = None) -> None:
    """Checks that a voice may be saved there, before anything slow.

    Args:
        path: of the file.
        is_forced: True lets a file that is there be replaced.
        form: see `voices.save_voice`.

    Raises:
        VoiceError: no voice file ends so, or something is there already.
    """
    from kvoicewalk.voices import format_for, format_named, read_sidecar, sidecar_path

    format_named(form) if form is not None else format_for(path)
    if path.is_dir():
        raise VoiceError(f"{path} is a folder; name a file in it.")
    if path.exists() and not is_forced:
        raise VoiceError(
            f"{path} is there already; choose another name, or replace it: ",
            Setting("replaces", True),
            ".",
        )
    beside = sidecar_path(path)
    if beside.exists() and "kvw_version" not in read_sidecar(path):
        raise VoiceError(f"{beside} is there and not kvw's own; choose another name.")


def save_with_sidecar(
    voice: "Voice", path: Path, facts: Mapping[str, Any], form: str | None = None
) -> None:
    """Writes a voice and what is known of it.

    Args:
        voice: to write.
        path: of its file.
        facts: of the sidecar; its name and the version of `kvw` are added.
        form: see `voices.save_voice`.

    Raises:
        VoiceError: the voice cannot be written.
        StoreError: the sidecar cannot be written.
    """
    from kvoicewalk.store import write_json_atomic
    from kvoicewalk.version import __version__
    from kvoicewalk.voices import save_voice, sidecar_path

    save_voice(voice, path, form)
    sidecar = {**facts, "name": path.stem, "kvw_version": __version__}
    write_json_atomic(sidecar_path(path), sidecar)


def make_folder(folder: Path) -> None:
    """Makes a folder for voices, where it is not there.

    Raises:
        VoiceError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VoiceError(f"{folder} cannot be made: {error.strerror}.") from error
