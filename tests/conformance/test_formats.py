"""What every form of voice file promises: bit for bit there and back, known again, safe."""

import contextlib
import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices import (
    FORMATS,
    N_ROWS,
    STYLE_DIM,
    Voice,
    form_of,
    format_for,
    load_voice,
    load_voices,
    save_voice,
    save_voices,
)
from kvoicewalk.voices.formats import sniffed

MANY = [form for form in FORMATS if form.holds_many]
ONE = [form for form in FORMATS if not form.holds_many]
every_form = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
same_folder = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def voice(name: str, seed: int = 0) -> Voice:
    """Returns a voice with numbers of all sizes, from the smallest to the largest."""
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 1.0], (N_ROWS, 1, STYLE_DIM))
    rows = (signs * 10.0 ** rng.uniform(-38, 38, signs.shape)).astype(np.float32)
    rows[0, 0, :4] = [0.0, -0.0, np.finfo(np.float32).tiny, np.finfo(np.float32).max]
    rows[1, 0, :2] = [np.float32(1e-45), 0.1]
    return Voice(name, rows)


def bits(one: Voice) -> bytes:
    return one.rows.tobytes()


@every_form
def test_one_voice_comes_back_bit_for_bit_and_is_known_by_its_content(form, tmp_path):
    given_voice = voice("af_mine")
    path = tmp_path / "af_mine.anything"
    save_voice(given_voice, path, form.name)
    found = load_voice(path)
    assert bits(found) == bits(given_voice)
    assert found.notes == ()
    # sherpa-onnx's file with one voice in it is a raw file.
    assert form_of(path).name == ("bin" if form.name == "sherpa" else form.name)
    assert found.name == "af_mine"


@pytest.mark.parametrize("form", MANY, ids=lambda form: form.name)
def test_several_voices_keep_names_and_order(form, tmp_path):
    voices = [voice("zf_b", 1), voice("af_a", 2), voice("bm_ü", 3)]
    path = tmp_path / f"pack{form.endings[0]}"
    save_voices(voices, path, form.name)
    found = load_voices(path)
    expected = ["sid0", "sid1", "sid2"] if form.name == "sherpa" else ["zf_b", "af_a", "bm_ü"]
    # safetensors sorts its keys.
    assert list(found) == (sorted(expected) if form.name == "safetensors" else expected)
    for name, one in zip(expected, voices, strict=True):
        assert bits(found[name]) == bits(one)
    with pytest.raises(VoiceError, match="holds 3 voices"):
        load_voice(path)
    assert bits(load_voice(path / expected[1])) == bits(voices[1])
    with pytest.raises(VoiceError, match="no voice"):
        load_voice(path / "am_none")


@pytest.mark.parametrize("form", ONE, ids=lambda form: form.name)
def test_what_holds_one_voice_refuses_two(form, tmp_path):
    path = tmp_path / "pack.x"
    with pytest.raises(VoiceError, match="holds one voice, not 2"):
        save_voices([voice("a"), voice("b")], path, form.name)
    assert not path.exists()


@every_form
def test_its_ending_is_enough_to_write_it(form, tmp_path):
    written = format_for(tmp_path / f"v{form.endings[0].upper()}", 1)
    shared = {"sherpa": "bin", "json-rows": "json"}
    assert written.name == shared.get(form.name, form.name)


@every_form
def test_no_other_form_claims_its_files(form):
    content = form.write([voice("a", 1), voice("b", 2)] if form.holds_many else [voice("a")])
    assert [one.name for one in FORMATS if one.is_it(content)] == [form.name]


@every_form
@pytest.mark.parametrize("share", [0.3, 0.999])
def test_a_file_that_was_cut_is_one_clear_error(form, share, tmp_path):
    content = form.write([voice("a")])
    path = tmp_path / f"v{form.endings[0]}"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(VoiceError) as caught:
        load_voice(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@every_form
@same_folder
@given(data=st.data())
def test_flipped_bytes_are_a_voice_or_a_clear_error(form, data, tmp_path):
    content = bytearray(form.write([voice("a")]))
    places = st.integers(0, min(len(content), 700) - 1) | st.integers(-300, -1)
    for place, value in data.draw(
        st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=4)
    ):
        content[place] = value
    path = tmp_path / f"v{form.endings[0]}"
    path.write_bytes(bytes(content))
    with contextlib.suppress(VoiceError):
        for one in load_voices(path).values():
            assert isinstance(one, Voice)


@every_form
def test_numbers_that_are_none_are_refused(form, tmp_path):
    broken = voice("a")
    rows = broken.rows.copy()
    rows[3, 0, 3] = np.nan
    broken = dataclasses.replace(broken)
    object.__setattr__(broken, "rows", rows)
    path = tmp_path / f"v{form.endings[0]}"
    path.write_bytes(form.write([broken]))
    with pytest.raises(VoiceError):
        load_voice(path)


def test_all_stock_voices_through_every_form(shared_data, tmp_path):
    paths = sorted((shared_data / "kokoro-voices").glob("*.pt"))
    voices = [load_voice(path) for path in paths]
    assert len(voices) == 54
    for form in ONE:
        for one in voices[::6]:
            save_voice(one, tmp_path / f"{one.name}.{form.name}", form.name)
            assert bits(load_voice(tmp_path / f"{one.name}.{form.name}")) == bits(one)
    for form in MANY:
        if form.name != "json":  # a hundred megabytes; one by one above
            save_voices(voices, tmp_path / "pack.x", form.name)
            found = load_voices(tmp_path / "pack.x")
            if form.name == "sherpa":
                found = dict(zip((one.name for one in voices), found.values(), strict=True))
            assert {name: bits(one) for name, one in found.items()} == {
                one.name: bits(one) for one in voices
            }


def test_nothing_is_known_of_nothing():
    assert sniffed(b"") is None
    assert sniffed(b"\0" * 100) is None
