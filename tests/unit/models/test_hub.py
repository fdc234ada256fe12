"""Kokoro-82M from a hub: at its pinned commit, and from whatever commit the cache has."""

import re

import pytest
import torch
from huggingface_hub import constants

from kvoicewalk.errors import ModelError, VoiceError
from kvoicewalk.models import hub, pinned
from kvoicewalk.models.pinned import KOKORO, cached_file, cached_folder, snapshots
from kvoicewalk.voices import N_ROWS, STYLE_DIM
from tests.fake_hub import serve_hub

OLD, OLDER = "e" * 40, "0" * 40


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder of Kokoro-82M in an empty cache."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path / "models--hexgrad--Kokoro-82M"


@pytest.fixture
def served(cache, monkeypatch, tmp_path):
    """A hub that has the pinned commit alone."""
    torch.save(torch.zeros(N_ROWS, 1, STYLE_DIM), tmp_path / "voice.pt")
    voice = (tmp_path / "voice.pt").read_bytes()
    with serve_hub({"config.json": b"{}", "voices/af_new.pt": voice}, KOKORO.revision) as one:
        monkeypatch.setattr(constants, "ENDPOINT", one.address)
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.partition("/{repo_id}")
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", one.address + "".join(template[1:])
        )
        yield one


def put(cache, commit, name, content=b""):
    path = cache / "snapshots" / commit / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def call_main(cache, commit):
    (cache / "refs").mkdir(parents=True)
    (cache / "refs" / "main").write_text(commit)


def test_an_empty_cache_has_nothing(cache):
    assert snapshots(KOKORO) == []
    assert cached_file(KOKORO, "config.json") is None
    assert cached_folder(KOKORO, ["config.json"]) is None


def test_the_pinned_commit_comes_first_then_main_then_any_other(cache):
    older, old = put(cache, OLDER, "config.json"), put(cache, OLD, "config.json")
    assert cached_file(KOKORO, "config.json") == older
    call_main(cache, OLD)
    assert cached_file(KOKORO, "config.json") == old
    own = put(cache, KOKORO.revision, "config.json")
    assert cached_file(KOKORO, "config.json") == own
    assert snapshots(KOKORO) == [path.parent for path in (own, old, older)]


def test_files_of_several_commits_are_no_folder(cache):
    put(cache, KOKORO.revision, "config.json")
    put(cache, OLD, "weights")
    assert cached_folder(KOKORO, ["config.json", "weights"]) is None
    whole = put(cache, OLD, "config.json").parent
    assert cached_folder(KOKORO, ["config.json", "weights"]) == whole


def test_voices_of_all_commits_are_stock_voices(cache):
    put(cache, OLD, "voices/af_old.pt")
    put(cache, KOKORO.revision, "voices/am_new.pt")
    put(cache, KOKORO.revision, "voices/af_old.pt")
    assert hub.HubVoices().names == ("af_old", "am_new")


def test_what_is_fetched_is_of_the_pinned_commit(cache, served):
    call_main(cache, OLD)
    assert {file.name for file in hub.list_hub_files()} == set(served.files)
    assert hub.HubVoices().load("af_new").rows.shape == (N_ROWS, 1, STYLE_DIM)
    assert cached_file(KOKORO, "voices/af_new.pt").parts[-3] == KOKORO.revision


def test_what_is_cached_at_another_commit_is_not_fetched(cache, served):
    old = put(cache, OLD, "config.json")
    assert hub.fetch("config.json") == old
    assert served.asked == []


def test_a_voice_that_the_hub_lacks_is_unknown(served):
    with pytest.raises(VoiceError, match="af_none"):
        hub.HubVoices().load("af_none")


def test_a_commit_that_the_hub_lacks_is_one_line(served, monkeypatch):
    monkeypatch.setattr(hub, "KOKORO", pinned.Repo(KOKORO.name, OLD))
    with pytest.raises(ModelError) as caught:
        hub.fetch("config.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("repo", [pinned.KOKORO, pinned.WAVLM, pinned.WHISPER])
def test_a_pin_is_a_whole_commit_hash(repo):
    # A short hash, or a branch, would be asked for on the network even where it is cached.
    assert re.fullmatch("[0-9a-f]{40}", repo.revision)
