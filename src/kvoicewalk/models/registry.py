"""One place that knows which models there are and turns a name into one."""

from pathlib import Path
from typing import TYPE_CHECKING

from kvoicewalk.config import ModelConfig
from kvoicewalk.errors import ConfigError, Setting
from kvoicewalk.models.base import Model, ModelFiles, VoiceSource, load_model
from kvoicewalk.models.files import locate_folder

if TYPE_CHECKING:  # stock voices are listed without it
    import torch


def open_model(config: ModelConfig) -> Model:
    """Loads the model that a configuration names.

    Raises:
        ModelError: its files are missing or damaged.
        ConfigError: the device is not there.
    """
    device = choose_device(config.device)
    return load_model(locate_model(config.name), device)


def locate_model(name: str) -> ModelFiles:
    """Finds a model's files: `kokoro` (hub cache), `mini` (embedded) or a folder.

    Raises:
        ModelError: they are not there.
    """
    if name == "kokoro":
        from kvoicewalk.models.hub import locate_hub

        return locate_hub()
    if name == "mini":
        from kvoicewalk.models.mini import locate_mini

        return locate_mini()
    return locate_folder(Path(name).expanduser())


def stock_voice_source(name: str) -> VoiceSource:
    """Returns a model's stock voices without its weights.

    Raises:
        ModelError: no such folder.
    """
    if name == "kokoro":
        from kvoicewalk.models.hub import HubVoices

        return HubVoices()
    return locate_model(name).voices


def choose_device(wanted: str) -> "torch.device":
    """Returns the device: `auto` takes CUDA where there is one, else the CPU.

    MPS is never chosen by `auto`: kokoro's vocoder lacks operations there in some torch releases.

    Raises:
        ConfigError: a named device is not there.
    """
    import torch

    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    has = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not has[wanted]:
        cpu = Setting("device", "cpu")
        raise ConfigError(Setting("device", wanted), ": torch finds no such device. Use ", cpu, ".")
    return torch.device(wanted)
