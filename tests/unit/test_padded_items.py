"""Padded items are computed as if each were alone: every kind of step, forward and back."""

import numpy as np
import pytest
import torch
from kokoro.istftnet import Generator
from torch import nn
from torch.nn import functional

from kvoicewalk.item_noise import ItemNoise
from kvoicewalk.padded_items import Lengths, PaddedItems
from kvoicewalk.synth_together import TOLERANCE

N_FRAMES = (13, 9, 20)
CPU = torch.device("cpu")


def items(n_channels, per_frame=1, seed=0):
    """Noise for each item, (1, n_channels, n)."""
    rng = torch.Generator().manual_seed(seed)
    return [torch.randn(1, n_channels, n * per_frame, generator=rng) for n in N_FRAMES]


def rubbish_behind(parts):
    """Joins items; what lies beyond their ends is no zero, as in the midst of a network."""
    lengths = Lengths(N_FRAMES, CPU)
    joined = lengths.join(parts)
    return lengths, joined + 7 * (1 - lengths.mask(joined))


def seeded(layer):
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(0.3 * torch.randn(weight.shape, generator=rng))
    return layer


STEPS = {
    "convolution": seeded(nn.Conv1d(4, 3, 5, padding=4, dilation=2)),
    "half as many": seeded(nn.Conv1d(4, 4, 3, stride=2, padding=1)),
    "transposed": seeded(nn.ConvTranspose1d(4, 2, 4, stride=2, padding=1)),
    "norm": seeded(nn.InstanceNorm1d(4, affine=True)),
    "plain norm": nn.InstanceNorm1d(4),
    "more by straight lines": lambda x: functional.interpolate(x, scale_factor=6, mode="linear"),
    "fewer by straight lines": lambda x: functional.interpolate(x, scale_factor=0.5, mode="linear"),
    "repeated": nn.Upsample(scale_factor=3),
    "running sum": lambda x: torch.cumsum(x.transpose(1, 2), dim=1).transpose(1, 2),
    "its other form": lambda x: x.cumsum(-1),
    "one more": lambda x: functional.pad(x, (1, 0), mode="reflect"),
    "one more behind": lambda x: functional.pad(x, (0, 1)),
    "a network": nn.Sequential(
        seeded(nn.Conv1d(4, 4, 3, padding=1)),
        seeded(nn.InstanceNorm1d(4, affine=True)),
        nn.LeakyReLU(),
        seeded(nn.ConvTranspose1d(4, 4, 20, stride=10, padding=5)),
        seeded(nn.InstanceNorm1d(4, affine=True)),
        seeded(nn.Conv1d(4, 4, 7, padding=3)),
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_each_item_has_what_it_has_alone(name):
    step, per_frame = STEPS[name], 4
    parts = [one.requires_grad_() for one in items(4, per_frame)]
    alone = [step(one) for one in parts]
    wanted = torch.autograd.grad(sum(one.square().sum() for one in alone), parts)
    lengths, joined = rubbish_behind(parts)
    with PaddedItems(lengths):
        together = step(joined)
    found = lengths.split(together)
    for one, other in zip(found, alone, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    gradients = torch.autograd.grad(sum(one.square().sum() for one in found), parts)
    for one, other in zip(gradients, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


def test_a_picture_is_blanked_along_time_alone():
    step = seeded(nn.Conv2d(1, 2, 3, padding=1, stride=(2, 1)))
    parts = [one[:, None] for one in items(6)]
    lengths, joined = rubbish_behind(parts)
    with PaddedItems(lengths):
        found = lengths.split(step(joined))
    for one, part in zip(found, parts, strict=True):
        torch.testing.assert_close(one, step(part))


def test_spectra_there_and_back():
    window = torch.hann_window(20)
    parts = [one[:, 0] for one in items(1, per_frame=60)]

    def there(samples):
        return torch.stft(samples, 20, 5, 20, window=window, return_complex=True)

    def back(spectrum, length=None):
        return torch.istft(spectrum, 20, 5, 20, window=window, length=length)

    lengths = Lengths(N_FRAMES, CPU)
    joined = lengths.join(parts)
    with PaddedItems(lengths):
        spectrum = there(joined)
        samples = back(spectrum)
        named = back(spectrum, length=max(N_FRAMES) * 60)
    for k, part in enumerate(parts):
        torch.testing.assert_close(lengths.split(spectrum)[k], there(part), rtol=0, atol=0)
        for found in (samples, named):
            torch.testing.assert_close(lengths.split(found)[k], back(there(part)), rtol=0, atol=0)


def test_kokoros_generator_makes_of_each_what_it_makes_of_it_alone():
    """Harmonics with their noise, spectra, convolutions, norms by style: all that it has."""
    torch.manual_seed(3)
    generator = Generator(8, [3, 7], [10, 6], 16, [[1, 3, 5]] * 2, [20, 12], 20, 5).eval()
    styles, pitches = torch.randn(3, 8), [110 + 40 * one[:, 0] for one in items(1, per_frame=2)]
    encoded = items(16, per_frame=2, seed=5)
    alone = []
    for seed, (x, style, pitch) in enumerate(zip(encoded, styles, pitches, strict=True)):
        torch.manual_seed(seed)
        with torch.no_grad():
            alone.append(generator(x, style[None], pitch))
    lengths = Lengths(N_FRAMES, CPU)
    inputs = lengths.join(encoded), styles, lengths.join(pitches)
    with torch.no_grad(), ItemNoise(range(3), CPU, lengths), PaddedItems(lengths):
        together = generator(*inputs)
    for one, other in zip(lengths.split(together), alone, strict=True):
        assert float(other.abs().max()) > 0.01
        torch.testing.assert_close(one, other, rtol=0, atol=TOLERANCE)


def test_lengths_at_each_rate():
    lengths = Lengths(N_FRAMES, CPU)
    assert lengths.at(20) == N_FRAMES
    assert lengths.at(21) == (14, 10, 21)
    assert lengths.at(120) == (78, 54, 120)
    assert lengths.at(10) == (7, 5, 10)
    assert not lengths.are_equal
    assert Lengths((5, 5), CPU).are_equal
    for n in (11, 19, 22, 0):
        with pytest.raises(ValueError, match="no multiple of 20 frames"):
            lengths.at(n)


def test_what_a_norm_learned_cannot_be_padded():
    learned = nn.InstanceNorm1d(4, track_running_stats=True).eval()
    lengths, joined = rubbish_behind(items(4))
    with pytest.raises(AssertionError, match="learned"), PaddedItems(lengths):
        learned(joined)


def test_means_are_of_own_values():
    lengths, joined = rubbish_behind(items(2))
    wanted = [one.mean(-1)[0] for one in items(2)]
    np.testing.assert_allclose(lengths.mean(joined)[..., 0], torch.stack(wanted), atol=1e-6)
