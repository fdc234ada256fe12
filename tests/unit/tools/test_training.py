"""Training goes on where it was stopped, to the same weights."""

import json

import numpy as np
import pytest
import torch

from kvoicewalk.models.mini import CONFIG_PATH
from tools.train_mini import training
from tools.train_mini.corpus import FRAME_SAMPLES, Item


def made_up_item(rng, speaker):
    phonemes = "".join(rng.choice(list("bdkˈaɪ ,"), 12))
    durations = rng.integers(2, 9, len(phonemes) + 2).astype(np.int16)
    n_frames = int(durations.sum())
    return Item(
        speaker=speaker,
        phonemes=phonemes,
        durations=durations,
        samples=rng.integers(-3000, 3000, n_frames * FRAME_SAMPLES).astype(np.int16),
        pitch_hz=rng.uniform(80, 200, 2 * n_frames).astype(np.float16),
        energy=rng.uniform(-4, -2, 2 * n_frames).astype(np.float16),
    )


@pytest.fixture
def plan(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "N_CROPS", 2)
    monkeypatch.setattr(training, "N_LONG", 2)
    monkeypatch.setattr(training, "LONG_FRAMES", 60)
    monkeypatch.setattr(training, "SAVE_EVERY", 1)
    n_threads = torch.get_num_threads()
    config = json.loads(CONFIG_PATH.read_text(encoding="utf-8"))

    def make(name, n_steps):
        return training.Plan(config, frozenset({0}), 2, n_steps, 0, tmp_path / name, 1)

    yield make
    torch.set_num_threads(n_threads)
    torch.set_flush_denormal(False)


def test_stopped_and_resumed_is_the_same_as_in_one_go(plan):
    rng = np.random.default_rng(0)
    items = [made_up_item(rng, speaker) for speaker in (0, 1) * 12]
    # The schedule depends on the number of steps, so the first run is stopped, not shortened.
    whole = training.train(plan("whole.pt", 3), items)
    interrupted = plan("parts.pt", 3)
    with pytest.raises(KeyboardInterrupt):
        training.train(interrupted, items, on_save=_interrupt_after(1))
    resumed = training.train(interrupted, items)
    for key, value in whole.items():
        assert torch.equal(value, resumed[key]), key
    assert whole["styles"].shape == (2, 256)


def _interrupt_after(n_steps):
    def on_save(step):
        if step == n_steps:
            raise KeyboardInterrupt

    return on_save
