"""A model in a local folder: Kokoro's `config.json`, one `.pth` and `voices/`."""

from pathlib import Path

from kvoicewalk.errors import ModelError, Setting
from kvoicewalk.models.base import ModelFiles, build_kokoro
from kvoicewalk.voices import Voice, VoiceLibrary


def locate_folder(folder: Path) -> ModelFiles:
    """Finds a model's parts in a folder.

    Raises:
        ModelError: the folder, its config.json or its one .pth is not there.
    """
    if not folder.is_dir():
        raise ModelError(
            Setting("model", folder),
            ": no such folder. Give kokoro, mini or a folder with config.json, one .pth and "
            "voices/.",
        )
    config_path = folder / "config.json"
    if not config_path.is_file():
        raise ModelError(f"{folder} has no config.json; expected Kokoro's own beside its .pth.")
    weights = sorted(folder.glob("*.pth"))
    if len(weights) != 1:
        raise ModelError(f"{folder} holds {len(weights)} .pth files; expected exactly one.")
    return ModelFiles(
        name=folder.resolve().name,
        config_path=config_path,
        weights_path=weights[0],
        voices=FolderVoices(folder / "voices"),
        build=build_kokoro,
    )


class FolderVoices:
    """Stock voices as `.pt` files in a folder, which may be absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the `.pt` files there, sorted."""
        return VoiceLibrary.open(self._folder).names if self._folder.is_dir() else ()

    def load(self, name: str) -> Voice:
        """Returns one of them; raises VoiceError if it is not there."""
        return VoiceLibrary.open(self._folder).load(name)
