"""The differentiable embedding: the plain one's numbers, with a gradient."""

import numpy as np
import pytest
import torch

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, read_utterance
from kvoicewalk.errors import AudioError
from kvoicewalk.scoring.speaker import Resemblyzer
from kvoicewalk.scoring.speaker.resemblyzer_twin import DifferentiableResemblyzer


@pytest.fixture(scope="module")
def encoder() -> Resemblyzer:
    return Resemblyzer()


@pytest.fixture(scope="module")
def speech(example_target) -> np.ndarray:
    return read_utterance(example_target).samples[: 5 * SAMPLE_RATE_HZ]


@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_same_embedding_as_the_plain_path(encoder, speech, gain):
    wanted = encoder.embed(Utterance(speech * np.float32(gain), SAMPLE_RATE_HZ))
    found = DifferentiableResemblyzer(encoder).embed(torch.from_numpy(speech * np.float32(gain)))
    assert found.shape == (256,)
    assert float(found @ torch.from_numpy(wanted)) == pytest.approx(1.0, abs=5e-4)


def test_real_recordings_agree_too(encoder, shared_data):
    for path in sorted((shared_data / "targets").iterdir())[::6]:
        clip = read_utterance(path)
        wanted = torch.from_numpy(encoder.embed(clip))
        found = DifferentiableResemblyzer(encoder).embed(torch.from_numpy(clip.samples))
        assert float(found @ wanted) == pytest.approx(1.0, abs=5e-4)


def test_the_gradient_points_where_finite_differences_do(encoder, speech):
    twin = DifferentiableResemblyzer(encoder, torch.float64)
    samples = torch.from_numpy(speech.astype(np.float64)).requires_grad_()
    mask = twin.speech_mask(samples)
    aim = torch.from_numpy(np.random.default_rng(0).normal(size=256))
    (twin.embed(samples, mask) @ aim).backward()
    direction = torch.from_numpy(np.random.default_rng(1).normal(size=speech.size))
    step = 1e-6
    with torch.no_grad():
        ahead, behind = (
            twin.embed(samples + sign * step * direction, mask) @ aim for sign in (1, -1)
        )
    assert float(samples.grad @ direction) == pytest.approx(
        float(ahead - behind) / (2 * step), rel=1e-4
    )


def test_silence_is_refused(encoder):
    with pytest.raises(AudioError, match="no speech"):
        DifferentiableResemblyzer(encoder).embed(torch.zeros(48_000))


def test_several_are_embedded_in_one_pass_as_each_alone(encoder, speech):
    twin = DifferentiableResemblyzer(encoder)
    parts = [torch.from_numpy(one).requires_grad_() for one in (speech, speech[:50_000])]
    together, alone = twin.embed_all(parts), [twin.embed(one) for one in parts]
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)
    aim = torch.from_numpy(np.random.default_rng(0).normal(size=256)).float()
    ways = [torch.autograd.grad(sum(one @ aim for one in way), parts) for way in (together, alone)]
    for one, other in zip(*ways, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)
    with pytest.raises(AudioError, match="no speech"):
        twin.embed_all([parts[0], torch.zeros(48_000)])
