"""CAM++'s network with generated weights: what it takes, gives and refuses."""

import pytest
import torch

from kvoicewalk.errors import ModelError
from kvoicewalk.scoring.speaker.campplus_network import (
    EMBEDDING_DIM,
    N_MELS,
    STD_EPSILON,
    CampplusNetwork,
)
from tests.generated_campplus import SHAPES, generate_campplus

NAMES = [name for name in SHAPES if not name.endswith("num_batches_tracked")]
# Of each kind, those first that a reader could take for optional.
CHOSEN = [
    "head.bn1.weight",
    "head.bn1.bias",
    "head.layer1.0.shortcut.0.weight",
    "head.layer2.0.shortcut.1.running_var",
    "xvector.block1.tdnnd1.cam_layer.linear1.bias",
    "xvector.block3.tdnnd16.cam_layer.linear2.bias",
    "xvector.block2.tdnnd24.nonlinear1.batchnorm.weight",
    "xvector.out_nonlinear.batchnorm.bias",
    "xvector.dense.nonlinear.batchnorm.running_mean",
    *NAMES[::97],
]


@pytest.fixture(scope="module")
def weights():
    return generate_campplus()


@pytest.fixture(scope="module")
def network(weights):
    return CampplusNetwork(weights)


@pytest.fixture
def frames():
    return torch.randn(2, 250, N_MELS, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("n_frames", [1, 2, 199, 200, 201, 402])
def test_utterances_of_any_length_are_192_numbers(network, n_frames):
    found = network(torch.randn(3, n_frames, N_MELS))
    assert found.shape == (3, EMBEDDING_DIM)
    assert found.dtype == torch.float32
    assert bool(found.isfinite().all())


def test_each_of_several_is_embedded_as_it_is_alone(network, frames):
    together = network(frames)
    for number in (0, 1):
        alone = network(frames[number : number + 1])[0]
        torch.testing.assert_close(together[number], alone, rtol=1e-4, atol=1e-4)
    assert float((together[0] - together[1]).norm()) > 0.05 * float(together[0].norm())


def test_it_is_the_published_network_layer_by_layer(weights, network, frames):
    """The same with torch's own layers, norms unfolded: nothing of the code under test."""
    torch.testing.assert_close(network(frames), plainly(weights, frames), rtol=1e-3, atol=1e-3)


def plainly(weights, frames):
    from torch.nn import functional as f

    def norm(x, name):
        own = (weights.get(f"{name}.{part}") for part in ("weight", "bias"))
        mean, var = (weights[f"{name}.running_{part}"] for part in ("mean", "var"))
        return f.batch_norm(x, mean, var, *own, training=False)

    def conv(x, name, **how):
        convolve = f.conv2d if x.ndim == 4 else f.conv1d
        return convolve(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"), **how)

    x = frames.transpose(1, 2)[:, None]
    x = norm(conv(x, "head.conv1", padding=1), "head.bn1").relu()
    for layer in (1, 2):
        for index, by in ((0, (2, 1)), (1, 1)):
            name = f"head.layer{layer}.{index}"
            y = norm(conv(x, f"{name}.conv1", stride=by, padding=1), f"{name}.bn1").relu()
            y = norm(conv(y, f"{name}.conv2", padding=1), f"{name}.bn2")
            if index == 0:
                x = norm(conv(x, f"{name}.shortcut.0", stride=by), f"{name}.shortcut.1")
            x = (x + y).relu()
    x = norm(conv(x, "head.conv2", stride=(2, 1), padding=1), "head.bn2").relu()
    x = conv(x.reshape(len(x), -1, x.shape[-1]), "xvector.tdnn.linear", stride=2, padding=2)
    x = norm(x, "xvector.tdnn.nonlinear.batchnorm").relu()
    for block, n_layers, dilation in ((1, 12, 1), (2, 24, 2), (3, 16, 2)):
        for i in range(1, n_layers + 1):
            name = f"xvector.block{block}.tdnnd{i}"
            y = conv(norm(x, f"{name}.nonlinear1.batchnorm").relu(), f"{name}.linear1")
            y = norm(y, f"{name}.nonlinear2.batchnorm").relu()
            parts = [part.mean(-1, keepdim=True).expand_as(part) for part in y.split(100, dim=-1)]
            z = y.mean(-1, keepdim=True) + torch.cat(parts, dim=-1)
            z = conv(conv(z, f"{name}.cam_layer.linear1").relu(), f"{name}.cam_layer.linear2")
            y = conv(y, f"{name}.cam_layer.linear_local", padding=dilation, dilation=dilation)
            x = torch.cat([x, y * z.sigmoid()], dim=1)
        name = f"xvector.transit{block}"
        x = conv(norm(x, f"{name}.nonlinear.batchnorm").relu(), f"{name}.linear")
    x = norm(x, "xvector.out_nonlinear.batchnorm").relu()
    x = torch.cat([x.mean(-1), x.std(-1)], dim=-1)[..., None]
    return norm(conv(x, "xvector.dense.linear"), "xvector.dense.nonlinear.batchnorm")[..., 0]


def test_the_gradient_points_where_finite_differences_do(weights, frames):
    network = CampplusNetwork(weights).double()
    at = frames[:1].double().requires_grad_()
    generator = torch.Generator().manual_seed(2)
    aim = torch.randn(EMBEDDING_DIM, generator=generator, dtype=torch.float64)
    (network(at)[0] @ aim).backward()
    direction = torch.randn(at.shape, generator=generator, dtype=torch.float64)
    step = 1e-8  # larger ones cross the kinks of rectifiers
    with torch.no_grad():
        ahead, behind = (network(at + sign * step * direction)[0] @ aim for sign in (1, -1))
    slope = float((at.grad * direction).sum())
    assert slope == pytest.approx(float(ahead - behind) / (2 * step), rel=1e-4)


def test_a_constant_channel_has_a_finite_gradient(network):
    frames = torch.zeros(1, 50, N_MELS, requires_grad=True)
    network(frames).sum().backward()
    assert bool(frames.grad.isfinite().all())
    assert STD_EPSILON > 0


def test_nothing_of_it_learns(network):
    assert not list(network.parameters())
    assert all(not one.requires_grad for one in network.buffers())


@pytest.mark.parametrize("name", CHOSEN)
def test_a_missing_tensor_is_named(weights, name):
    left = {key: value for key, value in weights.items() if key != name}
    with pytest.raises(ModelError) as caught:
        CampplusNetwork(left)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["surplus", "head.conv1.bias", "xvector.block1.tdnnd13.linear1.weight"]
)
def test_a_surplus_tensor_is_named(weights, name):
    with pytest.raises(ModelError) as caught:
        CampplusNetwork({**weights, name: torch.zeros(32)})
    assert name in str(caught.value)


@pytest.mark.parametrize("name", CHOSEN)
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda value: torch.cat([value, value[:1]]), id="longer"),
        pytest.param(lambda value: value[:1], id="one that would broadcast"),
        pytest.param(lambda value: value[None], id="one axis more"),
    ],
)
def test_a_wrongly_shaped_tensor_is_named(weights, name, spoil):
    if weights[name].shape == spoil(weights[name]).shape:
        pytest.skip("has one row anyway")
    with pytest.raises(ModelError) as caught:
        CampplusNetwork({**weights, name: spoil(weights[name])})
    assert name in str(caught.value)


@pytest.mark.parametrize(
    "name", ["head.conv1.weight", "xvector.block1.tdnnd3.cam_layer.linear_local.weight"]
)
def test_a_kernel_of_another_size_is_named(weights, name):
    with pytest.raises(ModelError) as caught:
        CampplusNetwork({**weights, name: weights[name][..., :1].contiguous()})
    assert name in str(caught.value)


def test_counters_of_training_are_no_matter(weights, network, frames):
    left = {k: v for k, v in weights.items() if not k.endswith("num_batches_tracked")}
    torch.testing.assert_close(CampplusNetwork(left)(frames), network(frames), rtol=0, atol=0)


@pytest.mark.parametrize("n_frames", [(250, 250), (250, 201, 402, 57), (101, 2, 99, 200, 199)])
def test_of_unequal_length_each_has_what_it_has_alone(network, n_frames):
    rng = torch.Generator().manual_seed(2)
    heard = [torch.randn(n, N_MELS, generator=rng).requires_grad_() for n in n_frames]
    together = network.embed_all(heard)
    alone = torch.cat([network(one[None]) for one in heard])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)
    ways = [torch.autograd.grad(found.square().sum(), heard) for found in (together, alone)]
    for one, other in zip(*ways, strict=True):
        assert float((one - other).norm()) < 0.01 * float(other.norm())  # kinks of rectifiers
