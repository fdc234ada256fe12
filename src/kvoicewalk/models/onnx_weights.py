"""An ONNX export of a Kokoro network → the state dicts that kokoro's own code loads.

Both exporters that public files come from keep kokoro's module paths in the names of nodes, so each
weight finds its place: taylorchu/kokoro-onnx's (`/encoder/F0.0/conv1/Conv`; kokoro-v1.0.onnx) and
hexgrad/kokoro's own (`/F0.0/conv1/Conv`; kokoro-v1.1-zh.onnx). Float32 and float16 weights are
taken as they are. Int8 ones have a scale and a zero point, real = (quantized − zero) · scale, one
for all or one a channel. A weight-normed layer w = g · v / |v| is exported as w: v = w and g = |w|,
channel by channel, give it back.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from kvoicewalk.errors import ModelError

Array = npt.NDArray[np.float32]
State = dict[str, torch.Tensor]

# ALBERT's one layer is unrolled twelve times: query, query_1, query_2 …
REPEATED = re.compile(r"(query|key|value|dense|ffn|ffn_output)_\d+$")
CONVOLUTIONS = ("ConvInteger", "Conv", "ConvTranspose")
PASSING = ("Identity", "Cast")  # a value by another name, or in another precision
# In no export: ALBERT's pooler, which speech does not use, and the scale and shift of instance
# norms, which Kokoro leaves at 1 and 0.
ABSENT = re.compile(r"\.pooler\.|\.norm\.(weight|bias)$")


def read_weights(graph: Any, expected: Mapping[str, torch.Tensor], place: str) -> State:
    """Returns a network's weights, float32, under its own names.

    Args:
        graph: onnx's `GraphProto`.
        expected: the network's state dict; its shapes count.
        place: the file, for messages.

    Raises:
        ModelError: a weight is missing, of another shape or unreadable: this is another export.
    """
    state = _Export(graph, expected, place).weights()
    lacking = [key for key in expected if key not in state and not ABSENT.search(key)]
    if lacking:
        raise not_kokoro(place, f"lacks {lacking[0]}, and {len(lacking) - 1} more")
    for key in expected.keys() - state.keys():
        is_scale = key.endswith("norm.weight")
        state[key] = (torch.ones_like if is_scale else torch.zeros_like)(expected[key])
    return state


def not_kokoro(place: str, reason: str) -> ModelError:
    """Returns the error for an export of another network, or of a kind that is not known."""
    return ModelError(
        f"{place} is no export of Kokoro that can be read ({reason}). Known: kokoro-onnx's "
        "kokoro-v1.0.onnx, .fp16.onnx and .int8.onnx, and what hexgrad/kokoro's export.py writes."
    )


def place_in(names: "set[str] | Mapping[str, Any]", path: str) -> str | None:
    """Returns which of the dotted names a path ends in; None for none.

    An exporter puts names before a path (`kmodel.`, `encoder.`). It leaves out `predictor.` where
    kokoro calls a layer of the predictor without going through the predictor itself.
    """
    while path:
        for candidate in (path, f"predictor.{path}"):
            if candidate in names:
                return candidate
        path = path.partition(".")[2]
    return None


def module_path(node_name: str) -> str:
    """Returns the path that a node's name spells.

    `/decoder/decoder/generator/ups.0/ConvTranspose` is `decoder.decoder.generator.ups.0`.
    """
    path: list[str] = []
    for name in node_name.strip("/").split("/")[:-1]:
        if path and name.startswith(path[-1] + "."):  # `cnn.0/cnn.0.0` names one module twice
            path.pop()
        path.append(name)
    return REPEATED.sub(r"\1", ".".join(path))


class _Export:
    """The export's weights under kokoro's names."""

    def __init__(self, graph: Any, expected: Mapping[str, torch.Tensor], place: str) -> None:
        self._graph, self._expected, self._place = graph, expected, place
        self._modules = {key.rpartition(".")[0] for key in expected}
        self._tensors = dict(_tensors(graph))
        self._makers = {out: node for node in graph.node for out in node.output}
        # An embedding's zero point is named by the node that unpacks what was looked up.
        self._zero_of = {
            node.input[0]: node.input[2]
            for node in graph.node
            if node.op_type == "DequantizeLinear" and len(node.input) > 2
        }
        self._state: State = {}

    def weights(self) -> State:
        for node in self._graph.node:
            module = place_in(self._modules, module_path(node.name))
            if module is not None and len(node.input) > 1:
                self._take(node, module)
        passed = [n.output[0] for n in self._graph.node if n.op_type in PASSING and n.output]
        for name in [*self._tensors, *passed]:
            key = place_in(self._expected, name)
            if key is not None and key not in self._state:
                value = self._value(name)
                if value is not None:
                    self._put(key, value)
        return self._state

    def _take(self, node: Any, module: str) -> None:
        kind, names = node.op_type, list(node.input)
        if kind in ("LSTM", "DynamicQuantizeLSTM"):
            self._put_lstm(module, names, is_quantized=kind != "LSTM")
        elif kind == "Gather" and names[0].endswith("weight_quantized"):
            own = names[0].removesuffix("_quantized") + "_zero_point"
            zero = self._zero_of.get(node.output[0], own)
            self._put_weight(module, self._real(names[0], (-1, 1), zero))
        elif kind in CONVOLUTIONS:
            zero = names[3] if kind == "ConvInteger" and len(names) > 3 else ""
            self._put_weight(module, self._real(names[1], (-1, 1, 1), zero))
        elif kind == "MatMulInteger":
            weight = self._real(names[1], (1, -1), names[3] if len(names) > 3 else "")
            self._put_weight(module, None if weight is None else weight.T)
        elif kind == "MatMul":
            weight = self._value(names[1])
            if weight is not None and weight.ndim == 2:
                self._put_weight(module, weight.T)

    def _value(self, name: str, depth: int = 8) -> Array | None:
        """Returns a constant, float32; None for what is computed."""
        if name in self._tensors:
            return _to_array(self._tensors[name], self._place)
        node = self._makers.get(name)
        if node is None or node.op_type not in PASSING or not depth or not node.input:
            return None
        return self._value(node.input[0], depth - 1)

    def _real(self, name: str, channels: tuple[int, ...], zero_name: str) -> Array | None:
        """Returns a weight, unpacked where it is packed.

        Args:
            name: of the weight.
            channels: what shape its scales take, where there is one a channel.
            zero_name: of its zero point; "" for 0.
        """
        value = self._value(name)
        if value is None or not name.endswith("_quantized"):
            return value
        # Zero points are shared between nodes that have equal ones: named by the node.
        scale = self._value(name.removesuffix("_quantized") + "_scale")
        zero = self._value(zero_name) if zero_name else np.zeros((), dtype=np.float32)
        if scale is None or zero is None:
            raise not_kokoro(self._place, f"{name} has no scale or zero point")
        try:
            zero, scale = (x.reshape(channels if x.size > 1 else ()) for x in (zero, scale))
            return np.asarray((value - zero) * scale, dtype=np.float32)
        except ValueError as error:
            raise not_kokoro(self._place, f"{name} and its scale do not fit") from error

    def _put_weight(self, module: str, weight: Array | None) -> None:
        if weight is None:
            return
        if module + ".weight" in self._expected:
            self._put(module + ".weight", weight)
        elif module + ".weight_v" in self._expected:
            self._put_normed(module, weight)

    def _put_normed(self, module: str, weight: Array) -> None:
        flat = torch.tensor(np.ascontiguousarray(weight, dtype=np.float32))
        if flat.shape != self._expected[module + ".weight_v"].shape:
            raise self._misfit(module + ".weight", tuple(flat.shape))
        # torch's own norm: where g is to the bit what it divides by, v is what comes out.
        _, norms = torch._weight_norm_interface(flat, torch.ones(len(flat), *[1] * (flat.ndim - 1)))
        is_dead = norms == 0  # without a direction: any will do, for its length is 0
        self._put(module + ".weight_v", torch.where(is_dead, torch.ones_like(flat), flat).numpy())
        self._put(module + ".weight_g", norms.numpy())

    def _put_lstm(self, module: str, names: list[str], is_quantized: bool) -> None:
        zeros = (names[9], names[11]) if is_quantized and len(names) > 11 else ("", "")
        channels = (2, 1, -1)  # of both directions: one scale each, or one a gate's row
        inward = self._real(names[1], channels, zeros[0])
        recurrent = self._real(names[2], channels, zeros[1])
        biases = self._value(names[3]) if len(names) > 3 else None
        if inward is None or recurrent is None or biases is None:
            return
        if any(x.ndim != n for x, n in ((inward, 3), (recurrent, 3), (biases, 2))):
            raise self._misfit(module, inward.shape)
        for direction, suffix in zip(range(len(biases)), ("", "_reverse"), strict=False):
            own, again = np.split(biases[direction], 2)
            pair = inward[direction], recurrent[direction]
            weights = [x.T for x in pair] if is_quantized else pair
            self._put(f"{module}.weight_ih_l0{suffix}", _gates(weights[0]))
            self._put(f"{module}.weight_hh_l0{suffix}", _gates(weights[1]))
            self._put(f"{module}.bias_ih_l0{suffix}", _gates(own))
            self._put(f"{module}.bias_hh_l0{suffix}", _gates(again))

    def _put(self, key: str, value: npt.NDArray[Any]) -> None:
        tensor = torch.tensor(np.ascontiguousarray(value), dtype=torch.float32)
        if key not in self._expected or tensor.shape != self._expected[key].shape:
            raise self._misfit(key, tuple(tensor.shape))
        known = self._state.setdefault(key, tensor)
        if not torch.equal(known, tensor):
            raise not_kokoro(self._place, f"{key} has two values")

    def _misfit(self, key: str, shape: tuple[int, ...]) -> ModelError:
        wanted = tuple(self._expected[key].shape) if key in self._expected else "nothing"
        return not_kokoro(self._place, f"{key} is {shape}, expected {wanted}")


def _gates(rows: Array) -> Array:
    """Returns an LSTM's gates in torch's order, i f c o; ONNX has i o f c."""
    if len(rows) % 4:
        return rows  # no LSTM's: its shape will tell
    i, o, f, c = np.split(rows, 4)
    return np.concatenate([i, f, c, o])


def _tensors(graph: Any) -> Iterator[tuple[str, Any]]:
    for tensor in graph.initializer:
        yield tensor.name, tensor
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            for attribute in node.attribute:
                if attribute.name == "value":
                    yield node.output[0], attribute.t


def _to_array(tensor: Any, place: str) -> Array:
    from onnx import numpy_helper
    from onnx.external_data_helper import uses_external_data

    if uses_external_data(tensor):  # onnx would open any file that it names
        raise not_kokoro(place, "its weights are in another file")
    try:
        return np.asarray(numpy_helper.to_array(tensor)).astype(np.float32)
    except (ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        raise not_kokoro(place, f"{tensor.name} is damaged") from error
