"""`kvw voices convert|install|pull` and `kvw runs rm`; voices of every form in other commands."""

import json
import re

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from typer.testing import CliRunner

from kvoicewalk.cli.app import app
from kvoicewalk.models.mini import mini_voice_names
from kvoicewalk.store import RunStore
from kvoicewalk.voices import FORMAT_NAMES, load_voice, load_voices, save_voice, save_voices
from tests.fakes import constant_voice

MINI = ("--model", "mini")


@pytest.fixture
def kvw(tmp_path, monkeypatch):
    """Runs a command in an empty folder; returns (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, input=None):
        result = CliRunner().invoke(app, [str(a) for a in arguments], input=input)
        return result.exit_code, result.stdout, result.stderr

    return run


def ok(outcome):
    code, stdout, stderr = outcome
    assert code == 0, stderr
    return stdout


def failed(outcome, *words, code=1):
    assert outcome[0] == code, outcome
    assert outcome[2].startswith("Error: ")
    assert outcome[2].count("\n") == 1, outcome[2]
    for word in words:
        assert word in outcome[2]


@pytest.fixture
def kokoro(tmp_path):
    """A file of a voice that is not mini's, with a sidecar."""
    save_voice(constant_voice("af_x", 0.2), tmp_path / "af_x.pt")
    facts = {"model": "kokoro@0123", "model_source": "kokoro", "recipe": "step 3", "lang": "e"}
    (tmp_path / "af_x.kvw.json").write_text(json.dumps({**facts, "kvw_version": "0.1.0"}))
    return "af_x.pt"


def test_every_form_and_back(kvw, kokoro, tmp_path):
    for form in FORMAT_NAMES:
        (tmp_path / form).mkdir()
        shown = json.loads(ok(kvw("voices", "convert", kokoro, "--save", form, "--format", form,
                                  "--json")))  # fmt: skip
        (file,) = shown["files"]
        assert file["format"] == form
        assert file["voices"] == [{"name": "af_x", "hash": load_voice(tmp_path / kokoro).hash}]
        assert load_voice(tmp_path / file["path"]) == load_voice(tmp_path / kokoro)
        assert json.loads(ok(kvw("voices", "info", file["path"], "--json")))["name"] == "af_x"


def test_what_is_known_goes_along(kvw, kokoro, tmp_path):
    ok(kvw("voices", "convert", kokoro, "--save", "other.safetensors", "--name", "ef_y"))
    assert load_voice(tmp_path / "other.safetensors").rows[0, 0, 0] == np.float32(0.2)
    sidecar = json.loads((tmp_path / "other.kvw.json").read_text())
    assert (sidecar["recipe"], sidecar["lang"]) == ("step 3", "e")
    assert sidecar["converted_from"] == "af_x.pt"
    ok(kvw("voices", "convert", "af_x.pt", "--save", "named.npz", "--name", "ef_y"))
    assert list(load_voices(tmp_path / "named.npz")) == ["ef_y"]


def test_folders_packs_and_mixes(kvw, kokoro, tmp_path):
    ok(kvw("voices", "convert", "am_ash", "am_ash+am_beech", "--save", "p.npz", *MINI))
    assert list(load_voices(tmp_path / "p.npz")) == ["am_ash", "am_ash+am_beech"]
    ok(kvw("voices", "convert", "p.npz", "--save", "d", "--format", "npy"))
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == [
        "am_ash+am_beech.npy", "am_ash.npy",
    ]  # fmt: skip
    ok(kvw("voices", "convert", "d", "af_x.pt", "--save", "all.bin", "--format", "sherpa"))
    assert (tmp_path / "all.bin").stat().st_size == 3 * 510 * 256 * 4
    ok(kvw("voices", "convert", "all.bin", "--save", "again.bin", "--format", "sherpa"))
    assert (tmp_path / "again.bin").read_bytes() == (tmp_path / "all.bin").read_bytes()


def test_voices_of_sherpa_get_their_names_back(kvw, shared_data, tmp_path):
    paths = sorted((shared_data / "kokoro-voices").glob("*.pt"))[:12]
    save_voices(map(load_voice, paths), tmp_path / "voices.bin", "sherpa")
    ok(kvw("voices", "convert", "voices.bin", "--save", "v.npz"))
    assert list(load_voices(tmp_path / "v.npz")) == [path.stem for path in paths]


def test_what_convert_refuses(kvw, kokoro, tmp_path):
    (tmp_path / "there.npy").write_text("mine")
    failed(kvw("voices", "convert", kokoro, "--save", "there.npy"), "is there already", "--force")
    assert (tmp_path / "there.npy").read_text() == "mine"
    ok(kvw("voices", "convert", kokoro, "--save", "there.npy", "--force"))
    failed(kvw("voices", "convert", kokoro, "--save", "v.wav"), "no voice file ends so")
    failed(kvw("voices", "convert", kokoro, "--save", "v.pt", "--format", "zip"), "--format zip")
    failed(kvw("voices", "convert", "none.pt", "--save", "v.npy"), "none.pt")
    failed(kvw("voices", "convert", kokoro, "d.bin", "--save", "no/v.npz"), "d.bin")
    failed(kvw("voices", "convert", kokoro, "--save", "no/v.npy"), "cannot be written")
    failed(kvw("voices", "convert", kokoro, kokoro, "--save", "v.npz"), "two voices are called")
    failed(kvw("voices", "convert", kokoro, "--save", "v.npy", "--name", "../x"), "--name ../x")


def test_a_note_where_a_file_is_unusual(kvw, tmp_path):
    rows = np.zeros((1, 511, 256), np.float16)
    np.save(tmp_path / "old.npy", rows)
    code, _, stderr = kvw("voices", "convert", "old.npy", "--save", "new.pt")
    assert code == 0
    for words in ("Kokoro v0.19", "float16", "(1, 511, 256)"):
        assert words in stderr
    assert "Kokoro v0.19" in kvw("voices", "info", "old.npy")[2]


def test_other_peoples_files_speak(kvw, tmp_path):
    """Voices in the forms, and mixes in the words, of other programs."""
    ok(kvw("voices", "convert", "am_ash", "af_alder", "--save", "voices-v1.0.bin",
           "--format", "npz", *MINI))  # fmt: skip
    listed = json.loads(ok(kvw("voices", "list", "--voices", "voices-v1.0.bin", "--json")))
    assert [one["name"] for one in listed["voices"]] == ["af_alder", "am_ash"]
    listed = json.loads(ok(kvw("voices", "list", "--voices", "voices-v1.0.bin/am_ash", "--json")))
    assert [one["name"] for one in listed["voices"]] == ["am_ash"]
    for number, spec in enumerate(
        ("voices-v1.0.bin/am_ash", "AF_Alder(2)+am_ash(1)", "am_ash*0.6+af_alder*0.4",
         "voices-v1.0.bin/am_ash:60%,AF_alder:40%"),
    ):  # fmt: skip
        spoken = json.loads(
            ok(kvw("speak", spec, "Hi.", "--wav", f"{number}.wav", *MINI, "--json"))
        )
        assert spoken["model"].startswith("mini@")
    failed(kvw("speak", "voices-v1.0.bin", "Hi.", *MINI), "holds 2 voices", "voices-v1.0.bin/")
    failed(kvw("speak", "AF_Alderr", "Hi.", *MINI), "Did you mean af_alder")
    mixed = kvw("voices", "mix", "af_alder(2)+am_ash(1)", "--save", "m.safetensors")
    assert ok(mixed) == "m.safetensors\n"
    assert load_voice(tmp_path / "m.safetensors").name == "m"


def test_a_note_of_a_dictionary_reaches_whoever_speaks(kvw, tmp_path, mini_model):
    rows = mini_model.voices.load("am_ash").rows
    torch.save({"voice": torch.from_numpy(rows.copy())}, tmp_path / "v.pt")
    code, _, stderr = kvw("speak", "v.pt", "Hi.", "--wav", "a.wav", *MINI, "-q")
    assert code == 0
    assert "dictionary" in stderr


def test_install_tells_what_to_do(kvw, kokoro, tmp_path):
    save_voices([constant_voice("af_sky", 0.1)], tmp_path / "voices-v1.0.bin", "npz")
    arguments = ("voices", "install", kokoro, "--to", "kokoro-onnx", "--name", "af_mine")
    told = ok(kvw(*arguments))
    assert re.search(r"^voice +af_mine$", told, re.MULTILINE)
    assert re.search(r"^kept +.*voices-v1.0.bin.bak$", told, re.MULTILINE)
    assert 'voice="af_mine"' in told
    failed(kvw(*arguments), "is there already", "--name", "--force")
    again = json.loads(ok(kvw(*arguments, "--force", "--json")))
    assert set(again) == {"runtime", "name", "path", "written_paths", "backup_paths", "row",
                          "longest", "restart", "say", "notes"}  # fmt: skip
    failed(kvw("voices", "install", kokoro, "--to", "vlc"), "--to vlc", "kokoro-fastapi")
    failed(kvw("voices", "install", kokoro, "--to", "kokoro"), "--dir")
    failed(kvw("voices", "install", "am_ash", "--to", "kokoro", "--dir", "."), "mini")


def test_pull_without_a_hub(kvw, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    failed(kvw("voices", "pull"), "cannot be reached", "npm package kokoro-js")
    failed(kvw("voices", "pull", "af_heart", "--save", "v"), "cannot be reached")


def test_pull_from_the_cache(kvw, tmp_path, monkeypatch):
    from kvoicewalk.models.pinned import KOKORO

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "cache" / "models--hexgrad--Kokoro-82M" / "snapshots" / KOKORO.revision
    (place / "voices").mkdir(parents=True)
    save_voice(constant_voice("af_x", 0.1), place / "voices" / "af_x.pt")
    shown = json.loads(ok(kvw("voices", "pull", "AF_X", "--save", "mine", "--json")))
    assert shown == {"folder": "mine", "written": ["af_x"], "present": []}
    assert load_voice(tmp_path / "mine" / "af_x.pt").rows[0, 0, 0] == np.float32(0.1)


@pytest.fixture
def runs(tmp_path):
    """Names of two runs in `out`, the first one the older."""
    names = []
    with RunStore.open(tmp_path / "out") as store:
        for name in ("one", "two"):
            with store.start("rank", name, "mini@0", {}) as run:
                (run.folder / "best.wav").write_bytes(b"1" * 2_000_000)
                run.finish("done", {})
                names.append(run.run_id)
    return names


def test_runs_go_when_told_to(kvw, runs, tmp_path):
    code, stdout, stderr = kvw("runs", "list")
    assert code == 0
    assert stdout.count("\n") == 3
    assert "2 runs, 4.0 MB" in stderr
    failed(kvw("runs", "rm", runs[0]), "--yes")
    failed(kvw("runs", "rm", runs[0], "nothing", "--yes"), "no run 'nothing'")
    assert (tmp_path / "out" / runs[0]).is_dir()
    gone = json.loads(ok(kvw("runs", "rm", runs[0], "--yes", "--json")))["removed"]
    assert [one["run"] for one in gone] == [runs[0]]
    assert 2_000_000 < gone[0]["size_bytes"] < 2_001_000
    assert not (tmp_path / "out" / runs[0]).exists()
    listed = json.loads(ok(kvw("runs", "list", "--json")))["runs"]
    assert [one["run"] for one in listed] == [runs[1]]
    assert "1 deleted, 2.0 MB" in ok(kvw("runs", "rm", "latest", "-y"))


@pytest.mark.parametrize(("answer", "is_deleted"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_runs_are_asked_for(kvw, runs, tmp_path, monkeypatch, answer, is_deleted):
    monkeypatch.setattr("kvoicewalk.cli.runs._is_somebody_there", lambda: True)
    code, _, stderr = kvw("runs", "rm", *runs, input=answer)
    assert code == (0 if is_deleted else 1)
    assert "Delete these 2 runs?" in stderr
    assert all(name in stderr for name in runs)
    assert (tmp_path / "out" / runs[0]).exists() is not is_deleted


def test_mini_has_its_names():
    assert {"am_ash", "af_alder", "am_beech"} <= set(mini_voice_names())
