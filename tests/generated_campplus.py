"""A checkpoint of CAM++ with generated weights: all names and shapes of the published one.

Source of names and sizes: modelscope/3D-Speaker, speech_campplus_sv_zh_en_16k-common_advanced;
tests/real compares them with the file itself.
"""

from collections.abc import Iterator

import torch

N_FRONT, N_GROWTH, N_NARROW, N_CONTEXT, N_TDNN = 32, 32, 128, 64, 128
N_LAYERS = (12, 24, 16)


def _norm(name: str, n: int, is_affine: bool = True) -> Iterator[tuple[str, tuple[int, ...]]]:
    own = ("weight", "bias") if is_affine else ()
    for part in (*own, "running_mean", "running_var"):
        yield f"{name}.{part}", (n,)
    yield f"{name}.num_batches_tracked", ()


def _shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "head.conv1.weight", (N_FRONT, 1, 3, 3)
    yield from _norm("head.bn1", N_FRONT)
    for layer in (1, 2):
        for index in (0, 1):
            name = f"head.layer{layer}.{index}"
            for k in (1, 2):
                yield f"{name}.conv{k}.weight", (N_FRONT, N_FRONT, 3, 3)
                yield from _norm(f"{name}.bn{k}", N_FRONT)
            if index == 0:
                yield f"{name}.shortcut.0.weight", (N_FRONT, N_FRONT, 1, 1)
                yield from _norm(f"{name}.shortcut.1", N_FRONT)
    yield "head.conv2.weight", (N_FRONT, N_FRONT, 3, 3)
    yield from _norm("head.bn2", N_FRONT)
    yield "xvector.tdnn.linear.weight", (N_TDNN, N_FRONT * 80 // 8, 5)
    yield from _norm("xvector.tdnn.nonlinear.batchnorm", N_TDNN)
    n = N_TDNN
    for block, n_layers in enumerate(N_LAYERS, 1):
        for i in range(1, n_layers + 1):
            name = f"xvector.block{block}.tdnnd{i}"
            yield from _norm(f"{name}.nonlinear1.batchnorm", n)
            yield f"{name}.linear1.weight", (N_NARROW, n, 1)
            yield from _norm(f"{name}.nonlinear2.batchnorm", N_NARROW)
            yield f"{name}.cam_layer.linear_local.weight", (N_GROWTH, N_NARROW, 3)
            yield f"{name}.cam_layer.linear1.weight", (N_CONTEXT, N_NARROW, 1)
            yield f"{name}.cam_layer.linear1.bias", (N_CONTEXT,)
            yield f"{name}.cam_layer.linear2.weight", (N_GROWTH, N_CONTEXT, 1)
            yield f"{name}.cam_layer.linear2.bias", (N_GROWTH,)
            n += N_GROWTH
        yield from _norm(f"xvector.transit{block}.nonlinear.batchnorm", n)
        yield f"xvector.transit{block}.linear.weight", (n // 2, n, 1)
        n //= 2
    yield from _norm("xvector.out_nonlinear.batchnorm", n)
    yield "xvector.dense.linear.weight", (192, 2 * n, 1)
    yield from _norm("xvector.dense.nonlinear.batchnorm", 192, is_affine=False)


SHAPES = dict(_shapes())


def generate_campplus(seed: int = 0) -> dict[str, torch.Tensor]:
    """Returns weights under which speech neither dies away nor grows out of bounds."""
    generator = torch.Generator().manual_seed(seed)

    def draw(name: str, shape: tuple[int, ...]) -> torch.Tensor:
        if name.endswith("num_batches_tracked"):
            return torch.tensor(1)
        found = torch.randn(shape, generator=generator)
        if len(shape) > 1:  # a convolution's: keeps the variance through a rectifier
            return found * (2 / shape[1:].numel()) ** 0.5
        if name.endswith("running_var"):
            return (0.2 * found).exp()
        return 0.1 * found + (1.0 if name.endswith("weight") else 0.0)

    return {name: draw(name, torch.Size(shape)) for name, shape in SHAPES.items()}
