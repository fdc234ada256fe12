"""The real models, where they are."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_kit() -> Path:
    """Folder with the real models; skips where KVW_REAL_KIT names none."""
    folder = os.environ.get("KVW_REAL_KIT")
    if not folder:
        pytest.skip("needs KVW_REAL_KIT")
    return Path(folder)
