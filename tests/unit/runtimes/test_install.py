"""Voices into copies of the places where other programs look for them."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants

from kvoicewalk.app.install import MAX_STEP, find_for_install, install_voice, mean_step
from kvoicewalk.errors import VoiceError
from kvoicewalk.runtimes import RUNTIME_NAMES, RUNTIMES, runtime_named
from kvoicewalk.runtimes.onnx_metadata import read_metadata
from kvoicewalk.voices import Voice, load_voice, load_voices, save_voice
from tests.unit.runtimes.layouts import LAYOUTS, STOCK, field, onnx, ramp, sherpa, varint

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "runtimes"
OVERVIEW = PAGES.with_suffix(".md").read_text(encoding="utf-8")
CLOSED = "comfyui-kokoro"
every_runtime = pytest.mark.parametrize("name", RUNTIME_NAMES)
open_ones = pytest.mark.parametrize("name", [name for name in RUNTIME_NAMES if name != CLOSED])


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rows_of(path: Path, name: str) -> np.ndarray:
    found = load_voices(path)
    model = path.parent / "model.onnx"
    names = read_metadata(model)["speaker_names"].split(",") if model.is_file() else found
    return dict(zip(names, found.values(), strict=True))[name].rows


def test_every_runtime_has_a_layout_and_a_page():
    assert set(LAYOUTS) == set(RUNTIME_NAMES)
    pages = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    for runtime in RUNTIMES:
        asked = f"kvw voices install best.pt --to {runtime.name} "
        (name,) = [name for name, text in pages.items() if asked in text]
        row = runtime.row.replace("-", "−")
        assert f"{runtime.longest}" in pages[name], name
        assert f"phonemes | {row}" in pages[name] or "kokoro-onnx beside it" in pages[name], name
    for name in pages:
        assert f"(runtimes/{name})" in OVERVIEW, name


@open_ones
def test_a_voice_gets_in_and_nothing_else_changes(name, tmp_path):
    folder, file, make = LAYOUTS[name]
    make(tmp_path)
    before = content(tmp_path)
    done = install_voice(ramp(), name, folder=tmp_path / folder, name="af_mine")
    assert done.path == tmp_path / file
    np.testing.assert_array_equal(rows_of(done.path, "af_mine"), ramp().rows)
    after = content(tmp_path)
    written = {str(path.relative_to(tmp_path)) for path in done.written_paths}
    kept = {str(path.relative_to(tmp_path)) for path in done.backup_paths}
    assert set(after) == set(before) | written | kept
    for path in set(before) - written:
        assert after[path] == before[path]
    for path in kept:
        assert after[path] == before[path.removesuffix(".bak")]
    assert "af_mine" in done.say or str(done.path) in done.say
    assert "{" not in done.say.replace("{ voice", "").replace('{"model"', "")


@open_ones
def test_the_other_voices_stay_as_they_are(name, tmp_path):
    folder, file, make = LAYOUTS[name]
    make(tmp_path)
    install_voice(ramp(), name, folder=tmp_path / folder, name="af_mine")
    place = tmp_path / file
    for voice in STOCK if name != "kokoro" else []:
        own = place.with_name(f"{voice.name}{place.suffix}")
        path = own if own.is_file() else place
        np.testing.assert_array_equal(rows_of(path, voice.name), voice.rows)


@open_ones
def test_a_voice_of_that_name_is_replaced_only_when_told_to(name, tmp_path):
    folder, file, make = LAYOUTS[name]
    make(tmp_path)
    place = tmp_path / folder
    install_voice(ramp(), name, folder=place, name="af_mine")
    before = content(tmp_path)
    other = STOCK[0]
    with pytest.raises(VoiceError, match="is there already"):
        install_voice(other, name, folder=place, name="af_mine")
    assert content(tmp_path) == before
    done = install_voice(other, name, folder=place, name="af_mine", replaces=True)
    np.testing.assert_array_equal(rows_of(tmp_path / file, "af_mine"), other.rows)
    kept = content(tmp_path)[str(done.backup_paths[0].relative_to(tmp_path))]
    assert kept == before[file]


def test_a_closed_list_takes_a_voice_in_the_place_of_another(tmp_path):
    folder, file, make = LAYOUTS[CLOSED]
    make(tmp_path)
    with pytest.raises(VoiceError, match="in the place of one of them") as caught:
        install_voice(ramp(), CLOSED, folder=tmp_path / folder, name="af_mine")
    assert caught.value.settings == ("name", "replaces")
    with pytest.raises(VoiceError, match="is there already"):
        install_voice(ramp(), CLOSED, folder=tmp_path / folder, name="af_sky")
    done = install_voice(ramp(), CLOSED, folder=tmp_path / folder, name="af_sky", replaces=True)
    assert load_voice(tmp_path / file / "af_sky").rows.tolist() == ramp().rows.tolist()
    assert load_voice(done.backup_paths[0] / "af_sky") == STOCK[1]


@pytest.mark.parametrize("name", ["speaches", "Abogen", "RealtimeTTS", "kokoro-web"])
def test_where_nothing_can_be_put_it_says_what_can_be_done(name):
    with pytest.raises(VoiceError, match="no voice can be added"):
        runtime_named(name)


def test_a_runtime_that_is_not_known():
    with pytest.raises(VoiceError, match="expected one of kokoro, kokoro-fastapi"):
        runtime_named("vlc")
    assert runtime_named("Kokoro-FastAPI").name == "kokoro-fastapi"


@pytest.mark.parametrize("name", ["a+b", "", "../x", "af mine", "af_ü", "af-mine", "x" * 61])
def test_names_that_some_runtime_cannot_take(name, tmp_path):
    with pytest.raises(VoiceError, match="is no name for"):
        install_voice(ramp("_"), "kokoro", folder=tmp_path, name=name or " ")


@every_runtime
def test_a_name_without_a_language_is_refused_where_it_counts(name, tmp_path):
    folder, _, make = LAYOUTS[name]
    make(tmp_path)
    if runtime_named(name).needs_prefix:
        before = content(tmp_path)
        with pytest.raises(VoiceError, match="takes the language from the name's first letter"):
            install_voice(ramp(), name, folder=tmp_path / folder)
        assert content(tmp_path) == before
    elif name != CLOSED:
        assert install_voice(ramp(), name, folder=tmp_path / folder).name == "best"


@every_runtime
def test_a_folder_of_something_else_is_told(name, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(VoiceError, match="is not there; name"):
        install_voice(ramp(), name, folder=tmp_path / "none", name="af_mine")
    with pytest.raises(VoiceError, match="is not known here") as caught:
        install_voice(ramp(), name, name="af_mine")
    assert caught.value.settings == ("folder",)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").touch()
    if name not in ("kokoro", "mlx-audio"):
        with pytest.raises(VoiceError, match="does not look like"):
            install_voice(ramp(), name, folder=tmp_path / "other", name="af_mine")
    assert list(content(tmp_path)) == ["other/notes.txt"]


def test_an_empty_folder_that_is_named_is_meant(tmp_path):
    done = install_voice(ramp(), "kokoro-fastapi", folder=tmp_path, name="af_mine")
    assert done.path == tmp_path / "af_mine.pt"
    with pytest.raises(VoiceError, match="does not look like"):
        install_voice(ramp(), "kokoro-onnx", folder=(tmp_path / "af_mine.pt").parent)


def test_a_comma_in_a_path_is_told_where_it_counts(tmp_path):
    (tmp_path / "a,b").mkdir()
    done = install_voice(ramp(), "kokoro", folder=tmp_path / "a,b", name="af_mine")
    assert any("comma" in note for note in done.notes)


def test_usual_places_are_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    LAYOUTS["kokoro-fastapi"][2](tmp_path)
    LAYOUTS["comfyui-kokoro"][2](tmp_path)
    (tmp_path / "Models").mkdir()
    done = install_voice(ramp(), "kokoro-fastapi", name="af_mine")
    assert done.path == tmp_path / LAYOUTS["kokoro-fastapi"][1]
    assert install_voice(ramp(), "comfyui-kokoro", name="af_sky", replaces=True).path.is_file()
    snapshot = tmp_path / "hub/models--mlx-community--Kokoro-82M-bf16/snapshots/abc/voices"
    snapshot.mkdir(parents=True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    assert install_voice(ramp(), "kokoro-mlx", name="af_mine").path.parent == snapshot


def test_a_file_is_a_place_too(tmp_path):
    LAYOUTS["kokoro-onnx"][2](tmp_path)
    path = tmp_path / LAYOUTS["kokoro-onnx"][1]
    assert install_voice(ramp(), "kokoro-onnx", folder=path).path == path
    (tmp_path / "text.bin").write_text("no voices")
    with pytest.raises(VoiceError, match="is no npz of voices"):
        install_voice(ramp(), "kokoro-onnx", folder=tmp_path / "text.bin")


def test_a_link_in_a_cache_is_not_written_through(tmp_path):
    """Of the hub's cache a voice is a link to a blob that others share."""
    folder, _, make = LAYOUTS["mlx-audio"]
    make(tmp_path)
    place = tmp_path / folder / "voices"
    blob = tmp_path / "blob"
    (place / "af_sky.safetensors").rename(blob)
    (place / "af_sky.safetensors").symlink_to(blob)
    before = blob.read_bytes()
    done = install_voice(ramp(), "mlx-audio", folder=place.parent, name="af_sky", replaces=True)
    assert blob.read_bytes() == before == done.backup_paths[0].read_bytes()
    assert not done.path.is_symlink()


def test_sherpa_counts_one_more_speaker(tmp_path):
    folder = sherpa(tmp_path)
    before = read_metadata(folder / "model.onnx")
    done = install_voice(ramp(), "sherpa-onnx", folder=folder, name="af_mine")
    metadata = read_metadata(folder / "model.onnx")
    assert metadata["n_speakers"] == "3"
    assert metadata["speaker_names"] == "af_heart,af_sky,af_mine"
    assert metadata["id2speaker"] == "0->af_heart,1->af_sky,2->af_mine"
    assert metadata["speaker2id"] == "af_heart->0,af_sky->1,af_mine->2"
    assert {k: metadata[k] for k in ("comment", "sample_rate", "style_dim")} == {
        k: before[k] for k in ("comment", "sample_rate", "style_dim")
    }
    assert "--sid=2" in done.say
    assert (folder / "voices.bin").stat().st_size == 3 * 510 * 256 * 4
    assert b"\x07" * 300 in (folder / "model.onnx").read_bytes()
    assert {path.name for path in done.backup_paths} == {"voices.bin.bak", "model.onnx.bak"}
    again = install_voice(STOCK[0], "sherpa-onnx", folder=folder, name="af_mine", replaces=True)
    assert {path.name for path in again.written_paths} == {"voices.bin"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"style_dim": "511,1,256"}, "such as v0.19"),
        ({"model_type": "vits"}, "holds no Kokoro model"),
        ({"n_speakers": "3"}, "names 2 speakers and counts 3"),
        ({"n_speakers": "many"}, "names 2 speakers and counts 0"),
        ({"n_speakers": "1", "speaker_names": "af_heart"}, "expected 1 voices"),
    ],
)
def test_a_sherpa_model_that_does_not_fit(tmp_path, changes, told):
    folder = sherpa(tmp_path, **changes)
    before = content(folder)
    with pytest.raises(VoiceError, match=told):
        install_voice(ramp(), "sherpa-onnx", folder=folder, name="af_mine")
    assert content(folder) == before


@pytest.mark.parametrize(
    "data",
    [b"", b"\x0a", b"just text", b"\xff" * 40, varint(7 << 3 | 2) + varint(2**60), field(0, b""),
     onnx({"model_type": "kokoro"})[:-2], field(14, b"\x0a\xff")],
)  # fmt: skip
def test_damaged_models(tmp_path, data):
    folder = sherpa(tmp_path)
    (folder / "model.onnx").write_bytes(data)
    with pytest.raises(VoiceError):
        install_voice(ramp(), "sherpa-onnx", folder=folder, name="af_mine")


def test_all_files_are_written_or_none(tmp_path, monkeypatch):
    folder = sherpa(tmp_path)
    before = content(folder)
    real = Path.replace

    def replace(self, target):
        if Path(target).name == "model.onnx":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(VoiceError, match="cannot be written: No space left"):
        install_voice(ramp(), "sherpa-onnx", folder=folder, name="af_mine")
    monkeypatch.undo()
    assert content(folder) == before


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "place").mkdir(mode=0o500)
    with pytest.raises(VoiceError, match="cannot be written"):
        install_voice(ramp(), "kokoro", folder=tmp_path / "place")


def test_chinese_models_get_a_note(tmp_path):
    LAYOUTS["kokoro-onnx"][2](tmp_path)
    path = tmp_path / LAYOUTS["kokoro-onnx"][1]
    install_voice(ramp(), "kokoro-onnx", folder=path, name="zf_001")
    done = install_voice(ramp(), "kokoro-onnx", folder=path)
    assert any("v1.1-zh" in note for note in done.notes)


def test_rows_that_jump_get_a_note_where_another_row_is_taken(tmp_path):
    folder, _, make = LAYOUTS["kokoro-js"]
    make(tmp_path)
    rng = np.random.default_rng(0)
    jumping = Voice("af_jump", rng.normal(0, 0.2, (510, 1, 256)).astype(np.float32))
    done = install_voice(jumping, "kokoro-js", folder=tmp_path / folder)
    assert any("with row n, kvw with row n - 1" in note for note in done.notes)
    smooth = dataclasses.replace(STOCK[0], name="af_smooth")
    done = install_voice(smooth, "kokoro-js", folder=tmp_path / folder)
    assert not any("with row n," in note for note in done.notes)


def test_stock_voices_do_not_jump(shared_data):
    steps = [mean_step(load_voice(path)) for path in (shared_data / "kokoro-voices").glob("*.pt")]
    assert len(steps) == 54
    assert 0.002 < min(steps) < max(steps) < 0.0072 < MAX_STEP


def test_voices_of_mini_stay_here(tmp_path, mini_model):
    save_voice(mini_model.voices.load("am_flint"), tmp_path / "v.pt")
    for spec in (str(tmp_path / "v.pt"), "am_flint", "am_flint:2"):
        with pytest.raises(VoiceError, match="embedded model mini"):
            find_for_install(spec, mini_model.voices)
    save_voice(STOCK[0], tmp_path / "w.pt")
    (tmp_path / "w.kvw.json").write_text('{"model": "mini@0123"}')
    with pytest.raises(VoiceError, match="embedded model mini"):
        find_for_install(str(tmp_path / "w.pt"))
    with pytest.raises(VoiceError, match="is no voice file"):
        find_for_install("af_heart")
