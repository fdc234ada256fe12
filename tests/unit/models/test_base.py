"""Strict loading: every key, every shape, every number."""

import warnings

import pytest
import torch

from kvoicewalk.errors import ConfigError, ModelError
from kvoicewalk.models import choose_device, locate_model
from kvoicewalk.models.base import build_kokoro, fill_part, fold_weight_norm, read_model_config


def make_part():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        conv = torch.nn.utils.weight_norm(torch.nn.Conv1d(2, 2, 3))
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.InstanceNorm1d(2, affine=True), conv)


@pytest.fixture
def state():
    """As Kokoro-82M's file has it: wrapped names, no scale and shift in its norms."""
    full = make_part().state_dict()
    return {f"module.{key}": value for key, value in full.items() if not key.startswith("1.")}


def test_a_complete_part_is_filled(state, tmp_path):
    part = make_part()
    state["module.embeddings.position_ids"] = torch.arange(3)
    fill_part(part, "text_encoder", state, tmp_path)
    assert torch.equal(part[0].weight, state["module.0.weight"])
    assert torch.equal(part[1].weight, torch.ones(2))


def test_names_without_the_wrapper_fit_too(state, tmp_path):
    part = make_part()
    plain = {key.removeprefix("module."): value for key, value in state.items()}
    fill_part(part, "text_encoder", plain, tmp_path)
    assert torch.equal(part[0].bias, plain["0.bias"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"module.0.bias": None}, "lacks 0.bias"),
        ({"module.0.extra": torch.zeros(1)}, "has 0.extra"),
        ({"module.0.bias": torch.zeros(5)}, r"0.bias is \(5,\), expected \(2,\)"),
        ({"module.0.bias": "text"}, "another network"),
        ({"module.0.bias": torch.tensor([0.0, float("nan")])}, "NaN"),
    ],
)
def test_what_does_not_fit_is_named(state, tmp_path, change, reason):
    for key, value in change.items():
        state.pop(key, None)
        if value is not None:
            state[key] = value
    with pytest.raises(ModelError, match=reason) as caught:
        fill_part(make_part(), "text_encoder", state, tmp_path / "w.pth")
    assert "\n" not in str(caught.value)


def test_folding_weight_norm_changes_no_number():
    part, x = make_part(), torch.randn(1, 2, 8)
    before = part[2](x)
    fold_weight_norm(part)
    assert not hasattr(part[2], "weight_g")
    assert torch.equal(part[2](x), before)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"vocab": 3}', b" " * 1_000_001])
def test_a_bad_model_config_is_refused(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"config\.json"):
        read_model_config(path)


def test_a_folder_that_is_no_model(tmp_path):
    with pytest.raises(ModelError, match="no such folder"):
        locate_model(str(tmp_path / "none"))
    with pytest.raises(ModelError, match=r"has no config\.json"):
        locate_model(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"holds 0 \.pth"):
        locate_model(str(tmp_path))
    (tmp_path / "w.pth").write_bytes(b"x")
    assert locate_model(str(tmp_path)).voices.names == ()


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04"])
def test_a_file_that_is_no_checkpoint(tmp_path, content):
    from tests.generated_kokoro import CONFIG_PATH

    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="no readable checkpoint"):
        build_kokoro(read_model_config(CONFIG_PATH), path)


def test_devices():
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type in {"cpu", "cuda"}
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match='Use device="cpu"'):
            choose_device("cuda")
