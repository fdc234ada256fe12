"""CAM++: the network that turns mel frames into a speaker embedding of 192 numbers.

Written from the paper: Wang, Zheng, Chen, Cheng and Chen 2023, "CAM++: A Fast and Efficient Network
for Speaker Verification Using Context-Aware Masking", arXiv 2303.00332. Sizes, and the names in
the checkpoint, are those of modelscope/3D-Speaker's speech_campplus_sv_zh_en_16k-common_advanced.

    frames (80 mels)
      → 2-D residual front end        finds patterns in time and frequency; frequency / 8
      → one convolution in time       time / 2
      → three densely connected blocks of 12, 24, 16 layers, each layer masked by its context
      → mean and standard deviation over time
      → 192 numbers

It is used as it is, never trained: batch norms are therefore affine maps, folded into the
convolution before them where there is one.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import nn
from torch.nn import functional

from kvoicewalk.errors import ModelError
from kvoicewalk.padded_items import Lengths, PaddedItems

N_MELS = 80
EMBEDDING_DIM = 192
NORM_EPSILON = 1e-5  # of torch's batch norm, with which the weights were trained
STD_EPSILON = 1e-8  # keeps the gradient of a constant channel's deviation finite

FRONT_CHANNELS, TDNN_CHANNELS, TDNN_KERNEL = 32, 128, 5
GROWTH, NARROW = 32, 128  # channels that a layer adds, and that it looks through
# Layers and dilation of each densely connected block; paper, section 2.2 and table 1.
BLOCKS = ((12, 1), (24, 2), (16, 2))
# A mask sees the whole utterance and a segment of 2 s; paper, section 2.3. Frames of 20 ms.
SEGMENT_FRAMES = 100


class CampplusNetwork(nn.Module):
    """Embeds mel frames; differentiable in them."""

    def __init__(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Takes the checkpoint's tensors, by their names there.

        Raises:
            ModelError: one is missing, has another shape than it should, or is one too many.
        """
        super().__init__()
        _check(weights)
        reader = _Reader(weights)
        self.front = nn.Sequential(
            reader.conv("head.conv1", "head.bn1", padding=1),
            nn.ReLU(),
            *(
                _Residual(reader, f"head.layer{layer}.{index}", stride=2 if index == 0 else 1)
                for layer in (1, 2)
                for index in (0, 1)
            ),
            reader.conv("head.conv2", "head.bn2", stride=(2, 1), padding=1),
            nn.ReLU(),
        )
        self.tdnn = nn.Sequential(
            reader.conv("xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm", 2, 2), nn.ReLU()
        )
        blocks: list[nn.Module] = []
        for number, (n_layers, dilation) in enumerate(BLOCKS, 1):
            name = f"xvector.block{number}.tdnnd"
            blocks += [_Dense(reader, f"{name}{i}", dilation) for i in range(1, n_layers + 1)]
            transit = f"xvector.transit{number}"
            norm = reader.norm(f"{transit}.nonlinear.batchnorm")
            blocks.append(nn.Sequential(norm, nn.ReLU(), reader.conv(f"{transit}.linear")))
        blocks += [reader.norm("xvector.out_nonlinear.batchnorm"), nn.ReLU()]
        self.blocks = nn.Sequential(*blocks)
        self.last = reader.conv("xvector.dense.linear", "xvector.dense.nonlinear.batchnorm")
        self.requires_grad_(False)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Embeds utterances of one length.

        Shape: (n, n_frames, 80) → (n, 192), of any length.
        """
        found = self.front(frames.transpose(1, 2)[:, None])
        return self._pooled(self.blocks(self.tdnn(found.flatten(1, 2))))

    def _pooled(self, found: torch.Tensor) -> torch.Tensor:
        mean = found.mean(-1)
        variance = found.var(-1, unbiased=True) if found.shape[-1] > 1 else torch.zeros_like(mean)
        pooled = torch.cat([mean, (variance + STD_EPSILON).sqrt()], dim=-1)
        embedded: torch.Tensor = self.last(pooled[..., None])[..., 0]
        return embedded

    def embed_all(self, frames: Sequence[torch.Tensor]) -> torch.Tensor:
        """Embeds utterances of several lengths in one pass, padded to the longest.

        Args:
            frames: (n_frames, 80) of each.

        Returns:
            (n, 192), of any length: what each has alone, but for the order of sums.
        """
        if not frames:
            return torch.zeros(0, EMBEDDING_DIM)
        lengths = Lengths([len(one) for one in frames], frames[0].device)
        if lengths.are_equal:
            return cast(torch.Tensor, self(torch.stack(tuple(frames))))
        padded = lengths.join([one.T[None, None] for one in frames])
        with PaddedItems(lengths):
            found = self.tdnn(self.front(padded).flatten(1, 2))
            for layer in self.blocks:
                found = layer(found, lengths) if isinstance(layer, _Dense) else layer(found)
        return torch.cat([self._pooled(one) for one in lengths.split(found)])


def expected_shapes() -> dict[str, tuple[int, ...]]:
    """Returns the shape of each tensor of the checkpoint, by its name there."""
    shapes: dict[str, tuple[int, ...]] = {}

    def norm(name: str, n_channels: int, *, is_affine: bool = True) -> None:
        leaves = ("running_mean", "running_var", *(("weight", "bias") if is_affine else ()))
        shapes.update({f"{name}.{leaf}": (n_channels,) for leaf in leaves})

    def front(name: str, norm_name: str, n_in: int, kernel: int) -> None:
        shapes[f"{name}.weight"] = (FRONT_CHANNELS, n_in, kernel, kernel)
        norm(norm_name, FRONT_CHANNELS)

    front("head.conv1", "head.bn1", 1, 3)
    for layer in ("head.layer1", "head.layer2"):
        for block in (f"{layer}.0", f"{layer}.1"):
            front(f"{block}.conv1", f"{block}.bn1", FRONT_CHANNELS, 3)
            front(f"{block}.conv2", f"{block}.bn2", FRONT_CHANNELS, 3)
        front(f"{layer}.0.shortcut.0", f"{layer}.0.shortcut.1", FRONT_CHANNELS, 1)
    front("head.conv2", "head.bn2", FRONT_CHANNELS, 3)
    n = TDNN_CHANNELS
    shapes["xvector.tdnn.linear.weight"] = (n, FRONT_CHANNELS * N_MELS // 8, TDNN_KERNEL)
    norm("xvector.tdnn.nonlinear.batchnorm", n)
    for number, (n_layers, _) in enumerate(BLOCKS, 1):
        for index in range(1, n_layers + 1):
            name = f"xvector.block{number}.tdnnd{index}"
            norm(f"{name}.nonlinear1.batchnorm", n)
            shapes[f"{name}.linear1.weight"] = (NARROW, n, 1)
            norm(f"{name}.nonlinear2.batchnorm", NARROW)
            shapes[f"{name}.cam_layer.linear_local.weight"] = (GROWTH, NARROW, 3)
            shapes[f"{name}.cam_layer.linear1.weight"] = (NARROW // 2, NARROW, 1)
            shapes[f"{name}.cam_layer.linear1.bias"] = (NARROW // 2,)
            shapes[f"{name}.cam_layer.linear2.weight"] = (GROWTH, NARROW // 2, 1)
            shapes[f"{name}.cam_layer.linear2.bias"] = (GROWTH,)
            n += GROWTH
        norm(f"xvector.transit{number}.nonlinear.batchnorm", n)
        shapes[f"xvector.transit{number}.linear.weight"] = (n // 2, n, 1)
        n //= 2
    norm("xvector.out_nonlinear.batchnorm", n)
    shapes["xvector.dense.linear.weight"] = (EMBEDDING_DIM, 2 * n, 1)
    norm("xvector.dense.nonlinear.batchnorm", EMBEDDING_DIM, is_affine=False)
    return shapes


def _check(weights: Mapping[str, torch.Tensor]) -> None:
    wanted = expected_shapes()
    given = {name for name in weights if not name.endswith("num_batches_tracked")}
    for name in sorted(given - set(wanted)):
        raise ModelError(f"CAM++'s weights hold {name}, which it does not know.")
    for name, shape in wanted.items():
        if name not in given:
            raise ModelError(f"CAM++'s weights lack {name}; fetch them again.")
        if tuple(weights[name].shape) != shape:
            found = tuple(weights[name].shape)
            raise ModelError(f"CAM++'s weights have {name} of shape {found}, expected {shape}.")


class _Reader:
    """Hands the checkpoint's tensors out, batch norms folded."""

    def __init__(self, weights: Mapping[str, torch.Tensor]) -> None:
        self._weights = weights

    def take(self, name: str) -> torch.Tensor:
        return self._weights[name].detach().float()

    def has(self, name: str) -> bool:
        return name in self._weights

    def _affine(self, name: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns what a batch norm multiplies by and adds, (n_channels,) each."""
        mean, variance = self.take(f"{name}.running_mean"), self.take(f"{name}.running_var")
        has_own = self.has(f"{name}.weight")
        scale = self.take(f"{name}.weight") if has_own else torch.ones_like(mean)
        shift = self.take(f"{name}.bias") if has_own else torch.zeros_like(mean)
        scale = scale / (variance + NORM_EPSILON).sqrt()
        return scale, shift - mean * scale

    def norm(self, name: str) -> "_Norm":
        return _Norm(*self._affine(name))

    def conv(
        self,
        name: str,
        norm: str = "",
        stride: int | tuple[int, int] = 1,
        padding: int = 0,
        dilation: int = 1,
    ) -> "_Convolution":
        weight = self.take(f"{name}.weight")
        bias = self.take(f"{name}.bias") if self.has(f"{name}.bias") else None
        if norm:
            # norm(w · x + b) = (scale · w) · x + (scale · b + shift)
            scale, shift = self._affine(norm)
            weight = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
            bias = shift if bias is None else bias * scale + shift
        return _Convolution(weight, bias, stride, padding, dilation)


class _Convolution(nn.Module):
    """In one dimension or two, by its weight."""

    weight: torch.Tensor
    bias: torch.Tensor | None

    def __init__(
        self,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        stride: int | tuple[int, int],
        padding: int,
        dilation: int,
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self._how = stride, padding, dilation
        self._convolve = functional.conv2d if weight.ndim == 4 else functional.conv1d

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._convolve(x, self.weight, self.bias, *self._how)


class _Norm(nn.Module):
    """A batch norm that cannot be folded: what follows it is no convolution, but a ReLU."""

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, scale: torch.Tensor, shift: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale[:, None])
        self.register_buffer("shift", shift[:, None])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale + self.shift


class _Residual(nn.Module):
    """Two convolutions beside a short cut; a stride shortens the frequency axis alone."""

    def __init__(self, reader: _Reader, name: str, stride: int) -> None:
        super().__init__()
        by = (stride, 1)
        self.first = reader.conv(f"{name}.conv1", f"{name}.bn1", by, padding=1)
        self.second = reader.conv(f"{name}.conv2", f"{name}.bn2", padding=1)
        self.short: nn.Module = nn.Identity()
        if reader.has(f"{name}.shortcut.0.weight"):
            self.short = reader.conv(f"{name}.shortcut.0", f"{name}.shortcut.1", by)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.second(functional.relu(self.first(x))) + self.short(x))


class _Dense(nn.Module):
    """One layer of a block: its channels are added to those it was given.

    A mask in (0, 1), from the mean over all time and over its segment, lets each channel through;
    paper, section 2.3.
    """

    def __init__(self, reader: _Reader, name: str, dilation: int) -> None:
        super().__init__()
        self.norm = reader.norm(f"{name}.nonlinear1.batchnorm")
        self.narrow = reader.conv(f"{name}.linear1", f"{name}.nonlinear2.batchnorm")
        layer = f"{name}.cam_layer"
        self.local = reader.conv(f"{layer}.linear_local", padding=dilation, dilation=dilation)
        self.context = reader.conv(f"{layer}.linear1")
        self.mask = reader.conv(f"{layer}.linear2")

    def forward(self, x: torch.Tensor, lengths: Lengths | None = None) -> torch.Tensor:
        narrow = functional.relu(self.narrow(functional.relu(self.norm(x))))
        if lengths is None:
            context = narrow.mean(-1, keepdim=True) + _segment_means(narrow)
        else:
            # A segment that an item ends in has that item's own frames alone.
            own = lengths.mask(narrow)
            share = _segment_means(own).clamp(min=1 / SEGMENT_FRAMES)
            context = lengths.mean(narrow) + _segment_means(narrow * own) / share
        mask = torch.sigmoid(self.mask(functional.relu(self.context(context))))
        return torch.cat([x, self.local(narrow) * mask], dim=1)


def _segment_means(x: torch.Tensor) -> torch.Tensor:
    """Returns each segment's mean at each of its frames; the last segment may be shorter."""
    means = functional.avg_pool1d(x, SEGMENT_FRAMES, SEGMENT_FRAMES, ceil_mode=True)
    return means.repeat_interleave(SEGMENT_FRAMES, dim=-1)[..., : x.shape[-1]]
