"""The synthesizer's differentiable twin: the plain path's samples, with gradients."""

import numpy as np
import pytest
import torch

from kvoicewalk.voices import PROSODY, TIMBRE

TEXTS = (
    "Hello there.",
    "The boats came home early, and nobody on the quay knew why.",
    "Although the engine coughed and shook, the bus climbed slowly to the top of the pass.",
)


@pytest.fixture
def voice(mini_model):
    return mini_model.voices.load(mini_model.voices.names[3])


def speak_row(synthesizer, voice, text, **more):
    (phonemes,) = synthesizer.phonemizer.phonemize(text).chunks
    row = torch.tensor(voice.rows[len(phonemes) - 1, 0], requires_grad=True)
    return row, synthesizer.speak_row(phonemes, row, seed=5, **more)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("needs_prosody", [True, False])
def test_same_samples_as_the_plain_path(mini_synthesizer, voice, text, needs_prosody):
    wanted = mini_synthesizer.speak(text, voice, seed=5).samples
    _, spoken = speak_row(mini_synthesizer, voice, text, needs_prosody=needs_prosody)
    np.testing.assert_allclose(spoken.samples.detach().numpy(), wanted, atol=1e-6)


def test_shapes_and_plausible_numbers(mini_synthesizer, voice):
    _, spoken = speak_row(mini_synthesizer, voice, TEXTS[1])
    (phonemes,) = mini_synthesizer.phonemizer.phonemize(TEXTS[1]).chunks
    n_frames = int(spoken.durations.detach().round().clamp(min=1).sum())
    assert spoken.durations.shape == (len(phonemes) + 2,)
    assert spoken.pitch_hz.shape == (2 * n_frames,)
    assert spoken.samples.shape == (600 * n_frames,)
    assert not torch.equal(spoken.durations, spoken.durations.round())


def test_the_waveform_moves_the_timbre_half_alone(mini_synthesizer, voice):
    row, spoken = speak_row(mini_synthesizer, voice, TEXTS[1])
    spoken.samples.square().sum().backward()
    assert row.grad[TIMBRE].abs().min() > 0
    assert row.grad[PROSODY].abs().max() == 0


def test_durations_and_pitch_move_the_prosody_half_alone(mini_synthesizer, voice):
    row, spoken = speak_row(mini_synthesizer, voice, TEXTS[1])
    (spoken.durations.sum() + spoken.pitch_hz.mean()).backward()
    assert row.grad[PROSODY].abs().min() > 0
    assert row.grad[TIMBRE].abs().max() == 0


def test_without_prosody_only_the_waveform_has_a_gradient(mini_synthesizer, voice):
    _, spoken = speak_row(mini_synthesizer, voice, TEXTS[0], needs_prosody=False)
    assert spoken.samples.requires_grad
    assert not spoken.durations.requires_grad
    assert not spoken.pitch_hz.requires_grad


def test_leaves_the_generator_and_the_processor_as_they_were(mini_synthesizer, voice):
    before = torch.random.get_rng_state()
    speak_row(mini_synthesizer, voice, TEXTS[0])
    assert torch.equal(torch.random.get_rng_state(), before)
    assert np.float32(1e-40) * np.float32(1) != 0
