"""Voice files of others: what has one meaning is taken, with a note; the rest is told by name."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
import torch

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices import (
    N_ROWS,
    RAW_BYTES,
    STYLE_DIM,
    Voice,
    VoiceLibrary,
    load_voice,
    load_voices,
    save_voice,
    save_voices,
)
from tests.fakes import constant_voice

SHAPE = (N_ROWS, 1, STYLE_DIM)


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(0, 0.2, SHAPE).astype(np.float32)


def saved(path, array):
    np.save(path, array)
    return path


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda rows: rows, None),
        (lambda rows: rows[:, 0], None),
        (lambda rows: rows.astype(np.float64), None),
        (lambda rows: rows.reshape(1, N_ROWS, STYLE_DIM), "has the shape (1, 510, 256)"),
        (lambda rows: rows[None], "has the shape (1, 510, 1, 256)"),
        (lambda rows: np.concatenate([rows, rows[:1]]), "v0.19"),
        (lambda rows: np.concatenate([rows, rows[:9]]), "has 519 rows; the first 510"),
    ],
)
def test_shapes_with_one_meaning(rows, tmp_path, change, note):
    found = load_voice(saved(tmp_path / "af_x.npy", change(rows)))
    np.testing.assert_array_equal(found.rows, rows)
    assert (note is None) == (found.notes == ())
    assert note is None or note in found.notes[0]


def test_half_precision_gets_a_note(rows, tmp_path):
    found = load_voice(saved(tmp_path / "af_x.npy", rows.astype(np.float16)))
    np.testing.assert_array_equal(found.rows, rows.astype(np.float16).astype(np.float32))
    assert "float16" in found.notes[0]
    torch.save(torch.from_numpy(rows).bfloat16(), tmp_path / "af_y.pt")
    assert "bfloat16" in load_voice(tmp_path / "af_y.pt").notes[0]


@pytest.mark.parametrize("key", ["voice", "data", "arr_0"])
def test_a_key_that_says_nothing_leaves_the_files_name(rows, tmp_path, key):
    np.savez(tmp_path / "af_x.npz", **{key: rows})
    assert load_voice(tmp_path / "af_x.npz").name == "af_x"


def test_pykokoros_description_is_left_alone(rows, tmp_path):
    described = np.frombuffer(b"{}", dtype=np.uint8)
    np.savez(tmp_path / "p.npz", data=rows.astype(np.float16), metadata_json_utf8=described)
    assert load_voice(tmp_path / "p.npz").name == "p"


def test_a_dictionary_of_one_tensor_or_several(rows, tmp_path):
    one = torch.from_numpy(rows)
    torch.save({"voice": one}, tmp_path / "af_x.pt")
    found = load_voice(tmp_path / "af_x.pt")
    assert (found.name, found.rows.tolist() == rows.tolist()) == ("af_x", True)
    assert "dictionary" in found.notes[0]
    torch.save({"af_a": one, "af_b": one + 1}, tmp_path / "two.pt")
    assert list(load_voices(tmp_path / "two.pt")) == ["af_a", "af_b"]


def test_kokoro_onnx_calls_its_npz_bin(rows, tmp_path):
    path = tmp_path / "voices-v1.0.bin"
    with path.open("wb") as file:
        np.savez(file, af_a=rows, am_b=rows + 1)
    assert list(load_voices(path)) == ["af_a", "am_b"]
    library = VoiceLibrary.open(path)
    assert library.names == ("af_a", "am_b")
    assert library.load("am_b").rows[0, 0, 0] == rows[0, 0, 0] + 1


def test_a_model_of_torch_may_be_called_bin(rows, tmp_path):
    torch.save(torch.from_numpy(rows), tmp_path / "v.bin")
    assert load_voice(tmp_path / "v.bin").rows.tolist() == rows.tolist()


def test_raw_packs_of_the_old_kokoro(rows, tmp_path):
    old = np.concatenate([rows, rows[:1]])
    (tmp_path / "one.bin").write_bytes(old.tobytes())
    assert "v0.19" in load_voice(tmp_path / "one.bin").notes[0]
    (tmp_path / "two.bin").write_bytes(old.tobytes() * 2)
    assert [one.notes != () for one in load_voices(tmp_path / "two.bin").values()] == [True, True]


def test_json_as_it_is_found(rows, tmp_path):
    nested = rows.tolist()
    by_length = {str(n): row for n, row in enumerate(rows[:, 0].tolist(), start=1)}
    for content in (nested, {"af_x": nested}, {**by_length, "embedding": [1.0]}):
        (tmp_path / "af_x.json").write_text(json.dumps(content))
        np.testing.assert_array_equal(load_voice(tmp_path / "af_x.json").rows, rows)
        assert load_voice(tmp_path / "af_x.json").name == "af_x"
    (tmp_path / "bom.json").write_bytes(b"\xef\xbb\xbf" + json.dumps({"af_x": nested}).encode())
    assert load_voice(tmp_path / "bom.json").name == "af_x"


@pytest.mark.parametrize(
    "content",
    [b"{}", b"[]", b'{"name": "x"}', b'{"a": [[1, 2], [3]]}', b"[" * 100_000, b'{"a": [NaN]}',
     b"{", b'{"a": ["x"]}', b"[1e999]", b"{" + b'"a": ' + b"1" * 5000 + b"}"],
)  # fmt: skip
def test_json_that_is_no_voice(tmp_path, content):
    (tmp_path / "v.json").write_bytes(content)
    with pytest.raises(VoiceError) as caught:
        load_voice(tmp_path / "v.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\n<html>", "a web page"),
        (b"GGUF\3\0\0\0", "a GGUF model"),
        (b"RIFF\0\0\0\0WAVE", "is a recording"),
        (b"nothing of the kind", "no readable voice file"),
    ],
)
@pytest.mark.parametrize("ending", [".pt", ".bin", ""])
def test_what_it_is_instead(tmp_path, content, told, ending):
    (tmp_path / f"v{ending}").write_bytes(content)
    if ending == ".bin" and told.startswith("no readable"):
        told = "a raw voice has 522240"
    with pytest.raises(VoiceError, match=told):
        load_voice(tmp_path / f"v{ending}")


@pytest.mark.parametrize(
    "name", ["../af_x", "a/b", "", "a\nb", "\x1b[31m", "CON", "x" * 300, ".", "a\\b"]
)
def test_names_that_lead_elsewhere_are_refused(rows, tmp_path, name):
    data = name.encode()
    one = struct.pack("<I", len(data)) + data + struct.pack("<I", rows.size) + rows.tobytes()
    (tmp_path / "v.voic").write_bytes(b"VOIC" + struct.pack("<II", 1, 2) + one + one[:-1] + b"\1")
    with pytest.raises(VoiceError):
        load_voices(tmp_path / "v.voic")
    with zipfile.ZipFile(tmp_path / "v.npz", "w") as archive:
        for key in ("af_a", name):
            buffer = io.BytesIO()
            np.save(buffer, rows)
            archive.writestr(f"{key}.npy", buffer.getvalue())
    with pytest.raises(VoiceError):
        load_voices(tmp_path / "v.npz")


def test_counts_that_lie(tmp_path):
    for head in (struct.pack("<II", 1, 2**31), struct.pack("<II", 2, 1), struct.pack("<I", 1)):
        (tmp_path / "v.voic").write_bytes(b"VOIC" + head)
        with pytest.raises(VoiceError):
            load_voices(tmp_path / "v.voic")


def test_an_npz_holds_no_objects_and_no_bomb(tmp_path, rows):
    np.savez(tmp_path / "o.npz", a=np.array([{}, rows], dtype=object))
    with pytest.raises(VoiceError, match="no readable voice"):
        load_voices(tmp_path / "o.npz")
    with zipfile.ZipFile(tmp_path / "b.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(300 * 2**20))
    with pytest.raises(VoiceError, match="unpacks to far more"):
        load_voices(tmp_path / "b.npz")


def test_an_array_that_pretends_to_be_large_costs_nothing(tmp_path):
    torch.save(torch.zeros(1).expand(2**40, 256), tmp_path / "v.pt")
    with pytest.raises(VoiceError, match="expected float32"):
        load_voice(tmp_path / "v.pt")


def test_two_voices_of_one_name_do_not_fit_into_one_file(tmp_path):
    with pytest.raises(VoiceError, match="two voices are called a"):
        save_voices([constant_voice("a", 0.1), constant_voice("a", 0.2)], tmp_path / "v.npz")


@pytest.mark.parametrize(
    ("name", "count", "told"),
    [
        ("v.wav", 1, "no voice file ends so"),
        ("v", 1, "no voice file ends so"),
        ("v.bin", 2, "may be of several forms"),
        ("v.npy", 2, "holds one voice, not 2"),
    ],
)
def test_places_that_tell_no_form(tmp_path, name, count, told):
    voices = [constant_voice(f"v{i}", 0.1) for i in range(count)]
    with pytest.raises(VoiceError, match=told):
        save_voices(voices, tmp_path / name)


def test_a_form_that_there_is_not(tmp_path):
    with pytest.raises(VoiceError, match="expected one of pt, npz"):
        save_voice(constant_voice("a", 0.1), tmp_path / "v.pt", "gguf")


def test_a_folder_of_any_form(tmp_path):
    one, other = constant_voice("a", 0.1), constant_voice("b", 0.2)
    for voice, name in ((one, "af_a.bin"), (other, "af_b.npy"), (other, "af_a.npy")):
        save_voice(voice, tmp_path / name)
    for name in ("af_a.json", "af_a.kvw.json", "notes.txt"):
        (tmp_path / name).write_text("{}")
    library = VoiceLibrary.open(tmp_path)
    assert library.names == ("af_a", "af_b")
    assert library.load("af_a") == one  # .bin goes before .npy
    assert library.load("af_b") == other


def test_a_folder_of_json_alone(tmp_path):
    save_voice(constant_voice("af_a", 0.1), tmp_path / "af_a.json")
    (tmp_path / "af_a.kvw.json").write_text("{}")
    assert VoiceLibrary.open(tmp_path).names == ("af_a",)


@pytest.mark.parametrize(("place", "byte"), [(75, 0), (43, 1), (10, 125)])
@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_headers_of_numpy_that_are_no_python(tmp_path, rows, place, byte, ending):
    buffer = io.BytesIO()
    np.save(buffer, rows)
    content = bytearray(buffer.getvalue())
    content[place] = byte
    path = tmp_path / f"v{ending}"
    if ending == ".npy":
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("af_a.npy", bytes(content))
    with pytest.raises(VoiceError, match="no readable voice file"):
        load_voices(path)


def test_zeros_of_any_length_are_no_safetensors(tmp_path):
    (tmp_path / "v.x").write_bytes(bytes(RAW_BYTES))
    assert load_voice(tmp_path / "v.x") == Voice("v", np.zeros(SHAPE, np.float32))
