"""Search for Kokoro-82M voices that sound like a recording.

Names are loaded when they are first used; docs/api.md shows them at work.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kvoicewalk.version import __version__

if TYPE_CHECKING:
    from kvoicewalk.api import (
        HeldOutResult,
        RankedVoice,
        RankResult,
        Scores,
        SearchResult,
        Target,
        clone,
        interpolate,
        load_voice,
        rank,
        resume,
        save_voice,
        score,
        speak,
        walk,
    )
    from kvoicewalk.app.events import Events, InterruptedRunError
    from kvoicewalk.errors import KvwError
    from kvoicewalk.voices import Voice

__all__ = [
    "Events",
    "HeldOutResult",
    "InterruptedRunError",
    "KvwError",
    "RankResult",
    "RankedVoice",
    "Scores",
    "SearchResult",
    "Target",
    "Voice",
    "__version__",
    "clone",
    "interpolate",
    "load_voice",
    "rank",
    "resume",
    "save_voice",
    "score",
    "speak",
    "walk",
]
_HOMES = {
    "Events": "kvoicewalk.app.events",
    "InterruptedRunError": "kvoicewalk.app.events",
    "KvwError": "kvoicewalk.errors",
    "Voice": "kvoicewalk.voices",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "kvoicewalk.api")), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
