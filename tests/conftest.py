"""Fixtures that every test folder shares."""

import shutil
import signal
from pathlib import Path

import pytest

from kvoicewalk.bundle import bundled_dir
from kvoicewalk.environment import prepare_process
from kvoicewalk.scoring.librosa_lock import librosa

prepare_process()  # before anything loads torch
# What a shell starts in the background is deaf to Ctrl-C, and so would be all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
librosa()  # under its lock: two workers that compile it together damage what numba keeps

SHARED_DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with real stock voices and recordings; skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs ../shared/data")
    return SHARED_DATA


@pytest.fixture(scope="session")
def example_target() -> Path:
    """The bundled recording: 20 s of espeak-ng."""
    return bundled_dir("examples") / "target.wav"


@pytest.fixture(scope="session")
def mini_model():
    """The embedded model, loaded once."""
    from kvoicewalk.config import ModelConfig
    from kvoicewalk.models import open_model

    return open_model(ModelConfig(name="mini", device="cpu"))


@pytest.fixture
def mini_synthesizer(mini_model):
    """A fresh synthesizer on the embedded model: nothing remembered, nothing counted."""
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.synth import KokoroSynthesizer

    return KokoroSynthesizer(mini_model, Phonemizer(mini_model.vocab, mini_model.english))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """Keeps tests away from the user's measurements, settings and second encoder."""
    monkeypatch.setenv("KVW_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))
    # Else results would depend on whether CAM++ is installed: in the cache, the kit or a package.
    monkeypatch.setenv("KVW_CAMPPLUS_DIR", str(tmp_path_factory.getbasetemp() / "no-campplus"))
    monkeypatch.delenv("KVW_MODEL", raising=False)
    monkeypatch.delenv("KVW_DEBUG", raising=False)


@pytest.fixture
def few_voices(tmp_path):
    """A folder of three of mini's voices: searches among them are short."""
    folder = tmp_path / "voices"
    folder.mkdir()
    for name in ("af_beryl", "af_ivory", "am_garnet"):
        shutil.copy(bundled_dir("voices") / f"{name}.pt", folder)
    return folder
