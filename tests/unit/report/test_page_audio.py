"""Recordings in a page: one loudness, no clipping, a cap on length and size."""

import base64
import io

import numpy as np
import pytest
import soundfile

from kvoicewalk.report.page_audio import MAX_CLIP_S, make_clips, matched_gains, speech_level
from tests.pages import RATE_HZ, write_speech


def decoded(clip):
    head, data = clip.source.split(",", 1)
    assert head == "data:audio/mpeg;base64"
    return soundfile.read(io.BytesIO(base64.b64decode(data)), dtype="float32")


def test_speech_is_brought_to_one_level(tmp_path):
    paths = {}
    for name, level in (("quiet", 0.01), ("loud", 0.6)):
        paths[name] = tmp_path / f"{name}.wav"
        write_speech(paths[name], level=level)
    clips, notes = make_clips(paths, 10**6)
    assert notes == ()
    levels, peaks = [], []
    for clip in clips.values():
        samples, rate_hz = decoded(clip)
        assert rate_hz == RATE_HZ
        levels.append(speech_level(samples, rate_hz))
        peaks.append(float(np.abs(samples).max()))
    assert levels[0] == pytest.approx(levels[1], rel=0.03)
    assert max(peaks) < 1
    assert clips["quiet"].gain_db - clips["loud"].gain_db == pytest.approx(35.6, abs=0.2)


def test_pauses_do_not_count():
    speech = 0.1 * np.sin(np.arange(RATE_HZ, dtype=np.float32))
    paused = np.concatenate([speech, np.zeros(3 * RATE_HZ, np.float32)])
    assert speech_level(paused, RATE_HZ) == pytest.approx(speech_level(speech, RATE_HZ), rel=1e-3)
    assert speech_level(speech[:10], RATE_HZ) > 0


def test_a_peak_lowers_all_alike():
    flat = np.full(RATE_HZ, 0.1, np.float32)
    peaky = flat.copy()
    peaky[::500] = 1.0
    gains = matched_gains({"a": flat, "b": peaky, "none": np.zeros(0, np.float32)}, RATE_HZ)
    assert np.abs(peaky * gains["b"]).max() <= 0.971
    assert speech_level(flat * gains["a"], RATE_HZ) == pytest.approx(
        speech_level(peaky * gains["b"], RATE_HZ), rel=1e-6
    )
    assert gains["none"] == 1


def test_long_ones_are_cut_and_what_does_not_fit_is_said(tmp_path):
    paths = {"long": tmp_path / "long.wav", "short": tmp_path / "short.wav"}
    write_speech(paths["long"], 33)
    write_speech(paths["short"], 1)
    clips, _ = make_clips(paths, 10**6)
    assert clips["long"].is_cut
    assert clips["long"].duration_s == MAX_CLIP_S
    assert not clips["short"].is_cut
    clips, notes = make_clips(paths, 50_000)
    assert list(clips) == ["short"]
    assert notes == ("long.wav is left out, to keep the page small.",)


def test_silence_and_no_audio(tmp_path):
    paths = {"silent": tmp_path / "silent.wav", "none": tmp_path / "none.wav"}
    write_speech(paths["silent"], level=0)
    paths["none"].write_text("no audio")
    clips, notes = make_clips(paths, 10**6)
    assert list(clips) == ["silent"]
    assert set(clips["silent"].bars) == {0.0}
    assert len(notes) == 1
