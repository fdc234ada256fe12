"""What `doctor` tells of a voice, whoever made it; nothing is spoken."""

import json
from pathlib import Path

import numpy as np
import pytest

from kvoicewalk.app import doctor
from kvoicewalk.app.doctor import examine_voices, is_voice
from kvoicewalk.models import known
from kvoicewalk.voices import TIMBRE, Voice, save_voice, sidecar_path

rng = np.random.default_rng(5)
STOCK = [
    Voice(f"v{i}", np.float32(0.2) * rng.normal(size=(510, 1, 256)).astype(np.float32))
    for i in range(24)  # n voices cannot tell more than n / (n + 1)
]


@pytest.fixture(autouse=True)
def stock(monkeypatch):
    monkeypatch.setattr(doctor, "_stock_voices", lambda: STOCK)


def examined(rows, path, sidecar=None):
    save_voice(Voice(path.stem, rows.astype(np.float32)), path)
    if sidecar is not None:
        sidecar_path(path).write_text(json.dumps(sidecar))
    (found,) = examine_voices([path])
    return found, {one["what"]: one for one in found["measures"]}


def test_an_unknown_voice_of_usual_numbers(tmp_path):
    found, measures = examined(STOCK[0].rows, tmp_path / "other.pt")
    assert (found["grade"], found["found"]) == ("ok", "a voice: nothing says for which model")
    assert found["lang"] is None
    assert list(measures) == ["distance"]
    assert "% of the stock voices" in measures["distance"]["found"]


def test_name_and_sidecar_are_told(tmp_path):
    found, _ = examined(STOCK[0].rows, tmp_path / "ff_mine.pt", {"model": "kokoro@0123456789ab"})
    assert found["found"] == "a voice: made with kokoro@0123456789ab, speaks French"
    assert found["sidecar"] == {"model": "kokoro@0123456789ab"}


def test_a_stock_voice_is_known_by_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(known, "_kokoro_names", lambda: {STOCK[0].hash: "af_heart"})
    found, _ = examined(STOCK[0].rows, tmp_path / "renamed.pt")
    assert found["found"] == "a voice: Kokoro-82M's stock voice af_heart"


def test_a_timbre_without_length_is_told(tmp_path):
    rows = STOCK[0].rows.copy()
    rows[..., TIMBRE] = rows[..., TIMBRE].mean(axis=0)
    found, measures = examined(rows, tmp_path / "flat.pt")
    assert found["grade"] == "note"
    assert "same for short and long texts" in measures["timbre"]["found"]
    assert "prosody" not in measures


def test_what_is_far_off_or_no_voice_is_told(tmp_path):
    found, measures = examined(STOCK[0].rows + 5, tmp_path / "far.pt")
    assert found["grade"] == "note"
    assert "does not look like a voice" in measures["numbers"]["found"]
    assert measures["distance"]["grade"] == "note"


def test_without_stock_voices_there_is_no_distance(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "_stock_voices", list)
    _, measures = examined(STOCK[0].rows, tmp_path / "other.pt")
    assert measures == {}


def test_a_damaged_one_does_not_hide_the_others(tmp_path):
    (tmp_path / "bad.pt").write_bytes(b"nothing")
    save_voice(STOCK[0], tmp_path / "good.pt")
    (tmp_path / "odd.pt").write_bytes((tmp_path / "good.pt").read_bytes())
    sidecar_path(tmp_path / "odd.pt").write_text("[]")
    paths = [tmp_path / name for name in ("none.pt", "bad.pt", "odd.pt", "good.pt")]
    assert [one["grade"] for one in examine_voices(paths)] == ["bad", "bad", "bad", "ok"]


def test_voices_are_told_from_recordings_by_name():
    assert is_voice(Path("a.PT"))
    assert is_voice(Path("b.bin"))
    assert not is_voice(Path("a.wav"))
