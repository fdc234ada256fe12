"""Every error that kvoicewalk raises on purpose, and how a message names a setting.

    KvwError
    ├── ConfigError   an option or a configuration file cannot be used
    ├── AudioError    a recording cannot be read or is no use as a target
    ├── VoiceError    a voice file, a voice's name or a mix cannot be used
    ├── ModelError    a model's weights are missing, damaged or of another kind
    ├── SynthError    a text cannot be turned into speech
    ├── StoreError    a run folder or the run database cannot be used
    └── WorkerError   worker processes or a cluster cannot be used

A message is one line: what was found, what was expected, and what to do.
The command line prints it and exits with 1.

The command and the library call a setting by different names: `--out` is `out_dir`. So a message
is made of parts, and a setting is a part of its own:

    raise ConfigError(Setting("device", "cuda"), ": torch finds no such device.")

    str(error)       'device="cuda": torch finds no such device.'
    error.settings   ("device",)
    in `kvw`         "--device cuda: torch finds no such device."  (cli/flags.py)

Flags are named in `cli/` alone. A warning, a note or advice that names a setting is a `Message`
of the same parts; it is a str like any other until the command shows it.
"""

from typing import TypeAlias

Atom: TypeAlias = "str | Setting | Key | Call"
Part: TypeAlias = "Atom | KvwError"

_TARGET_FIELDS = frozenset({"words", "is_transcribed", "channel"})


class Setting:
    """A parameter of the library's functions, or a field of its `Target`.

    Attributes:
        name: as in `api.py`.
        values: what it is, or may be set to; () where the setting itself is meant.
    """

    def __init__(self, name: str, *values: object) -> None:
        self.name, self.values = name, values

    def __str__(self) -> str:
        """Returns it as it is written in Python."""
        is_of_target = self.name in _TARGET_FIELDS
        if not self.values and not is_of_target:
            return f"`{self.name}`"
        value = " or ".join(map(_literal, self.values)) or "…"
        return f"Target({self.name}={value})" if is_of_target else f"{self.name}={value}"


class Key:
    """A key of a `config.json` or of `settings`, dotted; the same for all.

    Attributes:
        name: such as `walk.minutes`.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name


class Call:
    """A function of the library that is the way out, where there is a command that does the same.

    Attributes:
        function: its name.
        settings: its arguments; one without values is to be put in by whoever reads.
    """

    def __init__(self, function: str, *settings: Setting) -> None:
        self.function, self.settings = function, settings

    def __str__(self) -> str:
        """Returns it as it is written in Python."""
        given = (str(one) if one.values else one.name for one in self.settings)
        return f"kvoicewalk.{self.function}({', '.join(given) or '…'})"


class Message(str):
    """A message for people: the words of the library as text, and the parts they are made of.

    Formatting and slicing give a plain str, which keeps the words of the library for good: to join
    messages, make one of them.

    Attributes:
        parts: plain text, settings, keys and calls; messages and errors in them are taken apart.
    """

    parts: tuple[Atom, ...]

    def __new__(cls, *parts: Part) -> "Message":
        """Joins the parts."""
        flat: list[Atom] = []
        for part in parts:
            if isinstance(part, KvwError):
                flat.extend(part.message.parts)
            elif isinstance(part, Message):
                flat.extend(part.parts)
            else:
                flat.append(part)
        self = super().__new__(cls, "".join(map(str, flat)))
        self.parts = tuple(flat)
        return self

    def __getnewargs__(self) -> tuple[Atom, ...]:  # type: ignore[override]
        """Lets copies and other processes make it anew."""
        return self.parts


class KvwError(Exception):
    """Base of all expected errors; catch it to catch them all.

    Attributes:
        message: for people; `str(error)` is the same.
        settings: names of the settings it is about, as the message comes to them: a parameter
            (`device`), a field of `Target` (`words`), or a key of a configuration (`walk.minutes`).
    """

    def __init__(self, *parts: Part) -> None:
        """Makes an error of the parts of its message, see `Message`."""
        super().__init__(*Message(*parts).parts)  # args: all that a copy is made from

    @property
    def message(self) -> Message:
        """See `KvwError`."""
        return Message(*self.args)

    @property
    def settings(self) -> tuple[str, ...]:
        """See `KvwError`."""
        names = (part.name for part in self.args if isinstance(part, (Setting, Key)))
        return tuple(dict.fromkeys(names))

    def __str__(self) -> str:
        """Returns the message."""
        return str(self.message)


class ConfigError(KvwError):
    """An option or a configuration file cannot be used."""


class AudioError(KvwError):
    """A recording cannot be read, or cannot serve as a target."""


class VoiceError(KvwError):
    """A voice file, a voice's name or a mix cannot be used."""


class ModelError(KvwError):
    """A model's files are missing, damaged or do not fit each other."""


class SynthError(KvwError):
    """A text cannot be turned into speech."""


class StoreError(KvwError):
    """A run folder or the run database cannot be read or written."""


def _literal(value: object) -> str:
    return str(value) if isinstance(value, (bool, int, float)) else f'"{value}"'


class WorkerError(KvwError):
    """Worker processes or a cluster cannot be used."""
