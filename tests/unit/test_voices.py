"""Voices: hostile files, formats, libraries, mixes."""

import os
import pickle
import time

import numpy as np
import pytest
import torch

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices import (
    N_ROWS,
    STYLE_DIM,
    Voice,
    VoiceLibrary,
    load_voice,
    mean_voice,
    mix_voices,
    parse_mix,
    save_voice,
    voice_lang,
)
from tests.fakes import constant_voice

SHAPE = (N_ROWS, 1, STYLE_DIM)


@pytest.fixture
def rows():
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))


def test_all_stock_voices_round_trip_bit_exactly(shared_data, tmp_path):
    paths = sorted((shared_data / "kokoro-voices").glob("*.pt"))
    assert len(paths) == 54
    for path in paths:
        voice = load_voice(path)
        original = torch.load(path, weights_only=True)
        np.testing.assert_array_equal(voice.rows, original.numpy()[:N_ROWS])
        save_voice(voice, tmp_path / path.name)
        again = torch.load(tmp_path / path.name, weights_only=True)
        assert torch.equal(again, original[:N_ROWS])
        assert load_voice(tmp_path / path.name).hash == voice.hash


def test_raw_files_hold_the_same_voices(shared_data):
    for path in (shared_data / "formats").glob("*.bin"):
        assert load_voice(path) == load_voice(shared_data / "kokoro-voices" / f"{path.stem}.pt")


@pytest.mark.parametrize(
    "convert",
    [
        lambda t: t,
        lambda t: t[:, 0],
        lambda t: torch.cat([t, t[:3]]),
        lambda t: torch.cat([t, t[:3]])[:, 0],
        lambda t: t.double(),
        lambda t: t.clone().requires_grad_(),
        lambda t: t.permute(1, 0, 2).contiguous().permute(1, 0, 2),
    ],
)
def test_shapes_and_kinds_that_are_voices(rows, tmp_path, convert):
    torch.save(convert(rows), tmp_path / "v.pt")
    voice = load_voice(tmp_path / "v.pt")
    np.testing.assert_array_equal(voice.rows, rows.numpy())
    assert voice.name == "v"
    assert voice.rows.dtype == np.float32


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_converted(rows, tmp_path, dtype):
    torch.save(rows.to(dtype), tmp_path / "v.pt")
    np.testing.assert_allclose(load_voice(tmp_path / "v.pt").rows, rows.numpy(), atol=0.05)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (torch.zeros(509, 1, 256), "expected float32"),
        (torch.zeros(510, 2, 256), "expected float32"),
        (torch.zeros(510, 1, 255), "expected float32"),
        (torch.zeros(510 * 256), "expected float32"),
        (torch.zeros(SHAPE, dtype=torch.int64), "expected float32"),
        (torch.zeros(SHAPE).to_sparse(), "v.pt"),
        (torch.full(SHAPE, float("nan")), "NaN"),
        (torch.full(SHAPE, 1e300, dtype=torch.float64), "NaN"),
        ({"voice": torch.zeros(SHAPE), "epoch": 3}, "holds a dict"),
        ({"voice": {"deep": torch.zeros(SHAPE)}}, "holds a dict"),
        ({}, "holds a dict"),
        ({"a": torch.zeros(3)}, "expected float32"),
        ([1, 2], "holds a list"),
    ],
)
def test_what_is_no_voice_is_named(tmp_path, content, reason):
    torch.save(content, tmp_path / "v.pt")
    with pytest.raises(VoiceError, match=reason) as caught:
        load_voice(tmp_path / "v.pt")
    assert "\n" not in str(caught.value)


class Bomb:
    """Runs a command when it is unpickled by a careless reader."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("save", [torch.save, lambda o, p: p.write_bytes(pickle.dumps(o))])
def test_code_in_a_pickle_is_not_run(tmp_path, save):
    marker = tmp_path / "executed"
    save(Bomb(marker), tmp_path / "v.pt")
    with pytest.raises(VoiceError, match="no readable voice"):
        load_voice(tmp_path / "v.pt")
    assert not marker.exists()


def test_damaged_files(rows, tmp_path):
    path = tmp_path / "v.pt"
    torch.save(rows, path)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:100], b"just text\n", b"\x80"):
        path.write_bytes(content)
        with pytest.raises(VoiceError, match="no readable voice"):
            load_voice(path)
    path.write_bytes(b"")
    with pytest.raises(VoiceError, match="is empty"):
        load_voice(path)
    with pytest.raises(VoiceError, match="is a folder"):
        load_voice(tmp_path)
    with pytest.raises(VoiceError, match="cannot be read"):
        load_voice(tmp_path / "none.pt")


def test_a_sparse_file_of_5_gb_is_refused_unread(tmp_path):
    path = tmp_path / "huge.pt"
    with path.open("wb") as stream:
        stream.truncate(5 * 2**30)
    started = time.monotonic()
    with pytest.raises(VoiceError, match="5120 MiB"):
        load_voice(path)
    assert time.monotonic() - started < 5  # reading it would take far longer


def test_an_archive_that_unpacks_to_far_too_much(tmp_path):
    import zipfile

    path = tmp_path / "v.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("v/data.pkl", bytes(80 * 2**20))
    with pytest.raises(VoiceError, match="unpacks to far more"):
        load_voice(path)


def test_a_raw_file_of_wrong_length(tmp_path):
    (tmp_path / "v.bin").write_bytes(b"\0" * 100)
    with pytest.raises(VoiceError, match="has 100 bytes"):
        load_voice(tmp_path / "v.bin")


def test_saving_replaces_whole_or_not_at_all(tmp_path):
    path = tmp_path / "v.pt"
    save_voice(constant_voice("a", 0.1), path)
    save_voice(constant_voice("a", 0.2), path)
    assert load_voice(path) == constant_voice("other name", 0.2)
    assert [p.name for p in tmp_path.iterdir()] == ["v.pt"]
    with pytest.raises(VoiceError, match="cannot be written"):
        save_voice(constant_voice("a", 0.1), tmp_path / "no" / "v.pt")


def test_a_voice_cannot_be_changed_nor_its_source_change_it():
    source = np.zeros(SHAPE, dtype=np.float32)
    voice = Voice("v", source)
    source[:] = 1
    assert voice.rows.max() == 0
    with pytest.raises(ValueError, match="read-only"):
        voice.rows[0] = 1


@pytest.mark.parametrize(
    "rows", [np.zeros((510, 256), np.float32), np.zeros(SHAPE), np.full(SHAPE, np.inf, np.float32)]
)
def test_voice_checks_its_rows(rows):
    with pytest.raises(VoiceError):
        Voice("v", rows)


def test_library(tmp_path):
    for name in ("af_heart", "af_bella", "am_adam"):
        save_voice(constant_voice(name, 0.1), tmp_path / f"{name}.pt")
    (tmp_path / "notes.txt").write_text("no voice")
    library = VoiceLibrary.open(tmp_path)
    assert library.names == ("af_bella", "af_heart", "am_adam")
    assert [voice.name for voice in library.load_all()] == list(library.names)
    with pytest.raises(VoiceError, match="Did you mean af_heart"):
        library.load("af_hart")
    with pytest.raises(VoiceError, match="no voice"):
        library.load("../af_heart")
    assert VoiceLibrary.open(tmp_path / "af_heart.pt").names == ("af_heart",)


def test_library_of_nothing(tmp_path):
    with pytest.raises(VoiceError, match=r"no \.pt files"):
        VoiceLibrary.open(tmp_path)
    with pytest.raises(VoiceError, match="is not there"):
        VoiceLibrary.open(tmp_path / "none")


def test_mix_is_the_weighted_mean():
    a, b = constant_voice("a", 0.0), constant_voice("b", 1.0)
    np.testing.assert_allclose(mix_voices([(a, 3), (b, 1)], "m").rows, 0.25)
    np.testing.assert_allclose(mean_voice([a, b], "m").rows, 0.5)
    np.testing.assert_allclose(mix_voices([(a, -0.5), (b, 1.5)], "m").rows, 1.5)


@pytest.mark.parametrize("weights", [[], [0.0], [-1.0], [float("nan")], [float("inf")]])
def test_mix_without_weight(weights):
    with pytest.raises(VoiceError, match="at least one voice"):
        mix_voices([(constant_voice("a", 0.1), weight) for weight in weights], "m")


def test_recipes():
    assert parse_mix("af_heart:0.7, af_bella:0.3") == (("af_heart", 0.7), ("af_bella", 0.3))
    assert parse_mix("af_heart") == (("af_heart", 1.0),)
    for recipe in ("", "a:,b", "a:x", ":1", "a:nan", "a,,b"):
        with pytest.raises(VoiceError, match="no part of a mix"):
            parse_mix(recipe)


def test_language_by_name():
    assert voice_lang("af_heart") == "a"
    assert voice_lang("jm_kumo") == "j"
    assert voice_lang("best") is None
    assert voice_lang("cf_x") is None


def test_damaged_files_of_a_folder_are_left_out_and_named(tmp_path):
    from kvoicewalk.voices import load_readable

    (tmp_path / "bad.pt").write_text("no voice")
    with pytest.raises(VoiceError, match=r"bad\.pt"):
        load_readable(VoiceLibrary.open(tmp_path))
    save_voice(constant_voice("good", 0.1), tmp_path / "good.pt")
    voices, errors = load_readable(VoiceLibrary.open(tmp_path))
    assert [voice.name for voice in voices] == ["good"]
    assert "bad.pt" in str(errors[0])
