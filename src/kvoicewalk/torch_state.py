"""What torch keeps for a whole thread or process, changed for a while and given back."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

SUBNORMAL = np.float32(1e-40)


@contextmanager
def _forked_generators(device: torch.device) -> Iterator[None]:
    """Keeps the states of the CPU's generator and of the device's own, and gives them back."""
    if device.type == "mps":
        state = torch.mps.get_rng_state()
        try:
            with torch.random.fork_rng(devices=[]):
                yield
        finally:
            torch.mps.set_rng_state(state)
    else:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield


@contextmanager
def seeded_noise(seed: int, device: torch.device) -> Iterator[None]:
    """Seeds torch's global generator, and gives back its earlier state."""
    with _forked_generators(device):
        torch.manual_seed(seed)
        yield


@contextmanager
def without_cudnn() -> Iterator[None]:
    """Keeps cuDNN away: its recurrent layers refuse a backward pass in eval mode."""
    with torch.backends.cudnn.flags(enabled=False):
        yield


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Rounds floats below 1e-38 to zero on this thread, and gives back its earlier state.

    Decaying LSTM states otherwise slow the CPU down; other code of the process (hypothesis, for
    one) relies on such floats.
    """
    was_on = bool(SUBNORMAL * np.float32(1) == 0)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(was_on)


def computes_bfloat16(device: torch.device) -> bool:
    """Tells whether a CPU has instructions for bfloat16, which make a lesson a third quicker.

    Others only imitate them, slowly. On a GPU it is not used: nothing was measured there.
    """
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    checks = [getattr(torch.cpu, name, None) for name in names]
    return device.type == "cpu" and any(check() for check in checks if check is not None)
