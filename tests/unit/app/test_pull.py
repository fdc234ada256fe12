"""Stock voices from a hub into a folder."""

import io

import pytest
import torch
from huggingface_hub import constants

from kvoicewalk.app.events import Events
from kvoicewalk.app.pull import pull_voices
from kvoicewalk.errors import ModelError, VoiceError
from kvoicewalk.models.pinned import KOKORO
from kvoicewalk.voices import N_ROWS, STYLE_DIM, load_voice, save_voice
from tests.fake_hub import serve_hub
from tests.fakes import constant_voice


def content(value):
    buffer = io.BytesIO()
    torch.save(torch.full((N_ROWS, 1, STYLE_DIM), value), buffer)
    return buffer.getvalue()


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub with two voices, and an empty cache."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    files = {
        "config.json": b"{}",
        "voices/af_one.pt": content(0.1),
        "voices/am_two.pt": content(0.2),
    }
    with serve_hub(files, KOKORO.revision) as one:
        monkeypatch.setattr(constants, "ENDPOINT", one.address)
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.partition("/{repo_id}")
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", one.address + "".join(template[1:])
        )
        yield one


def test_all_of_them_then_only_what_is_missing(hub, tmp_path):
    folder = tmp_path / "deep" / "voices"
    done = pull_voices((), folder, Events())
    assert (done.written, done.present) == (("af_one", "am_two"), ())
    assert load_voice(folder / "am_two.pt").rows[0, 0, 0] == torch.tensor(0.2).item()
    (folder / "af_one.pt").unlink()
    done = pull_voices((), folder, Events())
    assert (done.written, done.present) == (("af_one",), ("am_two",))


def test_named_ones_whatever_their_case(hub, tmp_path):
    done = pull_voices(("AM_Two", "am_two"), tmp_path / "v", Events())
    assert done.written == ("am_two",)
    assert not hub.asked_for("af_one")
    with pytest.raises(VoiceError, match="no voice 'af_none'"):
        pull_voices(("af_none",), tmp_path / "v", Events())


def test_another_file_of_that_name_is_replaced_only_when_told_to(hub, tmp_path):
    folder = tmp_path / "v"
    folder.mkdir()
    for other in (constant_voice("mine", 0.7), None):
        path = folder / "af_one.pt"
        path.write_bytes(b"no voice") if other is None else save_voice(other, path)
        before = path.read_bytes()
        with pytest.raises(VoiceError, match="holds something else"):
            pull_voices(("af_one",), folder, Events())
        assert path.read_bytes() == before
    assert pull_voices(("af_one",), folder, Events(), replaces=True).written == ("af_one",)
    assert load_voice(folder / "af_one.pt").rows[0, 0, 0] == torch.tensor(0.1).item()


def test_without_a_hub_it_says_what_else_can_be_done(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    for names in ((), ("af_heart",)):
        with pytest.raises(ModelError, match="npm package kokoro-js") as caught:
            pull_voices(names, tmp_path / "v", Events())
        assert "\n" not in str(caught.value)


def test_without_a_hub_the_cache_is_taken(hub, tmp_path, monkeypatch):
    pull_voices(("af_one",), tmp_path / "first", Events())
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    told = []

    class Told(Events):
        def warning(self, message):
            told.append(message)

    assert pull_voices((), tmp_path / "v", Told()).written == ("af_one",)
    assert "only the voices of the cache" in told[0]


def test_a_place_that_is_no_folder(hub, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(VoiceError, match="cannot be made"):
        pull_voices(("af_one",), tmp_path / "file" / "v", Events())
