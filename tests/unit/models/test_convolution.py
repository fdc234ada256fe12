"""Convolutions with a quick gradient: the same values, and autograd's own gradient."""

import copy
import warnings

import pytest
import torch
from torch import nn

from kvoicewalk.models.convolution import quicken_gradients

SHAPES = [
    # kernel, dilation, padding
    (1, 1, 0),
    (3, 1, 1),
    (3, 1, 0),
    (7, 5, 15),
    (11, 3, 15),
    (4, 2, 6),
    (5, 1, 4),
]


def made(convolution):
    """Returns the same convolution as torch has it, and quickened."""
    for one in convolution.parameters():
        one.requires_grad_(False)
    plain, quick = nn.Sequential(convolution), nn.Sequential(copy.deepcopy(convolution))
    quicken_gradients(quick)
    return plain, quick


def is_quick(network):
    return "forward" in vars(network[0])


def pull(network, x, aim):
    """Returns values and the gradient of a random pull at them."""
    x = x.clone().requires_grad_()
    y = network(x)
    (y.float() * aim).sum().backward()
    return y.detach(), x.grad


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize(("kernel", "dilation", "padding"), SHAPES)
def test_values_to_the_bit_and_autograds_gradient(kernel, dilation, padding, has_bias):
    plain, quick = made(nn.Conv1d(6, 4, kernel, dilation=dilation, padding=padding, bias=has_bias))
    assert is_quick(quick)
    x = drawn(2, 6, 50)
    aim = drawn(*plain(x).shape, seed=1)
    (wanted, slope), (found, quick_slope) = pull(plain, x, aim), pull(quick, x, aim)
    assert torch.equal(found, wanted)
    torch.testing.assert_close(quick_slope, slope, rtol=1e-5, atol=1e-5)
    with torch.no_grad():
        assert torch.equal(quick(x), plain(x))


@pytest.mark.parametrize(("kernel", "dilation", "padding"), SHAPES)
def test_in_double_precision_it_is_the_derivative(kernel, dilation, padding):
    _, quick = made(nn.Conv1d(3, 2, kernel, dilation=dilation, padding=padding).double())
    x = drawn(1, 3, 40).double().requires_grad_()
    assert torch.autograd.gradcheck(quick, (x,))


def test_a_weight_that_a_hook_makes_anew_is_looked_up_at_each_call():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # as kokoro has it
        convolution = nn.utils.weight_norm(nn.Conv1d(4, 4, 3, padding=1))
    for one in convolution.parameters():
        one.requires_grad_(False)
    network = nn.Sequential(convolution)
    twin = nn.Sequential(nn.Conv1d(4, 4, 3, padding=1).requires_grad_(False))
    quicken_gradients(network)
    assert is_quick(network)
    x, aim = drawn(1, 4, 20), drawn(1, 4, 20, seed=1)
    for scale in (1.0, 2.0):
        convolution.weight_g.mul_(scale)
        norm = convolution.weight_v.norm(dim=(1, 2), keepdim=True)
        twin[0].weight.copy_(convolution.weight_g * convolution.weight_v / norm)
        twin[0].bias.copy_(convolution.bias)
        (wanted, slope), (found, quick_slope) = pull(twin, x, aim), pull(network, x, aim)
        torch.testing.assert_close(found, wanted)
        torch.testing.assert_close(quick_slope, slope)


@pytest.mark.parametrize(
    "convolution",
    [
        nn.Conv1d(4, 4, 3, stride=2, padding=1),
        nn.Conv1d(4, 4, 3, groups=2, padding=1),
        nn.Conv1d(4, 4, 3, padding=3),
        nn.Conv1d(4, 4, 3, padding="same"),
        nn.Conv1d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.ConvTranspose1d(4, 4, 4, stride=2, padding=1),
        nn.Conv2d(4, 4, 3),
        nn.Linear(20, 4),
    ],
    ids=lambda one: f"{type(one).__name__} {one.extra_repr()}",
)
def test_what_it_is_not_made_for_stays_as_it_was(convolution):
    plain, quick = made(convolution)
    assert not is_quick(quick)
    x = drawn(1, 4, 5, 20) if isinstance(convolution, nn.Conv2d) else drawn(1, 4, 20)
    aim = drawn(*plain(x).shape, seed=1)
    for wanted, found in zip(pull(plain, x, aim), pull(quick, x, aim), strict=True):
        assert torch.equal(found, wanted)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_in_bfloat16_the_gradient_is_finite_and_near(dtype):
    plain, quick = made(nn.Conv1d(8, 8, 5, dilation=2, padding=4))
    x, aim = drawn(1, 8, 200).to(dtype), drawn(1, 8, 200, seed=1)
    _, slope = pull(plain, x.float(), aim)
    found = x.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        y = quick(found)
        with torch.no_grad():
            assert torch.equal(y, plain(x))
    assert y.dtype == torch.bfloat16
    (y.float() * aim).sum().backward()  # outside of autocast, as a lesson does
    assert found.grad.dtype == dtype
    assert bool(found.grad.isfinite().all())
    assert float((found.grad.float() - slope).norm()) < 0.02 * float(slope.norm())


def test_a_copy_has_its_own_weights():
    _, quick = made(nn.Conv1d(2, 2, 3, padding=1))
    twin = copy.deepcopy(quick).double()
    x = drawn(1, 2, 9)
    assert twin(x.double()).dtype == torch.float64
    twin[0].weight.mul_(2)
    with_bias = quick[0].bias[:, None]
    torch.testing.assert_close(
        twin(x.double()).float() - with_bias, 2 * (quick(x) - with_bias), rtol=1e-4, atol=1e-5
    )
