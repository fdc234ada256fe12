"""A second device that every machine has: computes on the CPU, refuses what a card refuses.

Its tensors say `meta`, hold their numbers on the CPU, and mix with tensors of the CPU as those of a
card do: not at all, single numbers and indices apart.
"""

from typing import Any

import torch
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing

DEVICE = torch.device("meta")
ATEN = torch.ops.aten
# What takes tensors of two devices on a card, too.
MIXING = {ATEN.copy_.default, ATEN._to_copy.default}
INDEXING = {ATEN.index.Tensor, ATEN.index_put.default, ATEN.index_put_.default}
# Lazy marks that the dispatcher resolves before it comes here: so they are resolved at once.
AT_ONCE = {
    ATEN._conj.default: ATEN.conj_physical.default,
    ATEN._neg_view.default: ATEN.neg.default,
}
# Their second result and argument, lengths, stays on the CPU beside a card, too.
WITH_LENGTHS = {ATEN._pack_padded_sequence.default, ATEN._pad_packed_sequence.default}


class ElsewhereTensor(torch.Tensor):
    """A tensor of the second device; `here` holds its numbers."""

    here: torch.Tensor

    @staticmethod
    def __new__(cls, here: torch.Tensor) -> "ElsewhereTensor":
        made = torch.Tensor._make_wrapper_subclass(
            cls, here.shape, strides=here.stride(), storage_offset=here.storage_offset(),
            dtype=here.dtype, device=DEVICE,
        )  # fmt: skip
        made.here = here
        return made

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None) -> Any:
        return run(func, args, kwargs or {})

    def __repr__(self) -> str:
        return f"elsewhere: {self.here!r}"


class Elsewhere(TorchDispatchMode):
    """While it is entered, `.to("meta")` and `device="meta"` lead to the second device."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None) -> Any:
        return run(func, args, kwargs or {})


def run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Runs an operation where its tensors are, on the CPU either way."""
    if args and isinstance(args[0], ElsewhereTensor):
        func = AT_ONCE.get(func, func)
    tensors = [one for one in pytree.tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
    away = [one for one in tensors if isinstance(one, ElsewhereTensor)]
    if away and func not in MIXING:
        _refuse_mixing(func, args, tensors)
    wanted = kwargs.get("device")
    wants = None if wanted is None else torch.device(wanted)
    goes_away = bool(away) if wants is None else wants == DEVICE
    if func is ATEN.copy_.default:
        goes_away = isinstance(args[0], ElsewhereTensor)
    if wants == DEVICE:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    inner_args, inner_kwargs = pytree.tree_map_only(
        ElsewhereTensor, lambda one: one.here, (args, kwargs)
    )
    found = func(*inner_args, **inner_kwargs)
    if not goes_away or func is ATEN._local_scalar_dense.default:
        return found
    if func in WITH_LENGTHS:
        return ElsewhereTensor(found[0]), *found[1:]
    found = pytree.tree_map_only(torch.Tensor, ElsewhereTensor, found)
    return return_and_correct_aliasing(func, args, kwargs, found) if away else found


def _refuse_mixing(func: Any, args: Any, tensors: list[torch.Tensor]) -> None:
    if func in INDEXING:
        tensors = [one for one in tensors if not any(one is index for index in args[1])]
    if func in WITH_LENGTHS:
        tensors = tensors[:1]
    for one in tensors:
        if not isinstance(one, ElsewhereTensor) and one.dim() > 0:
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but {func} found two devices."
            )
