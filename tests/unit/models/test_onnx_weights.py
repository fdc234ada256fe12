"""ONNX exports of a small network with kokoro's names, by torch's exporter, in three precisions."""

import warnings

import numpy as np
import onnx
import pytest
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16
from torch import nn
from torch.nn.utils import remove_weight_norm, weight_norm

from kvoicewalk.errors import ModelError
from kvoicewalk.models.onnx_weights import module_path, place_in, read_weights


def normed(layer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return weight_norm(layer)


class LinearNorm(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.linear_layer = nn.Linear(n_in, n_out)

    def forward(self, x):
        return self.linear_layer(x)


class Predictor(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(6, 4, batch_first=True, bidirectional=True)
        self.duration_proj = LinearNorm(8, 3)
        self.F0 = nn.ModuleList([normed(nn.Conv1d(8, 8, 3, padding=1))])

    def forward(self, x):
        found, _ = self.lstm(x)
        return self.F0[0](found.transpose(1, 2)).transpose(1, 2), self.duration_proj(found)


class TextEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 6)
        self.cnn = nn.ModuleList([nn.Sequential(normed(nn.Conv1d(6, 6, 5, padding=2)), nn.ReLU())])
        self.lstm = nn.LSTM(6, 3, batch_first=True, bidirectional=True)

    def forward(self, tokens):
        return self.lstm(self.cnn[0](self.embedding(tokens).transpose(1, 2)).transpose(1, 2))[0]


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.ups = nn.ModuleList([normed(nn.ConvTranspose1d(8, 4, 4, 2))])
        self.fc = nn.Linear(3, 4)
        self.alpha = nn.Parameter(torch.randn(1, 4, 1))

    def forward(self, pitch, style):
        return self.ups[0](pitch.transpose(1, 2)) * (self.fc(style)[..., None] + self.alpha)


class Small(nn.Module):
    """Layers of all kinds that kokoro has, by its names; some called past their module."""

    def __init__(self):
        super().__init__()
        self.predictor, self.text_encoder, self.decoder = Predictor(), TextEncoder(), Decoder()
        self.past_predictor = False

    def forward(self, tokens):
        said = self.text_encoder(tokens)
        if self.past_predictor:  # as kokoro's own forward calls them
            found, _ = self.predictor.lstm(said)
            pitch = self.predictor.F0[0](found.transpose(1, 2)).transpose(1, 2)
            lengths = self.predictor.duration_proj(found)
        else:
            pitch, lengths = self.predictor(said)
        return self.decoder(pitch, lengths[:, 0])


class Wrapped(nn.Module):
    def __init__(self, kmodel):
        super().__init__()
        self.kmodel = kmodel

    def forward(self, tokens):
        return self.kmodel(tokens)


def export(network, path, folding=True):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), (torch.tensor([[1, 2, 3, 4, 5, 6]]),), str(path),
            input_names=["tokens"], opset_version=17, dynamo=False, do_constant_folding=folding,
        )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def small():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Small()
    with torch.no_grad():
        network.predictor.F0[0].weight_g[2] = 0  # a channel without a direction
    return network


@pytest.fixture(scope="module")
def exported(small, tmp_path_factory):
    return export(small, tmp_path_factory.mktemp("onnx") / "small.onnx")


def read(path, network):
    return read_weights(onnx.load(str(path)).graph, network.state_dict(), "file")


def folded(state):
    """Returns the weights that a network with this state multiplies with."""
    network = Small()
    network.load_state_dict(state)
    for module in network.modules():
        if hasattr(module, "weight_g"):
            remove_weight_norm(module)
    return network.state_dict()


def test_float32_is_exact(small, exported):
    found = folded(read(exported, small))
    constants = {
        one.name: onnx.numpy_helper.to_array(one)
        for one in onnx.load(str(exported)).graph.initializer
    }
    expected = folded(small.state_dict())
    assert found.keys() == expected.keys()
    for key, value in found.items():
        if not key.endswith("weight") or "embedding" in key or "fc" in key:
            assert torch.equal(value, expected[key]), key
        else:  # the exporter folds the norm in its own way: the file's numbers count
            torch.testing.assert_close(value, expected[key], rtol=1e-6, atol=1e-7)
            kept = value.T if "linear_layer" in key else value
            assert any(
                one.shape == tuple(kept.shape) and np.array_equal(one, kept.numpy())
                for one in constants.values()
            ), key


@pytest.mark.parametrize("past_predictor", [False, True])
@pytest.mark.parametrize("folding", [False, True])
def test_both_exporters_names_lead_home(small, tmp_path, past_predictor, folding):
    small.past_predictor = past_predictor
    try:
        path = export(Wrapped(small), tmp_path / "wrapped.onnx", folding)
    finally:
        small.past_predictor = False
    found, expected = folded(read(path, small)), folded(small.state_dict())
    for key, value in expected.items():
        torch.testing.assert_close(found[key], value, rtol=1e-6, atol=1e-7)


def test_float16_is_what_the_file_holds(small, exported):
    half = convert_float_to_float16(onnx.load(str(exported)), keep_io_types=True)
    found = folded(read_weights(half.graph, small.state_dict(), "file"))
    for key, value in folded(small.state_dict()).items():
        torch.testing.assert_close(found[key], value, rtol=1e-3, atol=1e-6)
        if "norm" not in key and not key.startswith(
            ("predictor.F0", "text_encoder.cnn", "decoder.ups")
        ):
            assert torch.equal(found[key], value.half().float()), key


def test_int8_is_what_the_file_means(small, exported, tmp_path):
    path = tmp_path / "int8.onnx"
    quantize_dynamic(exported, path, weight_type=QuantType.QInt8, per_channel=True)
    kinds = {node.op_type for node in onnx.load(str(path)).graph.node}
    assert {"MatMulInteger", "ConvInteger", "DynamicQuantizeLSTM"} <= kinds
    found = folded(read(path, small))
    for key, value in folded(small.state_dict()).items():
        step = float(value.abs().max()) / 127
        torch.testing.assert_close(found[key], value, rtol=0, atol=1.01 * step)


def damaged(exported, change):
    model = onnx.load(str(exported))
    change(model.graph)
    return model.graph


def drop_alpha(graph):
    del graph.initializer[[one.name for one in graph.initializer].index("decoder.alpha")]


def reshape_alpha(graph):
    one = next(one for one in graph.initializer if one.name == "decoder.alpha")
    one.dims[:] = [4, 1, 1]


def shorten_alpha(graph):
    one = next(one for one in graph.initializer if one.name == "decoder.alpha")
    one.raw_data = one.raw_data[:7]


def point_elsewhere(graph):
    one = next(one for one in graph.initializer if one.name == "decoder.alpha")
    one.ClearField("raw_data")
    one.data_location = onnx.TensorProto.EXTERNAL
    one.external_data.add(key="location", value="/etc/passwd")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (drop_alpha, r"lacks decoder\.alpha"),
        (reshape_alpha, r"decoder\.alpha is \(4, 1, 1\), expected \(1, 4, 1\)"),
        (shorten_alpha, r"decoder\.alpha is damaged"),
        (point_elsewhere, "its weights are in another file"),
    ],
)
def test_what_is_wrong_is_named(small, exported, change, reason):
    with pytest.raises(ModelError, match=rf"^file is no export of Kokoro .*{reason}") as caught:
        read_weights(damaged(exported, change), small.state_dict(), "file")
    assert "\n" not in str(caught.value)


def test_another_network_is_told(small, tmp_path):
    other = nn.Sequential(nn.Embedding(11, 4), nn.Linear(4, 4))
    with pytest.raises(ModelError, match=r"no export of Kokoro that can be read \(lacks "):
        read(export(other, tmp_path / "other.onnx"), small)


@pytest.mark.parametrize(
    ("node", "module"),
    [
        ("/decoder/decoder/generator/ups.0/ConvTranspose", "decoder.generator.ups.0"),
        ("/decoder/generator/ups.0/ConvTranspose", "decoder.generator.ups.0"),
        ("/encoder/F0.1/conv1/Conv_quant", "predictor.F0.1.conv1"),
        ("/F0.1/conv1/Conv", "predictor.F0.1.conv1"),
        ("/encoder/shared/LSTM_quant", "predictor.shared"),
        ("/encoder/predictor/lstm/LSTM", "predictor.lstm"),
        ("/lstm/LSTM", "predictor.lstm"),
        ("/text_encoder/lstm/LSTM", "text_encoder.lstm"),
        ("/text_encoder/lstms.0/LSTM", "predictor.text_encoder.lstms.0"),
        ("/encoder/text_encoder/cnn.0/cnn.0.0/Conv_quant", "text_encoder.cnn.0.0"),
        ("/encoder/bert/layer/attention/query_7/MatMul", "bert.layer.attention.query"),
        ("/elsewhere/Conv", None),
        ("Gather", None),
    ],
)
def test_a_node_tells_its_module(node, module):
    modules = {
        "decoder.generator.ups.0", "predictor.F0.1.conv1", "predictor.shared", "predictor.lstm",
        "text_encoder.lstm", "predictor.text_encoder.lstms.0", "text_encoder.cnn.0.0",
        "bert.layer.attention.query",
    }  # fmt: skip
    assert place_in(modules, module_path(node)) == module
