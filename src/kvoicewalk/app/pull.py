"""Kokoro-82M's stock voices from the model hub into a folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kvoicewalk.app.events import Events
from kvoicewalk.errors import ModelError, VoiceError

if TYPE_CHECKING:
    from kvoicewalk.models.hub import HubVoices

UNREACHABLE = (
    "are not in the cache, and the model hub cannot be reached. Run this again with a network; or "
    "on another machine, and copy the folder; or unpack the npm package kokoro-js, whose folder "
    "voices has them as .bin, which are read as they are."
)


@dataclass(frozen=True)
class Pulled:
    """What came into the folder.

    Attributes:
        folder: where it is.
        written: names of voices that are new there.
        present: names of those that were there already.
    """

    folder: Path
    written: tuple[str, ...]
    present: tuple[str, ...]


def pull_voices(
    names: Sequence[str], folder: Path, events: Events, *, replaces: bool = False
) -> Pulled:
    """Fetches stock voices and writes them as `.pt` files; what the cache has is not fetched.

    Args:
        names: of the voices; all of them where there are none.
        folder: where they go; it is made.
        events: hear which voice is at work.
        replaces: True lets other files of their names be replaced.

    Raises:
        VoiceError: there is no such voice, or a file of its name with another voice.
        ModelError: the hub cannot be reached; says what else can be done.
    """
    from kvoicewalk.app.saved_voice import make_folder
    from kvoicewalk.models.hub import HubVoices
    from kvoicewalk.voices import meant_name, save_voice

    stock = HubVoices()
    wanted = [meant_name(name, stock.names) for name in names] or _all_names(stock, events)
    written: list[str] = []
    present: list[str] = []
    make_folder(folder)
    for name in dict.fromkeys(wanted):
        try:
            voice = stock.load(name)
        except ModelError as error:
            raise ModelError(f"Kokoro's voices ({name}, …) {UNREACHABLE}") from error
        path = folder / f"{name}.pt"
        if _is_there(path, voice.hash, replaces):
            present.append(name)
            continue
        save_voice(voice, path)
        written.append(name)
    return Pulled(folder, tuple(written), tuple(present))


def _all_names(stock: "HubVoices", events: Events) -> list[str]:
    from kvoicewalk.models.hub import VOICES_FOLDER, list_hub_files

    try:
        files = [Path(file.name) for file in list_hub_files()]
    except ModelError as error:
        if not stock.names:
            raise ModelError(f"Kokoro's voices {UNREACHABLE}") from error
        events.warning("the model hub cannot be reached; only the voices of the cache are taken.")
        return list(stock.names)
    return sorted(path.stem for path in files if path.parent.name == VOICES_FOLDER)


def _is_there(path: Path, digest: str, replaces: bool) -> bool:
    from kvoicewalk.errors import Setting
    from kvoicewalk.voices import load_voice

    if not path.exists() or replaces:
        return False
    try:
        if load_voice(path).hash == digest:
            return True
    except VoiceError:
        pass
    raise VoiceError(
        f"{path} is there and holds something else; replace it: ", Setting("replaces", True), "."
    )
