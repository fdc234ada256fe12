"""What a voice argument is."""

import pytest

from kvoicewalk.app.voice_spec import absolute_spec, parse_voice
from kvoicewalk.errors import VoiceError


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("af_heart", "stock"),
        ("v.pt", "file"),
        ("some/where", "file"),
        ("~/v.bin", "file"),
        ("a\\b", "file"),
        ("af_heart:0.7", "mix"),
        ("af_heart,af_bella", "mix"),
        ("./v.pt:1,am_ash:-0.5", "mix"),
        ("", "stock"),
        ("x" * 5000, "stock"),
    ],
)
def test_a_file_a_name_or_a_mix(text, kind):
    assert parse_voice(text).kind == kind


def test_the_parts_of_a_mix():
    spec = parse_voice("dir/v.pt:0.7, am_ash")
    (first, weight), (second, other) = spec.parts
    assert (first.text, first.kind, weight) == ("dir/v.pt", "file", 0.7)
    assert (second.text, second.kind, other) == ("am_ash", "stock", 1.0)
    assert [one.text for one in spec.single()] == ["dir/v.pt", "am_ash"]
    assert [one.text for one in parse_voice("am_ash").single()] == ["am_ash"]


def test_what_lies_on_disk_is_no_mix(tmp_path):
    (tmp_path / "a,b.pt").touch()
    assert parse_voice(str(tmp_path / "a,b.pt")).kind == "file"


@pytest.mark.parametrize("text", ["a:x", ",", "a:,b", "a:inf"])
def test_a_damaged_mix_is_told(text):
    with pytest.raises(VoiceError, match="no part of a mix"):
        parse_voice(text)


def test_files_alone_become_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert absolute_spec("v.pt") == str(tmp_path / "v.pt")
    assert absolute_spec("af_heart") == "af_heart"
    assert absolute_spec("v.pt:0.5,a:0.5") == "v.pt:0.5,a:0.5"
