"""What is written beside a voice: under our own name, and earlier versions' still read."""

import json
from pathlib import Path

import pytest

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices import read_sidecar, sidecar_path


def test_its_name():
    assert sidecar_path(Path("a/best.pt")) == Path("a/best.kvw.json")
    assert sidecar_path(Path("am.v2.bin")).name == "am.v2.kvw.json"


def test_ours_then_an_earlier_versions_and_nobody_elses(tmp_path):
    path = tmp_path / "v.pt"
    assert read_sidecar(path) == {}
    (tmp_path / "v.json").write_text('{"model": "somebody else\'s"}')
    assert read_sidecar(path) == {}
    (tmp_path / "v.json").write_text("[")
    assert read_sidecar(path) == {}
    (tmp_path / "v.json").write_text(json.dumps({"model": "old", "kvw_version": "0.1.0"}))
    assert read_sidecar(path)["model"] == "old"
    (tmp_path / "v.kvw.json").write_text('{"model": "new"}')
    assert read_sidecar(path)["model"] == "new"


def test_a_json_voice_is_not_its_own_sidecar(tmp_path):
    (tmp_path / "voices.json").write_text('{"kvw_version": "0.1.0"}')
    assert read_sidecar(tmp_path / "voices.json") == {}


@pytest.mark.parametrize("content", ["[", "[1]", "x" * 1_000_001])
def test_a_damaged_one_of_ours_is_told(tmp_path, content):
    (tmp_path / "v.kvw.json").write_text(content)
    with pytest.raises(VoiceError, match="sidecar"):
        read_sidecar(tmp_path / "v.pt")


def test_odd_places(tmp_path):
    assert read_sidecar(Path()) == {}
    assert read_sidecar(tmp_path / "file.bin" / "af_x") == {}
