"""Exports of the real weights → a model folder: kokoro-onnx's int8 file, and two made here."""

import json
import warnings

import numpy as np
import onnx
import pytest
import torch
from onnxruntime.transformers.float16 import convert_float_to_float16

from kvoicewalk.models.base import read_model_config, split_parts
from kvoicewalk.models.files import locate_folder
from kvoicewalk.models.onnx_import import CONFIG_PATH, import_onnx, read_state


@pytest.fixture(scope="module")
def config():
    return read_model_config(CONFIG_PATH)


@pytest.fixture(scope="module")
def kit_state(kokoro_dir):
    checkpoint = torch.load(locate_folder(kokoro_dir).weights_path, weights_only=True)
    return {f"{part}.{key}": v for part, state in checkpoint.items() for key, v in state.items()}


@pytest.fixture(scope="module")
def voices_path(kokoro_dir, tmp_path_factory):
    from kvoicewalk.voices import VoiceLibrary

    path = tmp_path_factory.mktemp("voices") / "voices-v1.0.bin"
    with path.open("wb") as file:
        np.savez(
            file, **{v.name: v.rows for v in VoiceLibrary.open(kokoro_dir / "voices").load_all()}
        )
    return path


@pytest.fixture(scope="module")
def float32_path(kokoro_dir, tmp_path_factory):
    """As hexgrad/kokoro's examples/export.py does it."""
    from kokoro import KModel
    from kokoro.model import KModelForONNX

    path = tmp_path_factory.mktemp("onnx") / "kokoro.onnx"
    files = locate_folder(kokoro_dir)
    tokens = torch.tensor([[0, *range(1, 49), 0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = KModel(
            repo_id="local", config=str(files.config_path), model=str(files.weights_path),
            disable_complex=True,
        )  # fmt: skip
        torch.onnx.export(
            KModelForONNX(network).eval(), (tokens, torch.zeros(1, 256), torch.tensor([1])),
            str(path), input_names=["input_ids", "style", "speed"], opset_version=17,
            dynamic_axes={"input_ids": {1: "n"}}, dynamo=False,
        )  # fmt: skip
    return path


def test_the_int8_file_is_the_kits_checkpoint(real_kit, config, kit_state):
    found, precision = read_state(real_kit / "kokoro-int8.onnx", config)
    assert precision == "int8"
    assert found.keys() == kit_state.keys()
    for key, value in kit_state.items():
        if key.endswith("weight_g"):  # a kit of before November 2026 rounded norms otherwise
            torch.testing.assert_close(found[key], value, rtol=3e-6, atol=0)
        else:
            assert torch.equal(found[key], value), key


def test_float32_is_exact(float32_path, config, kit_state):
    found, precision = read_state(float32_path, config)
    assert precision == "float32"
    assert found.keys() == kit_state.keys()
    for key, value in kit_state.items():
        if key.endswith(("weight_g", "weight_v")):  # the exporter folds them, and so rounds
            torch.testing.assert_close(found[key], value, rtol=3e-6, atol=1e-7)
        else:
            assert torch.equal(found[key], value), key
    kept = {
        array.tobytes()
        for one in onnx.load(str(float32_path)).graph.initializer
        if (array := onnx.numpy_helper.to_array(one)).ndim == 3
    }
    for part in split_parts(found).values():
        for key in part:
            if key.endswith("weight_v") and bool((part[key[:-1] + "g"] != 0).all()):
                folded = torch._weight_norm(part[key], part[key[:-1] + "g"], 0)
                assert folded.numpy().tobytes() in kept, key


def test_a_float16_file_becomes_a_folder_that_speaks(
    float32_path, voices_path, kokoro_dir, tmp_path, synthesizer, encoders
):
    from kvoicewalk.config import ModelConfig
    from kvoicewalk.models import open_model
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.scoring.speaker import compare
    from kvoicewalk.synth import KokoroSynthesizer

    path = tmp_path / "kokoro-v1.0.fp16.onnx"
    onnx.save(convert_float_to_float16(onnx.load(str(float32_path)), keep_io_types=True), str(path))
    found = import_onnx(path, voices_path, tmp_path / "kokoro-v1.0.fp16")
    assert (found.n_voices, found.precision) == (54, "float16")
    model = open_model(ModelConfig(name=str(found.folder), device="cpu"))
    assert model.voices.load("af_heart") == synthesizer.model.voices.load("af_heart")
    other = KokoroSynthesizer(model, Phonemizer(model.vocab, "espeak"))
    voice = model.voices.load("am_adam")
    said = [
        encoders.embed(one.speak("The quick beige fox jumped over each thin wall.", voice, seed=0))
        for one in (synthesizer, other)
    ]
    assert min(compare(*said).values()) > 0.99
    assert json.loads((found.folder / "config.json").read_text())["n_token"] == 178
