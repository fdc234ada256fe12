"""Every error that kvoicewalk raises on purpose.

    KvwError
    ├── ConfigError   an option or a configuration file cannot be used
    ├── AudioError    a recording cannot be read or is no use as a target
    ├── VoiceError    a voice file, a voice's name or a mix cannot be used
    ├── ModelError    a model's weights are missing, damaged or of another kind
    ├── SynthError    a text cannot be turned into speech
    └── StoreError    a run folder or the run database cannot be used

A message is one line: what was found, what was expected, and what to do.
The command line prints it and exits with 1.
"""


class KvwError(Exception):
    """Base of all expected errors; catch it to catch them all."""


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
