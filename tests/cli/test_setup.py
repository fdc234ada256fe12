"""`kvw setup` as a process of its own, with a hub on this machine."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from kvoicewalk.cli.app import app
from kvoicewalk.models.pinned import KOKORO
from tests.fake_hub import GONE, STALLED, serve_hub

FILES = {
    "README.md": b"no part of the model",
    "config.json": b"{}",
    "kokoro-v1_0.pth": b"w" * 3_000_000,
    "voices/af_one.pt": b"1" * 400_000,
    "voices/am_two.pt": b"2" * 600_000,
}


@pytest.fixture
def snapshots(tmp_path):
    """Where the cache keeps Kokoro-82M."""
    return tmp_path / "hf" / "hub" / "models--hexgrad--Kokoro-82M" / "snapshots"


@pytest.fixture
def start(tmp_path):
    def start(hub, *arguments):
        environment = {
            **os.environ,
            "HF_ENDPOINT": hub.address,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_OFFLINE": "0",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "kvoicewalk", "setup", *arguments],
            cwd=tmp_path, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    return start


def finished(process):
    try:
        stdout, stderr = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, stdout, stderr


def test_all_is_fetched_and_the_hub_is_asked_once_what_there_is(start, snapshots):
    with serve_hub(FILES, KOKORO.revision) as hub:
        code, stdout, stderr = finished(start(hub))
        assert code == 0, stderr
        assert len(hub.asked_for("/api/models/")) == 1
        assert "4 files, 4.0 MB, from hexgrad/Kokoro-82M" in stderr
        assert stderr.index("4 files, 4.0 MB") > stderr.index("2 voices")
        assert "4 files, 4 new" in stdout
    folder = snapshots / KOKORO.revision
    got = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}
    assert got == {name: body for name, body in FILES.items() if name != "README.md"}


def test_only_what_is_missing_is_fetched(start, snapshots):
    for commit, name in (("e" * 40, "kokoro-v1_0.pth"), (KOKORO.revision, "config.json")):
        (snapshots / commit).mkdir(parents=True)
        (snapshots / commit / name).write_bytes(b"as it is")
    with serve_hub(FILES, KOKORO.revision) as hub:
        code, stdout, stderr = finished(start(hub, "--json"))
        assert (code, stderr) == (0, "")
        assert json.loads(stdout) == {
            "repo": KOKORO.name, "n_fetched": 2, "fetched_bytes": 1_000_000,
        }  # fmt: skip
        assert hub.asked_for("kokoro-v1_0.pth") == hub.asked_for("config.json") == []
        assert finished(start(hub, "--quiet"))[0::2] == (0, "")  # now there is all


def test_a_file_that_the_hub_does_not_give_is_one_line(start):
    with serve_hub({**FILES, "voices/am_two.pt": GONE}, KOKORO.revision) as hub:
        code, stdout, stderr = finished(start(hub, "--quiet"))
    assert (code, stdout) == (1, "")
    assert stderr.count("\n") == 1
    for words in ("voices/am_two.pt could not be fetched", "kvw setup", "--model mini"):
        assert words in stderr


def test_ctrl_c_ends_a_download_at_once_and_leaves_no_half_file(start, tmp_path):
    with serve_hub({**FILES, "kokoro-v1_0.pth": STALLED}, KOKORO.revision) as hub:
        process = start(hub)
        assert hub.is_stalled.wait(timeout=120)
        process.send_signal(signal.SIGINT)
        code, _, stderr = finished(process)  # while the file is still under way
    assert code == 130
    assert "Traceback" not in stderr
    assert list(tmp_path.rglob("*.incomplete")) == []


def setup(*arguments):
    return CliRunner().invoke(app, ["setup", *map(str, arguments)])


def test_what_belongs_together_is_asked_for(tmp_path):
    found = setup("--voices", "voices-v1.0.bin")
    assert (found.exit_code, "--voices, --dir and --config go with --from" in found.stderr) == (
        1,
        True,
    )
    found = setup("--from", tmp_path / "kokoro-v1.0.onnx")
    assert (found.exit_code, "--voices voices-v1.0.bin" in found.stderr) == (1, True)


def test_an_imported_model_is_one_that_speaks(tmp_path, monkeypatch):
    import torch

    from kvoicewalk.models import onnx_import
    from kvoicewalk.models.onnx_import import MARK, MARK_KEY

    state = {MARK_KEY: torch.tensor(MARK)}
    monkeypatch.setattr(onnx_import, "read_state", lambda *_: (dict(state), "float16"))
    monkeypatch.setattr(onnx_import, "build_kokoro", lambda *_: None)
    model, voices = tmp_path / "a model.onnx", tmp_path / "voices-v1.0.bin"
    model.write_bytes(b"\x08\x09")
    with voices.open("wb") as file:
        np.savez(file, am_x=np.zeros((510, 1, 256), dtype=np.float32))
    folder = tmp_path / "in" / "a model"
    found = setup("--from", model, "--voices", voices, "--dir", folder, "--json")
    assert found.exit_code == 0, found.stderr
    said = json.loads(found.stdout)
    assert (said["folder"], said["n_voices"], said["precision"]) == (str(folder), 1, "float16")
    assert (folder / "voices" / "am_x.pt").is_file()
    again = setup("--from", model, "--voices", voices, "--dir", folder)
    assert (again.exit_code, again.stderr.count("\n")) == (1, 2)  # what is read, and why not
    default = setup("--from", model, "--voices", voices)
    assert default.exit_code == 0
    assert "kvw speak am_x Hello. --model '" in default.stdout
