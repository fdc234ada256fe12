"""From 24 to 16 kHz: a tone below the new limit passes, one above it dies."""

import numpy as np
import pytest
import torch

from kvoicewalk.scoring.speaker.resampling import Resampler, resampling_matrix

N = 24_000


def tone(hz, rate_hz, n=N):
    return torch.from_numpy(np.sin(2 * np.pi * hz * np.arange(n) / rate_hz))


@pytest.fixture(scope="module")
def resampler():
    return Resampler(torch.float64, torch.device("cpu"))


@pytest.mark.parametrize("n", [1, 2, 3, 95, 96, 97, 24_000])
def test_the_length_is_rounded_up(resampler, n):
    assert resampler(torch.ones(n, dtype=torch.float64)).shape == (-(-2 * n // 3),)


@pytest.mark.parametrize("hz", [100, 1000, 7000])
def test_a_tone_below_the_limit_is_the_same_tone(resampler, hz):
    found = resampler(tone(hz, 24_000))
    wanted = tone(hz, 16_000, found.numel())
    assert float((found - wanted)[100:-100].abs().max()) < 1e-3


@pytest.mark.parametrize("hz", [9_000, 11_000])
def test_a_tone_above_the_limit_dies(resampler, hz):
    assert float(resampler(tone(hz, 24_000))[100:-100].abs().max()) < 1e-3


def test_it_is_linear_and_its_gradient_the_adjoint(resampler):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(500, generator=generator, dtype=torch.float64).requires_grad_()
    y = torch.randn(334, generator=generator, dtype=torch.float64)
    (resampler(x) @ y).backward()
    z = torch.randn(500, generator=generator, dtype=torch.float64)
    assert float(x.grad @ z) == pytest.approx(float(resampler(z) @ y), rel=1e-9)


def test_the_matrix_is_as_it_says():
    found = resampling_matrix()
    assert (found.shape, found.dtype) == ((156, 64), np.float64)
    np.testing.assert_allclose(found.sum(axis=0), 1.0, atol=2e-3)  # a constant stays one
