"""Noise for several utterances that are made in one pass: each draws what it would draw alone."""

from collections.abc import Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from kvoicewalk.padded_items import Lengths

FILLS: dict[Any, str] = {
    torch.rand: "uniform_",
    torch.randn: "normal_",
    torch.rand_like: "uniform_",
    torch.randn_like: "normal_",
}


class ItemNoise(TorchFunctionMode):
    """While it is entered, random tensors have a part an item, from a generator of its own.

    Their first axis must be the items'. Those drawn like another tensor have its longest axis for
    time: each item draws as many values as it has there, and zeros follow.
    """

    def __init__(
        self, seeds: Sequence[int], device: torch.device, lengths: Lengths | None = None
    ) -> None:
        """Seeds a generator an item, as `torch.manual_seed` seeds the global one.

        Args:
            seeds: of the items.
            device: of the tensors.
            lengths: of the items, where they are padded.
        """
        super().__init__()
        self._generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]
        self._lengths = lengths

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Draws item by item; all else is done as it is."""
        del types
        kwargs = dict(kwargs or {})
        if func not in FILLS:
            return func(*args, **kwargs)
        like = args[0] if isinstance(args[0], torch.Tensor) else None
        if like is not None:
            shape = tuple(like.shape)
            kwargs = {"dtype": like.dtype, "device": like.device, **kwargs}
            order = sorted(range(1, like.ndim), key=like.stride, reverse=True)
        else:
            shape = tuple(args[0]) if isinstance(args[0], (tuple, list, torch.Size)) else args
            order = list(range(1, len(shape)))
        if shape[0] != len(self._generators):
            raise ValueError(f"noise for {shape[0]} items where {len(self._generators)} are spoken")

        def draw(generator: torch.Generator, sizes: Sequence[int]) -> torch.Tensor:
            # Where values lie in memory decides which number each of them is.
            empty = torch.empty([1, *(sizes[k] for k in order)], **kwargs)
            empty = empty.permute([0, *(1 + order.index(k) for k in range(1, len(sizes)))])
            drawn: torch.Tensor = getattr(empty, FILLS[func])(generator=generator)
            return drawn

        lengths = self._lengths
        if like is None or lengths is None:
            return torch.cat([draw(one, shape) for one in self._generators])
        axis = max(range(1, like.ndim), key=shape.__getitem__)
        parts = [
            draw(one, [*shape[:axis], own, *shape[axis + 1 :]])
            for own, one in zip(lengths.at(shape[axis]), self._generators, strict=True)
        ]
        return lengths.join(parts, axis)
