"""kokoro-onnx's files → a model folder: what is written, and what is refused by name."""

import io
import re
import sys
import zipfile

import numpy as np
import onnx
import pytest
import torch

from kvoicewalk.cli.flags import in_flags
from kvoicewalk.errors import KvwError, ModelError, VoiceError
from kvoicewalk.models import onnx_import
from kvoicewalk.models.base import read_model_config
from kvoicewalk.models.files import locate_folder
from kvoicewalk.models.onnx_import import (
    CONFIG_PATH,
    MARK,
    MARK_KEY,
    import_onnx,
    read_state,
    read_voices,
)
from kvoicewalk.voices import save_voice
from tests.fakes import constant_voice


def pack(path, **voices):
    with path.open("wb") as file:
        np.savez(file, **voices)
    return path


def rows(value, n=510, kind=np.float32):
    return np.full((n, 1, 256), value, dtype=kind)


@pytest.fixture
def voices_path(tmp_path):
    return pack(tmp_path / "voices-v1.0.bin", af_heart=rows(0.1), bm_george=rows(0.2))


@pytest.fixture
def small(monkeypatch):
    """Reads weights of one part in place of a whole network's."""
    state = {MARK_KEY: torch.tensor([*MARK, 0.5]), "bert_encoder.bias": torch.zeros(2)}
    monkeypatch.setattr(onnx_import, "read_state", lambda path, _: (dict(state), "float32"))
    monkeypatch.setattr(onnx_import, "build_kokoro", lambda *_: None)
    return state


@pytest.fixture
def onnx_path(tmp_path):
    path = tmp_path / "kokoro-v1.0.onnx"
    path.write_bytes(b"\x08\x09")
    return path


def test_a_folder_is_written(small, onnx_path, voices_path, tmp_path):
    found = import_onnx(onnx_path, voices_path, tmp_path / "in" / "kokoro-v1.0")
    assert (found.n_voices, found.voice_name, found.precision) == (2, "af_heart", "float32")
    files = locate_folder(found.folder)
    assert files.voices.names == ("af_heart", "bm_george")
    assert files.voices.load("bm_george").rows[5, 0, 7] == np.float32(0.2)
    assert read_model_config(files.config_path) == read_model_config(CONFIG_PATH)
    kept = torch.load(files.weights_path, weights_only=True)
    assert list(kept) == ["bert_encoder", "predictor"]
    assert torch.equal(kept["predictor"]["duration_proj.linear_layer.bias"], small[MARK_KEY])
    assert list(found.folder.parent.iterdir()) == [found.folder]


def test_what_is_there_is_left(small, onnx_path, voices_path, tmp_path):
    folder = tmp_path / "there"
    folder.mkdir()
    with pytest.raises(ModelError) as caught:
        import_onnx(onnx_path, voices_path, folder)
    message = in_flags(caught.value.message)
    assert f"--model {folder}" in message
    assert "another folder with --dir" in message
    assert list(folder.iterdir()) == []


def test_nothing_is_left_of_one_that_fails(small, onnx_path, voices_path, tmp_path, monkeypatch):
    def fail(*_):
        raise ModelError("damaged")

    monkeypatch.setattr(onnx_import, "build_kokoro", fail)
    place = tmp_path / "in"
    with pytest.raises(ModelError, match="damaged"):
        import_onnx(onnx_path, voices_path, place / "kokoro")
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), RuntimeError("no\nroom")]
)
def test_a_full_disk_is_one_line(small, onnx_path, voices_path, tmp_path, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(ModelError, match=r"(?i)cannot be written: no") as caught:
        import_onnx(onnx_path, voices_path, tmp_path / "in" / "kokoro")
    assert "\n" not in str(caught.value)


def test_half_precision_is_the_same_training(small, onnx_path, voices_path, tmp_path):
    small[MARK_KEY] = small[MARK_KEY].half().float()
    assert import_onnx(onnx_path, voices_path, tmp_path / "k").folder.is_dir()


def test_another_training_needs_its_own_config(small, onnx_path, voices_path, tmp_path):
    small[MARK_KEY] = small[MARK_KEY] * 1.01
    with pytest.raises(ModelError, match=r"v0\.19, v1\.1-zh or a fine-tune") as caught:
        import_onnx(onnx_path, voices_path, tmp_path / "k")
    assert "config.json with --config." in in_flags(caught.value.message)
    config_path = tmp_path / "config.json"
    config_path.write_bytes(CONFIG_PATH.read_bytes())
    assert import_onnx(onnx_path, voices_path, tmp_path / "k", config_path).folder.is_dir()


def test_voices_of_a_newer_training_are_told(small, onnx_path, tmp_path):
    path = pack(tmp_path / "voices-v1.1-zh.bin", af_maple=rows(0.1), zf_001=rows(0.2))
    with pytest.raises(ModelError, match=r"\(zf_001 …\) are those of Kokoro-82M-v1\.1-zh"):
        import_onnx(onnx_path, path, tmp_path / "k")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid", "a pointer of Git LFS"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"\n <html>", "a web page"),
        (b"PK\x03\x04", "a zip file, not an ONNX file.*--voices"),
        (b"", "no export of Kokoro"),
        (b"\xff" * 100, "no ONNX file, or is cut short"),
        (b"\x80\x04\x95", "no ONNX file, or is cut short"),
    ],
)
def test_other_files_are_told(content, reason, voices_path, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        import_onnx(path, voices_path, tmp_path / "k")
    assert re.search(reason, in_flags(caught.value.message))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "k").exists()


@pytest.fixture(scope="module")
def another_network():
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    value = onnx.helper.make_tensor_value_info("x", 1, [1])
    return onnx.helper.make_model(
        onnx.helper.make_graph([node], "g", [value], [])
    ).SerializeToString()


def test_another_network_and_one_cut_short_are_told(another_network, tmp_path):
    config = read_model_config(CONFIG_PATH)
    path = tmp_path / "model.onnx"
    path.write_bytes(another_network)
    with pytest.raises(ModelError, match=r"is no export of Kokoro that can be read .lacks"):
        read_state(path, config)
    path.write_bytes(another_network[:-1])
    with pytest.raises(ModelError, match="is no ONNX file, or is cut short"):
        read_state(path, config)


def test_without_the_package_it_says_what_to_install(onnx_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModelError, match=r"pip install 'kvoicewalk\[onnx\]'"):
        read_state(onnx_path, {})


def test_missing_files_and_folders_are_told(voices_path, tmp_path):
    with pytest.raises(ModelError, match=r"No such file or directory\. Name kokoro-onnx's \.onnx"):
        import_onnx(tmp_path / "none.onnx", voices_path, tmp_path / "k")
    with pytest.raises(ModelError, match=r"is a folder; .* needs no import"):
        import_onnx(tmp_path, voices_path, tmp_path / "k")


def hostile(path, name="af_x.npy", data=b"", more=0):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data + b"\0" * more)
    return path


def npy(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path, r"is not there; name kokoro-onnx's voices-v1\.0\.bin"),
        (lambda path: path.write_bytes(b"no zip"), "is no npz of voices"),
        (pack, "holds no voices"),
        (lambda path: pack(path, af=rows(0.1, 511)), r"voices of Kokoro v0\.19 \(511 rows\)"),
        (lambda path: pack(path, af=rows(0.1, 510, np.int8)), r"af is int8 \(510, 1, 256\)"),
        (lambda path: pack(path, af=np.zeros(3)), r"af is float64 \(3,\); expected"),
        (lambda path: pack(path, af=rows(np.nan)), "holds NaN"),
        (lambda path: hostile(path, "../af.npy", npy(rows(0.1))), "no file's name"),
        (lambda path: hostile(path, "af.npy", npy(np.array([{}]), allow_pickle=True)),
         "is no npz of voices"),
        (lambda path: hostile(path, "af.npy", npy(rows(0.1))[:5000]), "is no npz of voices"),
        (lambda path: hostile(path, more=600 * 2**20), "unpacks to far more than voices"),
    ],
)  # fmt: skip
def test_voices_that_are_none_are_told(make, reason, tmp_path):
    path = tmp_path / "voices.bin"
    make(path)
    with pytest.raises(VoiceError, match=reason) as caught:
        read_voices(path)
    assert "\n" not in str(caught.value)


def test_voices_come_from_a_folder_too_and_in_half_precision(tmp_path):
    save_voice(constant_voice("af_x", 0.5), tmp_path / "af_x.pt")
    assert list(read_voices(tmp_path)) == ["af_x"]
    half = pack(tmp_path / "half.npz", af_y=rows(0.5, kind=np.float16))
    assert read_voices(half)["af_y"] == constant_voice("af_y", 0.5)
    assert issubclass(VoiceError, KvwError)
