"""The voices of a folder, or of one file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices.files import load_voice, load_voices
from kvoicewalk.voices.formats import ENDINGS
from kvoicewalk.voices.names import unknown_voice
from kvoicewalk.voices.sidecar import SIDECAR_ENDING
from kvoicewalk.voices.voice import Voice


@dataclass(frozen=True)
class VoiceLibrary:
    """The voice files of a folder, or the voices of one file.

    Attributes:
        path: folder or file.
        names: of the voices in it, sorted.
    """

    path: Path
    names: tuple[str, ...]
    _files: Mapping[str, Path] = field(default_factory=dict, repr=False)
    _loaded: Mapping[str, Voice] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, path: Path) -> "VoiceLibrary":
        """Lists a folder's voice files, and loads none; or loads a file's voices, or FILE/NAME.

        Raises:
            VoiceError: nothing there, no voice file in the folder, or the file cannot be read.
        """
        if path.is_dir():
            files = voice_files(path)
            if not files:
                raise VoiceError(
                    f"{path} holds no .pt files nor other voices; name a folder of Kokoro voices."
                )
            return cls(path, tuple(sorted(files)), files)
        if path.parent.is_file():
            voice = load_voice(path)
            return cls(path, (voice.name,), _loaded={voice.name: voice})
        if not path.exists():
            raise VoiceError(f"{path} is not there; name a voice file or a folder of them.")
        loaded = load_voices(path)
        return cls(path, tuple(sorted(loaded)), _loaded=loaded)

    def load(self, name: str) -> Voice:
        """Loads one by name.

        Raises:
            VoiceError: no such voice, or its file is damaged.
        """
        if name not in self.names:
            raise unknown_voice(name, self.names, str(self.path))
        return self._loaded[name] if name in self._loaded else load_voice(self._files[name])

    def load_all(self) -> Iterator[Voice]:
        """Loads all, in the order of their names."""
        return map(self.load, self.names)


def voice_files(folder: Path) -> dict[str, Path]:
    """Returns a folder's voice files by name; of two with one name, the first by form.

    JSON counts only where there is nothing else: beside other voices it describes them.
    """
    found: dict[str, Path] = {}
    entries = sorted(entry for entry in folder.iterdir() if entry.is_file())
    for ending in ENDINGS:
        if ending == ".json" and found:
            continue
        for entry in entries:
            is_sidecar = entry.name.lower().endswith(SIDECAR_ENDING)
            if entry.suffix.lower() == ending and not is_sidecar:
                found.setdefault(entry.stem, entry)
    return found


def load_readable(library: VoiceLibrary) -> tuple[list[Voice], list[VoiceError]]:
    """Returns the voices that can be loaded, in the order of their names, and why others cannot.

    Raises:
        VoiceError: none can be loaded.
    """
    voices: list[Voice] = []
    errors: list[VoiceError] = []
    for name in library.names:
        try:
            voices.append(library.load(name))
        except VoiceError as error:
            errors.append(error)
    if not voices:
        raise errors[0]
    return voices, errors
