"""The library's messages in the words of the command: `device="cpu"` → `--device cpu`.

The one place where what the library calls a setting meets what the command calls it.
"""

from typing import Any

from kvoicewalk.errors import Atom, Call, Message, Setting

FLAGS = {
    "address": "--address",
    "gpus_per_worker": "--gpus-per-worker",
    "brightness_db": "--brightness",
    "channel": "--channel",
    "config_path": "--config",
    "device": "--device",
    "encoding": "--encoding",
    "executor": "--executor",
    "folder": "--dir",
    "format": "--format",
    "is_transcribed": "--transcribe",
    "lang": "--lang",
    "liveliness": "--liveliness",
    "method": "--method",
    "model": "--model",
    "name": "--name",
    "only": "--only",
    "out_dir": "--out",
    "pace": "--pace",
    "params": "--params",
    "pitch_semitones": "--pitch",
    "replaces": "--force",
    "restart": "--restart",
    "runtime": "--to",
    "start": "--start",
    "target": "-t",
    "voices": "--voices",
    "wav_path": "--save",
    "words": "--text",
    "workers": "--workers",
}
COMMANDS = {"rank": "rank", "resume": "runs resume", "score": "score", "walk": "walk"}
ARGUMENTS = {"target": "TARGET", "voices": "VOICE"}


def in_flags(data: Any) -> Any:
    """Returns messages as the user of the command knows them; all else is left as it is.

    Args:
        data: a message, or plain data that may hold some.
    """
    if isinstance(data, Message):
        return "".join(map(_worded, data.parts))
    if isinstance(data, dict):
        return {key: in_flags(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [in_flags(value) for value in data]
    return data


def _worded(part: Atom) -> str:
    if isinstance(part, Setting):
        return _flag(part)
    if isinstance(part, Call):
        given = (_flag(one) if one.values else ARGUMENTS[one.name] for one in part.settings)
        return " ".join(("kvw", COMMANDS[part.function], *given))
    return str(part)


def _flag(setting: Setting) -> str:
    flag = FLAGS[setting.name]
    values = " or ".join(str(value) for value in setting.values if value is not True)
    return f"{flag} {values}" if values else flag
