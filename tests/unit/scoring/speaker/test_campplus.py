"""CAM++ behind its front end, with generated weights: the plain path, its twin, and bad files."""

import hashlib

import numpy as np
import pytest
import torch

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, read_utterance, resample
from kvoicewalk.errors import AudioError, ModelError
from kvoicewalk.scoring.speaker import campplus
from kvoicewalk.scoring.speaker.campplus import (
    MIN_SAMPLES,
    Campplus,
    DifferentiableCampplus,
    frames,
    load_campplus,
)
from kvoicewalk.scoring.speaker.campplus_network import CampplusNetwork
from tests.generated_campplus import generate_campplus


@pytest.fixture(scope="module")
def weights():
    return generate_campplus()


@pytest.fixture(scope="module")
def encoder(weights) -> Campplus:
    return Campplus(CampplusNetwork(weights))


@pytest.fixture(scope="module")
def speech(example_target) -> np.ndarray:
    return read_utterance(example_target).samples[: 3 * SAMPLE_RATE_HZ]


@pytest.fixture(scope="module")
def other(example_target) -> np.ndarray:
    return read_utterance(example_target).samples[5 * SAMPLE_RATE_HZ : 8 * SAMPLE_RATE_HZ]


def embed(encoder, samples):
    return encoder.embed(Utterance(np.asarray(samples, np.float32), SAMPLE_RATE_HZ))


def test_an_embedding_has_the_shape_it_claims(encoder, speech):
    found = embed(encoder, speech)
    assert (found.shape, found.dtype) == ((encoder.dimension,), np.float32)
    assert encoder.dimension == 192
    assert np.linalg.norm(found) == pytest.approx(1.0, abs=1e-6)


def test_frames_follow_kaldis_rules(speech):
    """Written down anew: Povey's window, pre-emphasis, mel triangles from 20 Hz, natural log."""
    samples = resample(speech, SAMPLE_RATE_HZ, 16_000).astype(np.float64)
    blocks = np.lib.stride_tricks.sliding_window_view(samples, 400)[::160]
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    before = np.concatenate([blocks[:, :1], blocks[:, :-1]], axis=1)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85
    power = np.abs(np.fft.rfft((blocks - 0.97 * before) * window, 512)) ** 2

    def mel(hz):
        return 1127 * np.log1p(np.asarray(hz) / 700)

    edges = np.linspace(mel(20), mel(8000), 82)
    at = mel(np.arange(257) * 16_000 / 512)
    rising = (at - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - at) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.maximum(0, np.minimum(rising, falling))
    wanted = np.log(np.maximum(power @ filters.T, np.finfo(np.float32).eps))
    wanted -= wanted.mean(axis=0)
    found = frames(torch.from_numpy(samples)).numpy()
    assert found.shape == (1 + (samples.size - 400) // 160, 80)
    np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_the_twin_gives_the_numbers_of_the_plain_path(encoder, speech, other):
    """Its resampling differs: by far less than one sentence from another."""
    twin = encoder.differentiable()
    assert isinstance(twin, DifferentiableCampplus)
    found = twin.embed(torch.from_numpy(speech))
    assert found.shape == (192,)
    assert float(found.norm()) == pytest.approx(1.0, abs=1e-6)
    wanted, another = embed(encoder, speech), embed(encoder, other)
    assert float(found @ torch.from_numpy(wanted)) > 0.999
    gap = np.linalg.norm(found.numpy() - wanted)
    assert gap < 0.1 * np.linalg.norm(another - wanted)


@pytest.mark.parametrize("gain", [0.3, 3.0])
def test_a_louder_or_quieter_copy_is_embedded_alike(encoder, speech, other, gain):
    """Where pauses hold a little noise, as recordings do: digital silence grows no louder."""
    speech = speech + 3e-3 * np.random.default_rng(0).normal(size=speech.size)
    wanted, found = (embed(encoder, speech * factor) for factor in (1.0, gain))
    assert float(found @ wanted) > 0.9999
    assert np.linalg.norm(found - wanted) < 0.05 * np.linalg.norm(embed(encoder, other) - wanted)


def test_the_gradient_points_where_finite_differences_do(weights, speech):
    network = CampplusNetwork(weights).double()
    twin = DifferentiableCampplus(network, torch.device("cpu"), torch.float64)
    samples = torch.from_numpy(speech[:SAMPLE_RATE_HZ].astype(np.float64)).requires_grad_()
    rng = np.random.default_rng(0)
    aim, direction = (torch.from_numpy(rng.normal(size=n)) for n in (192, samples.numel()))
    (twin.embed(samples) @ aim).backward()
    step = 1e-9  # larger ones cross the kinks of rectifiers
    with torch.no_grad():
        ahead, behind = (twin.embed(samples + sign * step * direction) @ aim for sign in (1, -1))
    slope = float(samples.grad @ direction)
    assert slope == pytest.approx(float(ahead - behind) / (2 * step), rel=1e-3)


def test_silence_and_a_moment_are_refused(encoder):
    short = np.full(MIN_SAMPLES * 3 // 2 - 3, 0.1)
    for samples in (np.zeros(48_000), short):
        with pytest.raises(AudioError, match="no speech"):
            embed(encoder, samples)
        with pytest.raises(AudioError, match="no speech"):
            encoder.differentiable().embed(torch.from_numpy(samples.astype(np.float32)))


def save(weights, path, monkeypatch=None):
    torch.save(weights, path)
    if monkeypatch is not None:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setattr(campplus, "WEIGHTS_SHA256", digest)
    return path


def test_a_file_is_loaded_as_it_was_published(weights, encoder, speech, tmp_path, monkeypatch):
    loaded = load_campplus(save(weights, tmp_path / "c.pt", monkeypatch))
    assert loaded.name == "campplus"
    np.testing.assert_array_equal(embed(loaded, speech), embed(encoder, speech))


def test_another_file_is_refused(weights, tmp_path):
    path = save(weights, tmp_path / "c.pt")
    with pytest.raises(ModelError, match=r"c\.pt is not CAM\+\+ as it was published.*kvw setup"):
        load_campplus(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ModelError, match="No such file"):
        load_campplus(tmp_path / "none.pt")


def test_several_are_embedded_in_one_pass_as_each_alone(encoder, speech):
    parts = [speech, speech[: len(speech) // 2], speech[len(speech) // 3 :]]
    spoken = [Utterance(one, SAMPLE_RATE_HZ, "") for one in parts]
    for found, one in zip(encoder.embed_all(spoken), spoken, strict=True):
        np.testing.assert_allclose(found, encoder.embed(one), atol=1e-5)
    twin = encoder.differentiable()
    samples = [torch.from_numpy(one) for one in parts]
    for found, one in zip(twin.embed_all(samples), samples, strict=True):
        torch.testing.assert_close(found, twin.embed(one), rtol=0, atol=1e-5)
    silence = Utterance(np.zeros(48_000, np.float32), SAMPLE_RATE_HZ, "")
    with pytest.raises(AudioError, match="no speech"):
        encoder.embed_all([spoken[0], silence])
