"""The embedded model: Kokoro in small, in the package, no download. No product voice."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.bundle import bundled_dir
from kvoicewalk.errors import ModelError

if TYPE_CHECKING:
    import torch

    from kvoicewalk.models.base import ModelFiles
    from kvoicewalk.voices import Voice

FOLDER = Path(__file__).parent
CONFIG_PATH = FOLDER / "config.json"
WEIGHTS_PATH = FOLDER / "mini.safetensors"
VOICE_HASHES_PATH = FOLDER / "voices.json"


def locate_mini() -> "ModelFiles":
    """Returns the embedded model's files."""
    from kvoicewalk.models.base import ModelFiles
    from kvoicewalk.models.files import FolderVoices

    return ModelFiles(
        name="mini",
        config_path=CONFIG_PATH,
        weights_path=WEIGHTS_PATH,
        voices=FolderVoices(bundled_dir("voices")),
        build=build_mini,
        english="espeak",
    )


def build_mini(config: Mapping[str, Any], weights_path: Path) -> "torch.nn.Module":
    """Builds the network and loads its weights, half precision on disk, checking every key.

    Raises:
        ModelError: the file is damaged or holds another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from kvoicewalk.models.mini.network import MiniKModel

    network = MiniKModel(config)
    try:
        weights = {key: value.float() for key, value in load_file(weights_path).items()}
        network.load_state_dict(weights, strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ModelError(f"{weights_path} is damaged; install kvoicewalk again.") from error
    return network


@functools.cache
def _voice_hashes() -> Mapping[str, str]:
    hashes: dict[str, str] = json.loads(VOICE_HASHES_PATH.read_text(encoding="utf-8"))
    return hashes


def mini_voice_names() -> tuple[str, ...]:
    """Returns the names of mini's own stock voices, sorted."""
    return tuple(sorted(_voice_hashes()))


def is_mini_voice(voice: "Voice") -> bool:
    """Tells whether a voice is one of mini's own, by its numbers."""
    return voice.hash in _voice_hashes().values()
