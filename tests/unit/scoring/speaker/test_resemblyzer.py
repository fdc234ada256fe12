"""Resemblyzer's embedding: whole, at a glance, and refused where nobody speaks."""

import numpy as np
import pytest
import torch

from kvoicewalk.audio import Utterance, read_utterance
from kvoicewalk.errors import AudioError
from kvoicewalk.scoring.speaker import Resemblyzer, WindowedSpeech, cosine


@pytest.fixture(scope="module")
def encoder() -> Resemblyzer:
    return Resemblyzer()


def test_silence_has_no_speaker(encoder):
    with pytest.raises(AudioError, match="no speech was found"):
        encoder.embed(Utterance(np.zeros(48_000, np.float32), 24_000, ""))


def test_a_glance_on_the_way_changes_no_bit(encoder, example_target):
    clip = read_utterance(example_target)
    listening = encoder.listen(clip)
    glance = listening.glance()
    assert glance.shape == (256,)
    assert np.linalg.norm(glance) == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_array_equal(listening.embedding(), encoder.embed(clip))
    assert 0.95 < cosine(glance, listening.embedding()) < 1.0


@pytest.mark.parametrize(
    ("n_windows", "heard"), [(8, [0, 2, 4, 6, 7]), (9, [0, 2, 4, 6, 8]), (11, [0, 2, 4, 6, 8, 10])]
)
def test_a_glance_is_the_mean_of_every_second_window_and_the_last(encoder, n_windows, heard):
    mels = np.random.default_rng(0).random((n_windows, 160, 40), dtype=np.float32)
    listening = WindowedSpeech(encoder.network, mels)
    whole = encoder.network(torch.from_numpy(mels)).numpy()
    for found, windows in ((listening.glance(), whole[heard]), (listening.embedding(), whole)):
        mean = windows.mean(axis=0)
        np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=1e-6)


@pytest.mark.parametrize("n_windows", [1, 2, 7])
def test_few_windows_are_all_heard(encoder, n_windows):
    mels = np.random.default_rng(0).random((n_windows, 160, 40), dtype=np.float32)
    listening = WindowedSpeech(encoder.network, mels)
    np.testing.assert_array_equal(listening.glance(), listening.embedding())


def test_several_are_embedded_in_one_pass_as_each_alone(encoder, example_target):
    clip = read_utterance(example_target)
    parts = [clip.samples, clip.samples[:60_000], clip.samples[30_000:]]
    spoken = [Utterance(one, clip.sample_rate_hz, "") for one in parts]
    for found, one in zip(encoder.embed_all(spoken), spoken, strict=True):
        np.testing.assert_allclose(found, encoder.embed(one), atol=1e-5)
    heard = [encoder.listen(one) for one in spoken]
    encoder.hear_all(heard)
    for found, one in zip(heard, spoken, strict=True):
        np.testing.assert_allclose(found.glance(), encoder.listen(one).glance(), atol=1e-5)
    encoder.hear_all([])
