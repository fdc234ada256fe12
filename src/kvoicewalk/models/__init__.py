"""Which synthesizer weights: Kokoro-82M from the hub, a local folder, or the embedded mini."""

from kvoicewalk.models.base import Model, ModelFiles, VoiceSource
from kvoicewalk.models.registry import (
    choose_device,
    locate_model,
    open_model,
    stock_voice_source,
)

__all__ = [
    "Model",
    "ModelFiles",
    "VoiceSource",
    "choose_device",
    "locate_model",
    "open_model",
    "stock_voice_source",
]
