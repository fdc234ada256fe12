"""Items of unequal length in one pass of a network: each is computed as if it were alone.

All are padded to the longest. What lies beyond an item's end must then be to it what lies beyond
the end of a tensor: convolutions see zeros there, norms count the item's own values alone, and what
works from the end back (spectra, resampling, running sums) is done item by item.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode


class Lengths:
    """How much of a padded tensor each item fills, at each rate at which a network runs.

    Attributes:
        items: frames of each.
        longest: of these, at least 2: to that they are padded.
    """

    def __init__(self, items: Sequence[int], device: torch.device) -> None:
        """Takes the frames of each item."""
        self.items, self.longest = tuple(items), max(2, *items)
        self._device = device
        self._masks: dict[int, torch.Tensor] = {}

    @property
    def are_equal(self) -> bool:
        """True where nothing is padded."""
        return all(one == self.longest for one in self.items)

    def at(self, n: int) -> tuple[int, ...]:
        """Returns how many of n values along time are each item's own.

        A network has k values a frame, or k a frame and one more (spectra have one at both ends),
        or one for two frames.

        Raises:
            ValueError: n is no such number.
        """
        each, more = divmod(n, self.longest)
        if each and more <= 1:
            return tuple(each * one + more for one in self.items)
        if n == -(-self.longest // 2):
            return tuple(-(-one // 2) for one in self.items)
        raise ValueError(f"{n} values are no multiple of {self.longest} frames")

    def mask(self, like: torch.Tensor) -> torch.Tensor:
        """Returns 1 where values are an item's own and 0 beyond, for the last axis of a tensor."""
        n = like.shape[-1]
        if n not in self._masks:
            ends = torch.tensor(self.at(n)).to(self._device)
            own = torch.arange(n, device=self._device) < ends[:, None]
            self._masks[n] = own.to(torch.float32)
        shape = (len(self.items), *[1] * (like.ndim - 2), n)
        return self._masks[n].reshape(shape).to(like.dtype)

    def counts(self, like: torch.Tensor) -> torch.Tensor:
        """Returns how many values each item has along the last axis, to divide sums by."""
        return self.mask(like).sum(-1, keepdim=True)

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """Returns each item's mean over the last axis, which stays, with length 1."""
        return (values * self.mask(values)).sum(-1, keepdim=True) / self.counts(values)

    def split(self, values: torch.Tensor, axis: int = -1) -> list[torch.Tensor]:
        """Returns each item alone, with its own length along an axis: (1, …)."""
        ends = self.at(values.shape[axis])
        return [values[k : k + 1].narrow(axis, 0, end) for k, end in enumerate(ends)]

    @staticmethod
    def join(parts: Sequence[torch.Tensor], axis: int = -1) -> torch.Tensor:
        """Puts items of (1, …) together, padded with zeros along an axis."""
        longest = max(one.shape[axis] for one in parts)
        behind = -axis - 1 if axis < 0 else parts[0].ndim - 1 - axis
        return torch.cat(
            [functional.pad(one, [0, 0] * behind + [0, longest - one.shape[axis]]) for one in parts]
        )


def _instance_norm(
    lengths: Lengths,
    values: torch.Tensor,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
) -> torch.Tensor:
    off = (values - lengths.mean(values)) * lengths.mask(values)
    variance = off.square().sum(-1, keepdim=True) / lengths.counts(values)
    found = off * torch.rsqrt(variance + eps)
    if weight is not None:
        found = found * weight[:, None]
    return found if bias is None else found + bias[:, None]


CONVOLUTIONS = (torch.conv1d, torch.conv2d, torch.conv_transpose1d, functional.pad)
SPECTRA = (torch.stft, torch.istft)
SUMS = (torch.cumsum, torch.Tensor.cumsum)


class PaddedItems(TorchFunctionMode):
    """While it is entered, padded items are computed as if each were alone.

    Their first axis is the items', time the last but in running sums, which name theirs.
    """

    def __init__(self, lengths: Lengths) -> None:
        """Takes how long each is."""
        super().__init__()
        self._lengths = lengths

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Computes item by item, or with what is beyond an item's end blanked."""
        del types
        kwargs, lengths = dict(kwargs or {}), self._lengths
        if func in CONVOLUTIONS:
            return func(args[0] * lengths.mask(args[0]), *args[1:], **kwargs)
        if func is functional.instance_norm:
            assert kwargs["use_input_stats"], "means that were learned have no lengths"
            how = {name: kwargs[name] for name in ("weight", "bias", "eps")}
            return _instance_norm(lengths, args[0], **how)
        if func in SPECTRA:
            return self._one_by_one(func, args, kwargs)
        if func in SUMS:
            axis = kwargs["dim"] if "dim" in kwargs else args[1]
            return self._one_by_one(func, args, kwargs, axis)
        if func is functional.interpolate and kwargs.get("mode", "nearest") != "nearest":
            return self._one_by_one(func, args, kwargs)
        return func(*args, **kwargs)

    def _one_by_one(
        self, func: Callable[..., torch.Tensor], args: Any, kwargs: dict[str, Any], axis: int = -1
    ) -> torch.Tensor:
        wanted = [kwargs] * len(self._lengths.items)
        if kwargs.get("length") is not None:  # of what comes out
            wanted = [{**kwargs, "length": one} for one in self._lengths.at(kwargs["length"])]
        parts = self._lengths.split(args[0], axis)
        found = [func(one, *args[1:], **own) for one, own in zip(parts, wanted, strict=True)]
        return self._lengths.join(found, axis)
