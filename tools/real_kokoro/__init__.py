"""The real Kokoro-82M, and real judges, put together from packages of PyPI and npm."""

import os
from pathlib import Path

from kvoicewalk.environment import read_environment


def kit_dir() -> Path:
    """Returns where the kit lies: what KVW_REAL_KIT says, else `real` in kvw's cache."""
    named = os.environ.get("KVW_REAL_KIT")
    return Path(named) if named else read_environment().cache_dir / "real"
