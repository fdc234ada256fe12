"""Noise for several utterances that are made in one pass: each draws what it would draw alone."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

DRAWS: dict[Any, Callable[..., torch.Tensor]] = {
    torch.rand: torch.rand,
    torch.randn: torch.randn,
    torch.rand_like: torch.rand,
    torch.randn_like: torch.randn,
}


class ItemNoise(TorchFunctionMode):
    """While it is entered, random tensors have a part an item, from a generator of its own.

    Their first dimension must be the items.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        """Seeds a generator an item, as `torch.manual_seed` seeds the global one."""
        super().__init__()
        self._generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Draws item by item; all else is done as it is."""
        del types
        kwargs = dict(kwargs or {})
        if func not in DRAWS:
            return func(*args, **kwargs)
        like = args[0] if isinstance(args[0], torch.Tensor) else None
        if like is not None:
            shape = tuple(like.shape)
            kwargs = {"dtype": like.dtype, "device": like.device, **kwargs}
        else:
            shape = tuple(args[0]) if isinstance(args[0], (tuple, list, torch.Size)) else args
        if shape[0] != len(self._generators):
            raise ValueError(f"noise for {shape[0]} items where {len(self._generators)} are spoken")
        parts = [
            DRAWS[func]((1, *shape[1:]), generator=generator, **kwargs)
            for generator in self._generators
        ]
        return torch.cat(parts)
