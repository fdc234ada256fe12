"""The embedded model: complete, intact, steered by the style row."""

import json

import numpy as np
import pytest
import torch

from kvoicewalk.errors import ModelError
from kvoicewalk.models.base import read_model_config
from kvoicewalk.models.mini import (
    CONFIG_PATH,
    VOICE_HASHES_PATH,
    WEIGHTS_PATH,
    build_mini,
    is_mini_voice,
    mini_voice_names,
)
from kvoicewalk.models.mini.vocoder import HOP_SAMPLES, PulseNoiseVocoder, interpolation_matrix
from kvoicewalk.voices import PROSODY, TIMBRE, Voice
from tests.fakes import constant_voice
from tests.generated_kokoro import CONFIG_PATH as KOKORO_CONFIG_PATH

TEXT = "A small boat came home before the storm."


def test_vocabulary_is_kokoros_own(mini_model):
    assert mini_model.vocab == json.loads(KOKORO_CONFIG_PATH.read_text())["vocab"]


def test_weights_are_small_enough_to_embed():
    assert WEIGHTS_PATH.stat().st_size <= 8_000_000


def test_every_stock_voice_is_known_by_its_numbers(mini_model):
    hashes = json.loads(VOICE_HASHES_PATH.read_text())
    names = mini_model.voices.names
    assert len(names) >= 24
    assert names == mini_voice_names()
    for name in names:
        voice = mini_model.voices.load(name)
        assert voice.hash == hashes[name]
        assert is_mini_voice(Voice("renamed", voice.rows))
    assert not is_mini_voice(constant_voice("other", 0.1))


@pytest.mark.parametrize("content", [b"", b"junk", b"\x08\0\0\0\0\0\0\0{}      "])
def test_damaged_weights_are_refused(tmp_path, content):
    path = tmp_path / "mini.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        build_mini(read_model_config(CONFIG_PATH), path)


def changed(voice: Voice, columns: slice, other: Voice) -> Voice:
    rows = voice.rows.copy()
    rows[:, :, columns] = other.rows[:, :, columns]
    return Voice("mixed", rows)


def test_prosody_half_sets_the_timing_timbre_half_does_not(mini_model, mini_synthesizer):
    one, two = (mini_model.voices.load(name) for name in ("af_beryl", "am_garnet"))
    plain = mini_synthesizer.speak(TEXT, one, seed=0).samples
    timbre = mini_synthesizer.speak(TEXT, changed(one, TIMBRE, two), seed=0).samples
    prosody = mini_synthesizer.speak(TEXT, changed(one, PROSODY, two), seed=0).samples
    assert timbre.shape == plain.shape
    assert not np.allclose(timbre, plain, atol=1e-3)
    assert prosody.shape != plain.shape


def test_vocoder_pulses_at_the_pitch():
    n_frames = 160
    pitch = torch.full((1, n_frames), 200.0)
    envelope = torch.zeros(1, 80, n_frames)
    share = torch.full((1, 12, n_frames), 1e-6)
    torch.manual_seed(0)
    wave = PulseNoiseVocoder()(pitch, envelope, share)[0].numpy()
    assert wave.shape == (n_frames * HOP_SAMPLES,)
    spectrum = np.abs(np.fft.rfft(wave[4800:43200] * np.hanning(38400)))
    peak_hz = np.argmax(spectrum[: 38400 * 300 // 24000]) * 24000 / 38400
    assert peak_hz == pytest.approx(200.0, abs=1.0)


def test_vocoder_is_differentiable_in_all_inputs():
    inputs = (
        torch.full((1, 20), 150.0, requires_grad=True),
        torch.zeros(1, 80, 20, requires_grad=True),
        torch.full((1, 12, 20), 0.5, requires_grad=True),
    )
    PulseNoiseVocoder()(*inputs).square().sum().backward()
    for values in inputs:
        assert torch.isfinite(values.grad).all()
        assert values.grad.abs().sum() > 0


def test_interpolation_weights_sum_to_one():
    matrix = interpolation_matrix(12)
    assert matrix.shape == (513, 12)
    torch.testing.assert_close(matrix.sum(1), torch.ones(513))
