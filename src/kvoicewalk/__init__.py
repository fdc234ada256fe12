"""Search for Kokoro-82M voices that sound like a recording.

Names are loaded when they are first used; docs/api.md shows them at work.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kvoicewalk.version import __version__

if TYPE_CHECKING:
    from kvoicewalk.api import (
        Target,
        adjust,
        clone,
        convert_voice,
        import_model,
        install_voice,
        interpolate,
        load_voice,
        load_voices,
        narrate,
        rank,
        resume,
        save_voice,
        save_voices,
        score,
        speak,
        stream,
        walk,
    )
    from kvoicewalk.app.events import (
        Events,
        InterruptedRunError,
        InterruptedSpeechError,
        Judgement,
        SearchStart,
        Stage,
    )
    from kvoicewalk.app.install import InstallResult
    from kvoicewalk.errors import KvwError
    from kvoicewalk.reading.pieces import SpeechStep
    from kvoicewalk.results import (
        HeldOutResult,
        NarrationResult,
        RankedVoice,
        RankResult,
        Scores,
        SearchResult,
    )
    from kvoicewalk.search.base import RankStep, SearchStep
    from kvoicewalk.search.sweep import SweepStep
    from kvoicewalk.voices import Voice

__all__ = [
    "Events",
    "HeldOutResult",
    "InstallResult",
    "InterruptedRunError",
    "InterruptedSpeechError",
    "Judgement",
    "KvwError",
    "NarrationResult",
    "RankResult",
    "RankStep",
    "RankedVoice",
    "Scores",
    "SearchResult",
    "SearchStart",
    "SearchStep",
    "SpeechStep",
    "Stage",
    "SweepStep",
    "Target",
    "Voice",
    "__version__",
    "adjust",
    "clone",
    "convert_voice",
    "import_model",
    "install_voice",
    "interpolate",
    "load_voice",
    "load_voices",
    "narrate",
    "rank",
    "resume",
    "save_voice",
    "save_voices",
    "score",
    "speak",
    "stream",
    "walk",
]
_HOMES = {
    "SearchResult": "kvoicewalk.results",
    "Scores": "kvoicewalk.results",
    "RankResult": "kvoicewalk.results",
    "RankedVoice": "kvoicewalk.results",
    "HeldOutResult": "kvoicewalk.results",
    "NarrationResult": "kvoicewalk.results",
    "Events": "kvoicewalk.app.events",
    "InstallResult": "kvoicewalk.app.install",
    "InterruptedRunError": "kvoicewalk.app.events",
    "InterruptedSpeechError": "kvoicewalk.app.events",
    "Judgement": "kvoicewalk.app.events",
    "KvwError": "kvoicewalk.errors",
    "RankStep": "kvoicewalk.search.base",
    "SearchStart": "kvoicewalk.app.events",
    "SearchStep": "kvoicewalk.search.base",
    "SpeechStep": "kvoicewalk.reading.pieces",
    "Stage": "kvoicewalk.app.events",
    "SweepStep": "kvoicewalk.search.sweep",
    "Voice": "kvoicewalk.voices",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "kvoicewalk.api")), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
