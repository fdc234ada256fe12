"""Fixtures of the tests on real weights; all of them skip where `make real` has not been run."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from kvoicewalk.audio import Utterance, resample
from tools.real_kokoro import kit_dir

KIT = kit_dir()  # before a test's own cache folder takes the place of the user's


def pytest_collection_modifyitems(items):
    """Marks every test in this folder; pytest hands over all that were collected."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.real)


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
    """Who speaks, by name: Resemblyzer, and CAM++ by its reference network."""
    from kvoicewalk.score.speaker import SpeakerEncoder

    campplus = _Campplus(real_kit / "campplus")
    return {"resemblyzer": SpeakerEncoder().embed, "campplus": campplus.embed}


class _Campplus:
    """CAM++ (Wang et al. 2023, arXiv 2303.00332), the network of the package that has its weights.

    Front end: 80 mel filters by Kaldi's rules, their mean over time taken off.
    """

    def __init__(self, folder: Path) -> None:
        sys.path.insert(0, os.fspath(folder))
        try:
            from camplusplus import CAMPPlus
        finally:
            sys.path.remove(os.fspath(folder))
        self._network = CAMPPlus(feat_dim=80, embedding_size=192)
        weights = torch.load(folder / "campplus_cn_en_common.pt", weights_only=True)
        self._network.load_state_dict(weights)
        self._network.eval()

    def embed(self, utterance: Utterance) -> np.ndarray:
        from torchaudio.compliance.kaldi import fbank

        samples = resample(utterance.samples, utterance.sample_rate_hz, 16_000)
        mels = fbank(torch.from_numpy(samples)[None], num_mel_bins=80, sample_frequency=16_000)
        with torch.inference_mode():
            found = self._network((mels - mels.mean(0, keepdim=True))[None])[0].numpy()
        return found / np.linalg.norm(found)
