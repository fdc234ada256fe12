"""What a voice's numbers tell without a sidecar: whose it is, and whether they look like a voice.

The hashes are those of Kokoro-82M's 54 stock voices, written by tools/list_kokoro_voices.py.
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kvoicewalk.voices import Voice

HASHES_PATH = Path(__file__).with_name("kokoro_voices.json")
# Root mean square of all numbers: 0.14 to 0.25 in Kokoro-82M's stock voices, 0.15 to 0.19 in
# mini's; mixes and found voices stay near.
USUAL_RMS = (0.05, 1.0)


@functools.cache
def _kokoro_names() -> Mapping[str, str]:
    hashes: dict[str, str] = json.loads(HASHES_PATH.read_text(encoding="utf-8"))
    return {digest: name for name, digest in hashes.items()}


def kokoro_voice_name(voice: Voice) -> str | None:
    """Returns which of Kokoro-82M's stock voices it is, by its numbers; None for any other."""
    return _kokoro_names().get(voice.hash)


def what_is_odd(voice: Voice, identity: str) -> str | None:
    """Returns what a user should know before hearing a voice; None where nothing is odd.

    Args:
        voice: that will speak.
        identity: of the model that it will speak on, `mini@0123456789ab`.
    """
    known = kokoro_voice_name(voice)
    if known is not None and identity.partition("@")[0] == "mini":
        return f"{voice.name} is Kokoro-82M's {known}; on mini it sounds like somebody else."
    rms = float(np.sqrt(np.mean(np.square(voice.rows, dtype=np.float64))))
    low, high = USUAL_RMS
    if not low <= rms <= high:
        return (
            f"{voice.name} does not look like a voice: its numbers are {rms:.3g} in size, those of "
            "stock voices 0.14 to 0.25. It may be damaged, or made for another program."
        )
    return None
