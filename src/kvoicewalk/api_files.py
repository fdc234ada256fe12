"""The library's calls that are about files alone, voices' and models'; `api.py` has all.

They need no model and keep no run.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from kvoicewalk.api_options import StrPath, prepare

if TYPE_CHECKING:
    from kvoicewalk.app.install import InstallResult
    from kvoicewalk.voices import Voice


def load_voice(path: StrPath) -> "Voice":
    """Loads a voice from a file of any form, told by its content; never runs code from it.

    Kokoro's `.pt`, raw `.bin`, `.npz` (also kokoro-onnx's voices-v1.0.bin), `.npy`, `.safetensors`,
    JSON, sherpa-onnx's voices.bin, VOIC: docs/formats.md.

    Args:
        path: of a file with one voice; FILE/NAME is one voice of a file with several.

    Returns:
        The voice; its `rows` are float32 (510, 1, 256), its `notes` tell what was unusual.

    Raises:
        VoiceError: the file is missing, damaged, or holds something else or several voices.
    """
    from kvoicewalk import voices

    prepare()
    return voices.load_voice(Path(path).expanduser())


def load_voices(path: StrPath) -> "dict[str, Voice]":
    """Loads all voices of a file, or of the files in a folder, by name.

    Raises:
        VoiceError: it is missing, or one of the voices is damaged.
    """
    from kvoicewalk.voices import VoiceLibrary

    prepare()
    library = VoiceLibrary.open(Path(path).expanduser())
    return {voice.name: voice for voice in library.load_all()}


def save_voice(voice: "Voice", path: StrPath, *, format: str | None = None) -> None:
    """Writes a voice, whole or not at all; its numbers come back bit for bit.

    Args:
        voice: to write.
        path: of the file, whose ending tells the form; what is there is replaced.
        format: "pt", "bin", "npz", "npy", "safetensors", "json", "json-rows", "sherpa" or "voic",
            whatever the ending.

    Raises:
        VoiceError: no voice file ends so, or the path cannot be written.
    """
    from kvoicewalk import voices

    prepare()
    voices.save_voice(voice, Path(path).expanduser(), format)


def save_voices(voices: "Iterable[Voice]", path: StrPath, *, format: str | None = None) -> None:
    """Writes several voices into one file, by their names; see `save_voice`.

    Args:
        voices: with names that differ.
        path: of the file, such as voices-mine.npz.
        format: "npz", "sherpa", "voic", "safetensors" or "json", whatever the ending.

    Raises:
        VoiceError: the form holds but one voice, or the path cannot be written.
    """
    from kvoicewalk.voices import save_voices as save

    prepare()
    save(voices, Path(path).expanduser(), format)


def convert_voice(
    voice: "Voice | StrPath",
    path: StrPath,
    *,
    format: str | None = None,
    name: str | None = None,
    replaces: bool = False,
) -> None:
    """Writes a voice file in another form, with what is known of it beside it.

    Args:
        voice: a voice, or its file of any form.
        path: of the new file, whose ending tells the form.
        format: see `save_voice`.
        name: of the voice in the file. Default: its own.
        replaces: True lets a file that is there be replaced.

    Raises:
        VoiceError: the voice cannot be read, the file is there, or cannot be written.
    """
    from kvoicewalk.app.convert import convert_voices
    from kvoicewalk.voices import Voice

    prepare()
    given = voice if isinstance(voice, Voice) else str(voice)
    save = Path(path).expanduser()
    convert_voices([given], save, form=format, name=name, replaces=replaces)


def install_voice(
    voice: "Voice | StrPath",
    runtime: str,
    *,
    folder: StrPath | None = None,
    name: str | None = None,
    replaces: bool = False,
) -> "InstallResult":
    """Puts a voice into another program that speaks with Kokoro-82M, and reads it back from there.

    All files are written or none; what was there before is kept beside it as `.bak`.

    Args:
        voice: a voice, or its file of any form.
        runtime: "kokoro", "kokoro-fastapi", "kokoro-onnx", "kokoros", "comfyui-kokoro",
            "kokoro-js", "sherpa-onnx", "mlx-audio", "kokoro-mlx", "kokorosharp" or "fluidaudio".
        folder: of the program, or its file of voices. Default: where it usually is.
        name: of the voice there, such as "af_mine". Default: its own.
        replaces: True lets a voice of that name be replaced.

    Returns:
        What was written, which row of the voice the program takes, and how to have it speak.

    Raises:
        VoiceError: no such program or place, a name that it cannot take or that is there already,
            or the place cannot be written.
    """
    from kvoicewalk.app.install import find_for_install
    from kvoicewalk.app.install import install_voice as install
    from kvoicewalk.voices import Voice

    prepare()
    found = voice if isinstance(voice, Voice) else find_for_install(str(voice))
    place = Path(folder).expanduser() if folder is not None else None
    return install(found, runtime, folder=place, name=name, replaces=replaces)


def import_model(
    onnx_path: StrPath,
    voices: StrPath,
    *,
    folder: StrPath | None = None,
    config_path: StrPath | None = None,
) -> Path:
    """Makes a folder for `model` of kokoro-onnx's files (extra `onnx`); whole or not at all.

    Args:
        onnx_path: kokoro-v1.0.onnx, .fp16.onnx or .int8.onnx.
        voices: voices-v1.0.bin, or a folder of `.pt` files.
        folder: that is made. Default: in kvoicewalk's cache.
        config_path: the model's own config.json, where it is not Kokoro-82M v1.0.

    Raises:
        KvwError: a file is missing, damaged, or of something else.
    """
    from kvoicewalk.models.onnx_import import default_folder, import_onnx

    prepare()
    source = Path(onnx_path).expanduser()
    place = Path(folder).expanduser() if folder is not None else default_folder(source)
    own = Path(config_path).expanduser() if config_path is not None else None
    return import_onnx(source, Path(voices).expanduser(), place.absolute(), own).folder
