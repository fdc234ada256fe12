"""Second judges: they hear a finished voice, and no search ever sees what they say."""

from kvoicewalk.judges.base import Judge, Reading, UnavailableError, hear_judges
from kvoicewalk.judges.panel import fetch_judges, open_listener, open_panel
from kvoicewalk.judges.words import Listener

__all__ = [
    "Judge",
    "Listener",
    "Reading",
    "UnavailableError",
    "fetch_judges",
    "hear_judges",
    "open_listener",
    "open_panel",
]
