"""Fixtures of the tests on real weights; all of them skip where `make real` has not been run."""

import os
import sys
from pathlib import Path

import pytest
import torch

from tools.real_kokoro import kit_dir

KIT = kit_dir()  # before a test's own cache folder takes the place of the user's


def pytest_collection_modifyitems(items):
    """Marks every test in this folder; pytest hands over all that were collected."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture(autouse=True)
def _kits_encoder(_own_cache, monkeypatch):
    """Lets the kit's CAM++ be found, by commands in processes of their own, too."""
    monkeypatch.setenv("KVW_CAMPPLUS_DIR", str(KIT / "campplus"))


@pytest.fixture(scope="session")
def real_kit() -> Path:
    """The kit's folder."""
    if not (KIT / "made.json").is_file():
        pytest.skip("needs the kit of real weights: make real")
    return KIT


@pytest.fixture(scope="session")
def kokoro_dir(real_kit) -> Path:
    """What `--model` takes."""
    return real_kit / "kokoro"


@pytest.fixture(scope="session")
def kokoro(kokoro_dir):
    """Kokoro-82M, loaded once."""
    from kvoicewalk.config import ModelConfig
    from kvoicewalk.models import open_model

    return open_model(ModelConfig(name=str(kokoro_dir), device="cpu"))


@pytest.fixture(scope="session")
def synthesizer(kokoro):
    """Speaks with espeak's front end, as a plain install does."""
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.synth import KokoroSynthesizer

    return KokoroSynthesizer(kokoro, Phonemizer(kokoro.vocab, "espeak"))


@pytest.fixture(scope="session")
def listener(real_kit):
    """Whisper tiny.en."""
    from kvoicewalk.judges import Listener

    found = Listener(real_kit / "whisper")
    yield found
    found.close()


@pytest.fixture(scope="session")
def encoders(real_kit):
    """Resemblyzer and CAM++, as a search has them."""
    from kvoicewalk.scoring.speaker import EncoderSet, Resemblyzer
    from kvoicewalk.scoring.speaker.campplus import load_campplus

    resemblyzer = Resemblyzer()
    campplus = load_campplus(real_kit / "campplus" / "campplus_cn_en_common.pt")
    return EncoderSet((resemblyzer, campplus), resemblyzer)


@pytest.fixture(scope="session")
def campplus_weights(real_kit) -> dict[str, torch.Tensor]:
    """The published checkpoint, as it is."""
    return torch.load(real_kit / "campplus" / "campplus_cn_en_common.pt", weights_only=True)


@pytest.fixture(scope="session")
def reference_campplus(real_kit, campplus_weights) -> torch.nn.Module:
    """CAM++ as the package has it that its weights come with.

    It ends in a rectifier that the published network (modelscope/3D-Speaker) does not have.
    """
    folder = real_kit / "campplus"
    sys.path.insert(0, os.fspath(folder))
    try:
        from camplusplus import CAMPPlus
    finally:
        sys.path.remove(os.fspath(folder))
    network = CAMPPlus(feat_dim=80, embedding_size=192)
    network.load_state_dict(campplus_weights)
    return network.eval()
