"""One copy of a model's weights in memory for all processes of a machine; on Linux alone.

It lies in a file without a name, which is gone with the last process that holds it, however that
one ends. Elsewhere, and on a GPU, each process has its own.
"""

import itertools
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

ALIGNMENT = 64  # bytes; as torch's own memory has it


@dataclass(frozen=True)
class SharedWeights:
    """Where they lie.

    Attributes:
        path: by which another process of the same user opens them, while this one lives.
        n_bytes: of them.
        handle: by which this process holds them.
    """

    path: str
    n_bytes: int
    handle: int

    def release(self) -> None:
        """Lets no other process have them any more; those that do keep them."""
        os.close(self.handle)


def share_weights(network: "torch.nn.Module") -> SharedWeights | None:
    """Moves a network's weights to where other processes can have them, too.

    Args:
        network: keeps its numbers, and uses the shared copy from now on.

    Returns:
        What `use_shared` needs; None where nothing can be shared.
    """
    import torch

    places = list(_places(network))
    n_bytes = places[-1][2] if places else 0
    if not n_bytes or not hasattr(os, "memfd_create"):
        return None
    handle = os.memfd_create("kvw-weights")
    try:
        os.ftruncate(handle, n_bytes)
        memory = mmap.mmap(handle, n_bytes)
    except OSError:
        os.close(handle)
        return None
    shared = torch.frombuffer(memory, dtype=torch.uint8)
    for tensor, start, end in places:
        shared[start:end] = tensor.detach().reshape(-1).view(torch.uint8)
        _point_to(tensor, shared[start:end])
    return SharedWeights(f"/proc/{os.getpid()}/fd/{handle}", n_bytes, handle)


def use_shared(network: "torch.nn.Module", weights: SharedWeights) -> bool:
    """Lets go of a network's own weights for shared ones, which have the same numbers.

    Args:
        network: built from the same files.
        weights: of another process.

    Returns:
        False where they are gone, or of another network; it keeps its own.
    """
    import torch

    places = list(_places(network))
    if not places or places[-1][2] != weights.n_bytes:
        return False
    try:
        handle = os.open(weights.path, os.O_RDONLY)
    except OSError:
        return False
    try:  # a copy on write: nothing that is done here changes another process' numbers
        memory = mmap.mmap(handle, weights.n_bytes, access=mmap.ACCESS_COPY)
    except (OSError, ValueError):
        return False
    finally:
        os.close(handle)
    shared = torch.frombuffer(memory, dtype=torch.uint8)
    for tensor, start, end in places:
        _point_to(tensor, shared[start:end])
    return True


def _places(network: "torch.nn.Module") -> Iterator[tuple["torch.Tensor", int, int]]:
    """Yields each tensor that can be shared, and where it begins and ends."""
    end = 0
    for tensor in itertools.chain(network.parameters(), network.buffers()):
        if tensor.device.type == "cpu" and tensor.is_contiguous() and tensor.numel():
            start = -(-end // ALIGNMENT) * ALIGNMENT
            end = start + tensor.numel() * tensor.element_size()
            yield tensor, start, end


def _point_to(tensor: "torch.Tensor", data: "torch.Tensor") -> None:
    tensor.data = data.view(tensor.dtype).view(tensor.shape)
