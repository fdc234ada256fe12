"""Convolutions whose gradient is another convolution, as quick as the first.

torch's CPU kernels take twice as long for the gradient in a convolution's input as for the
convolution itself. But with stride 1 that gradient is a convolution, too: of the outgoing gradient
with the same weights, mirrored in time and with inputs and outputs exchanged. For one output o and
one input i of kernel size k, dilation d and padding p,

    y_o[t] = Σ_j w_oi[j] x_i[t + j d − p]   ⇒   ∂L/∂x_i[s] = Σ_o Σ_j w_oi[j] g_o[s − j d + p]

which is a convolution with w mirrored and padding d (k − 1) − p. The weights themselves get no
gradient: a voice is searched for, the network stays as it is. Measured:
benchmarks/full_size_gradient.py.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional


def quicken_gradients(network: nn.Module) -> None:
    """Gives the gradient of each convolution of stride 1 its quick form; values stay the same."""
    for module in network.modules():
        if isinstance(module, nn.Conv1d) and _is_plain(module):
            module.forward = _Quickened(module)  # type: ignore[method-assign, assignment]


def _is_plain(module: nn.Conv1d) -> bool:
    """Tells whether the gradient is a convolution that is padded with zeros."""
    padding = module.padding
    if isinstance(padding, str):
        return False
    reach = module.dilation[0] * (module.kernel_size[0] - 1)
    return (
        module.stride == (1,)
        and module.groups == 1
        and module.padding_mode == "zeros"
        and padding[0] <= reach
    )


class _Quickened:
    """A module's `forward`; its weight is looked up at each call, for a hook may make it anew."""

    def __init__(self, module: nn.Conv1d) -> None:
        self._module = module

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        module = self._module
        padding, dilation = int(module.padding[0]), module.dilation[0]
        if x.device.type == "cpu" and x.requires_grad and torch.is_grad_enabled():
            found: torch.Tensor = _Convolution.apply(  # type: ignore[no-untyped-call]
                x, module.weight, module.bias, padding, dilation
            )
            return found
        return functional.conv1d(x, module.weight, module.bias, 1, padding, dilation)


class _Convolution(torch.autograd.Function):
    """One convolution; differentiable in its input alone."""

    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu")  # type: ignore[untyped-decorator, attr-defined]
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        padding: int,
        dilation: int,
    ) -> torch.Tensor:
        ctx.save_for_backward(weight)
        ctx.how = padding, dilation, x.dtype
        return functional.conv1d(x, weight, bias, 1, padding, dilation)

    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")  # type: ignore[untyped-decorator, attr-defined]
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None, None, None]:
        (weight,) = ctx.saved_tensors
        padding, dilation, dtype = ctx.how
        mirrored = weight.flip(-1).transpose(0, 1)
        reach = dilation * (weight.shape[-1] - 1)
        found = functional.conv1d(gradients[0], mirrored, None, 1, reach - padding, dilation)
        return found.to(dtype), None, None, None, None
