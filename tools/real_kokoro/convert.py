"""kokoro-onnx's int8 export of Kokoro-82M → a float32 checkpoint that kokoro's own code loads.

The export keeps kokoro's module paths as names of its nodes, so each weight finds its place. Most
weights are int8 with a scale and a zero point, real = (quantized − zero) · scale, one for all or
one a channel; biases, norms and the vocoder's up-convolutions are float32. A weight-normed layer
w = g · v / |v| was exported as w: v = w and g = |w|, channel by channel, give it back.

Source of the file: thewh1teagle/kokoro-onnx, kokoro-v1.0.int8.onnx (weights Apache-2.0, hexgrad).
"""

import io
import re
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tools.real_kokoro.packages import KitError

Array = npt.NDArray[np.float32]

PARTS = ("predictor", "bert", "bert_encoder", "text_encoder", "decoder")
REPEATED = re.compile(r"(query|key|value|dense|ffn|ffn_output)_\d+$")
# Of the graph: where each kind of node has its weight, and along which axis scales run.
CONVOLUTIONS = ("ConvInteger", "Conv", "ConvTranspose")
# In none of the export: ALBERT's pooler, which speech does not use, and the scale and shift of
# instance norms, which Kokoro leaves at 1 and 0.
ABSENT = re.compile(r"\.pooler\.|\.norm\.(weight|bias)$")


def convert(model: bytes, config: Mapping[str, Any]) -> dict[str, dict[str, torch.Tensor]]:
    """Returns state dicts by part, as Kokoro-82M's own checkpoint holds them.

    Args:
        model: the int8 export.
        config: Kokoro-82M's config.json.

    Raises:
        KitError: a weight is missing or of another shape: this is another export.
    """
    import onnx

    expected = _expected(config)
    graph = onnx.load_from_string(model).graph
    state = _Export(graph, expected).weights()
    for key in expected.keys() - state.keys():
        if not ABSENT.search(key):
            raise KitError(f"the export lacks {key}; it is not the one this tool knows.")
        is_scale = key.endswith("norm.weight")
        state[key] = (torch.ones_like if is_scale else torch.zeros_like)(expected[key])
    parts: dict[str, dict[str, torch.Tensor]] = {name: {} for name in PARTS}
    for key in sorted(state):
        part, _, rest = key.partition(".")
        parts[part][rest] = state[key]
    return parts


def _expected(config: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    from kokoro import KModel

    empty = io.BytesIO()
    torch.save({}, empty)
    empty.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch: deprecated weight_norm, LSTM dropout
        network = KModel(repo_id="local", config=dict(config), model=empty)
    return dict(network.state_dict())


def module_path(node_name: str) -> str:
    """Returns the module that a node comes from.

    `/decoder/decoder/generator/ups.0/ConvTranspose` is `decoder.generator.ups.0`.
    """
    names = node_name.strip("/").split("/")[:-1]
    is_decoder, names = names[0] == "decoder", names[1:]
    if not is_decoder and names and re.match(r"(F0|N)(\.|_)|shared$", names[0]):
        names = ["predictor", *names]
    path: list[str] = []
    for name in names:  # `cnn.0/cnn.0.0` names one module twice
        if path and name.startswith(path[-1] + "."):
            path.pop()
        path.append(name)
    # ALBERT's one layer is unrolled twelve times: query, query_1, query_2 …
    return REPEATED.sub(r"\1", ".".join(path))


class _Export:
    """The export's weights under kokoro's names."""

    def __init__(self, graph: Any, expected: Mapping[str, torch.Tensor]) -> None:
        from onnx import numpy_helper

        self._graph, self._expected = graph, expected
        self._values = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        # An embedding's zero point is named by the node that unpacks what was looked up.
        self._zero_of = {
            node.input[0]: node.input[2]
            for node in graph.node
            if node.op_type == "DequantizeLinear"
        }
        self._state: dict[str, torch.Tensor] = {}

    def weights(self) -> dict[str, torch.Tensor]:
        for node in self._graph.node:
            if node.name.count("/") > 2 and "istft" not in node.name:
                self._take(node)
        for name, value in self._values.items():
            key = re.sub(r"^(decoder\.|encoder\.)", "", name, count=1)
            if key in self._expected and key not in self._state:
                self._put(key, value)
        return self._state

    def _take(self, node: Any) -> None:
        module, kind, names = module_path(node.name), node.op_type, list(node.input)
        weight = names[1] if len(names) > 1 else ""
        if kind == "DynamicQuantizeLSTM":
            self._put_lstm(module, names)
        elif kind == "Gather" and names[0].endswith("weight_quantized"):
            self._put_weight(module, self._real(names[0], 0, self._zero_of[node.output[0]]))
        elif weight not in self._values:
            return
        elif kind in CONVOLUTIONS:
            zero = names[3] if kind == "ConvInteger" else ""
            self._put_weight(module, self._real(weight, 0, zero))
        elif kind == "MatMulInteger":
            self._put_weight(module, self._real(weight, 1, names[3]).T)
        elif kind == "MatMul" and "l_linear" in node.name:
            self._put_weight(module, self._values[weight].T)

    def _real(self, name: str, axis: int, zero_name: str) -> Array:
        if not name.endswith("_quantized"):
            return self._values[name]
        quantized = self._values[name].astype(np.float32)
        shape = [1] * quantized.ndim
        shape[axis] = -1

        def along(value: Array) -> Array:
            return value.astype(np.float32).reshape(shape if value.size > 1 else ())

        # Zero points are shared between nodes that have equal ones: named by the node.
        scale = self._values[name.removesuffix("_quantized") + "_scale"]
        return (quantized - along(self._values[zero_name])) * along(scale)

    def _put_weight(self, module: str, weight: Array) -> None:
        if module + ".weight_v" not in self._expected:
            self._put(module + ".weight", weight)
            return
        flat = weight.reshape(len(weight), -1).astype(np.float64)
        shape = [-1] + [1] * (weight.ndim - 1)
        # A channel that is all zero has no direction: any will do, for its length is 0.
        self._put(module + ".weight_v", np.where(flat.any(1).reshape(shape), weight, 1.0))
        self._put(module + ".weight_g", np.linalg.norm(flat, axis=1).reshape(shape))

    def _put_lstm(self, module: str, names: list[str]) -> None:
        def gates(rows: Array) -> Array:  # ONNX orders them i o f c, torch i f c o
            i, o, f, c = np.split(rows, 4)
            return np.concatenate([i, f, c, o])

        inward = self._real(names[1], 0, names[9])
        recurrent = self._real(names[2], 0, names[11])
        biases = self._values[names[3]]
        for direction, suffix in enumerate(("", "_reverse")):
            own, again = np.split(biases[direction], 2)
            self._put(f"{module}.weight_ih_l0{suffix}", gates(inward[direction].T))
            self._put(f"{module}.weight_hh_l0{suffix}", gates(recurrent[direction].T))
            self._put(f"{module}.bias_ih_l0{suffix}", gates(own))
            self._put(f"{module}.bias_hh_l0{suffix}", gates(again))

    def _put(self, key: str, value: npt.NDArray[Any]) -> None:
        tensor = torch.tensor(np.ascontiguousarray(value), dtype=torch.float32)
        if key not in self._expected or tensor.shape != self._expected[key].shape:
            raise KitError(f"the export has {key} {tuple(tensor.shape)}, which does not fit.")
        known = self._state.setdefault(key, tensor)
        if not torch.equal(known, tensor):
            raise KitError(f"the export gives {key} two values; it is not the one expected.")
