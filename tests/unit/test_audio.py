"""Audio: any format in, one kind out; what is no use is refused with the reason."""

import os
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kvoicewalk.audio import (
    SAMPLE_RATE_HZ,
    Utterance,
    check_recording,
    middle_of_speech,
    raise_volume,
    read_recording,
    read_utterance,
    resample,
    speech_duration_s,
    voice_activity,
    write_wav,
)
from kvoicewalk.config import RecordingLimits
from kvoicewalk.errors import AudioError

LIMITS = RecordingLimits()


@pytest.fixture(scope="module")
def speech(example_target):
    return read_utterance(example_target).samples


def put(path, samples, rate_hz=SAMPLE_RATE_HZ, **options):
    soundfile.write(path, samples, rate_hz, **options)
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.wav", {}), ("a.flac", {}), ("a.ogg", {}), ("a.mp3", {}), ("a.wav", {"subtype": "FLOAT"})],
)
def test_formats(tmp_path, speech, name, options):
    clip = read_utterance(put(tmp_path / name, speech[:72_000], **options), "the words")
    assert clip.samples.dtype == np.float32
    assert clip.samples.ndim == 1
    assert clip.sample_rate_hz == SAMPLE_RATE_HZ
    assert clip.duration_s == pytest.approx(3.0, abs=0.1)
    assert clip.text == "the words"
    n = min(clip.samples.size, 72_000)
    assert np.corrcoef(clip.samples[:n], speech[:n])[0, 1] > 0.95


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 96_000])
def test_rates(tmp_path, speech, rate_hz):
    clip = read_utterance(put(tmp_path / "a.wav", resample(speech, 24_000, rate_hz), rate_hz))
    assert clip.duration_s == pytest.approx(speech.size / SAMPLE_RATE_HZ, abs=0.01)
    check_recording(clip, LIMITS)


def test_resampling_keeps_a_tone_and_removes_what_would_alias():
    t = np.arange(48_000) / 48_000
    kept = resample(np.sin(2 * np.pi * 1000 * t).astype(np.float32), 48_000, 16_000)
    gone = resample(np.sin(2 * np.pi * 12_000 * t).astype(np.float32), 48_000, 16_000)
    middle = slice(2000, -2000)
    assert np.sqrt(np.mean(kept[middle] ** 2)) == pytest.approx(np.sqrt(0.5), rel=1e-3)
    assert np.abs(gone[middle]).max() < 1e-3


def refused(path, reason):
    with pytest.raises(AudioError, match=reason) as caught:
        check_recording(read_utterance(path), LIMITS)
    assert "\n" not in str(caught.value)


def test_what_is_no_recording(tmp_path):
    refused(tmp_path / "none.wav", "is not there")
    refused(tmp_path, "is a folder")
    (tmp_path / "empty.wav").write_bytes(b"")
    refused(tmp_path / "empty.wav", "is empty")
    (tmp_path / "text.wav").write_text("no sound here")
    refused(tmp_path / "text.wav", "is text, no sound")
    refused(put(tmp_path / "zero.wav", np.zeros(0, np.float32)), "no samples")


def test_what_is_no_speech(tmp_path, speech):
    refused(put(tmp_path / "silent.wav", np.zeros(96_000, np.float32)), "silent")
    spoiled = speech.copy()
    spoiled[100] = np.nan
    refused(put(tmp_path / "nan.wav", spoiled, subtype="FLOAT"), "NaN")
    refused(put(tmp_path / "short.wav", speech[:24_000]), "s of speech; at least 1.6 s")
    tone = 0.3 * np.sin(np.arange(240_000) * 0.1).astype(np.float32)
    tone[24_000:] = 0
    refused(put(tmp_path / "tone.wav", tone), "of speech")


def test_rates_and_lengths_beyond_reason(tmp_path):
    refused(put(tmp_path / "a.wav", np.zeros(8000, np.float32), 1_000), "1000 Hz")
    path = put(tmp_path / "b.wav", np.zeros(48_000, np.float32))
    with pytest.raises(AudioError, match="at most 0 min"):
        read_utterance(path, max_s=1.0)


def test_many_channels_do_not_fill_the_memory(tmp_path):
    # A header that claims 64 channels and a minute; the file behind it is all hole.
    path = put(tmp_path / "wide.wav", np.zeros((100, 64), np.float32), 48_000)
    n_bytes = 60 * 48_000 * 64 * 2
    with path.open("r+b") as file:
        file.seek(0)
        head = bytearray(file.read(64))
        at = head.index(b"data")
        head[4:8] = (n_bytes + at).to_bytes(4, "little")
        head[at + 4 : at + 8] = n_bytes.to_bytes(4, "little")
        file.seek(0)
        file.write(head)
        file.truncate(n_bytes + at + 8)
    tracemalloc.start()
    assert read_utterance(path).duration_s == pytest.approx(60)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 150e6 < n_bytes


def test_names_that_are_no_unicode(tmp_path, speech):
    path = put(tmp_path / "a.wav", speech)
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.wav"))
    path.rename(odd)
    assert read_utterance(odd).samples.size == speech.size


def test_a_very_quiet_recording_is_taken(speech):
    quiet = Utterance(speech * 0.005, SAMPLE_RATE_HZ)
    assert speech_duration_s(quiet) > 10


def test_front_end_matches_the_encoders_own(speech):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from resemblyzer.audio import normalize_volume, trim_long_silences
    wave = resample(speech, 24_000, 16_000)
    paused = np.concatenate([wave, np.zeros(20_000, np.float32), wave[::-1] * 0.1])
    loud = normalize_volume(paused, -30, increase_only=True)
    np.testing.assert_allclose(raise_volume(paused), loud, rtol=1e-6)
    mask = np.repeat(voice_activity(loud), 480)
    np.testing.assert_array_equal(loud[: mask.size][mask], trim_long_silences(loud))


def test_less_than_a_window_is_no_speech():
    assert voice_activity(np.zeros(100, np.float32)).shape == (0,)


def test_written_wavs_are_16_bit_and_clipped(tmp_path):
    path = tmp_path / "a.wav"
    write_wav(path, Utterance(np.float32([0, 0.5, 2.0, -2.0]), SAMPLE_RATE_HZ))
    samples, rate_hz = soundfile.read(path, dtype="int16")
    assert rate_hz == SAMPLE_RATE_HZ
    assert soundfile.info(path).subtype == "PCM_16"
    np.testing.assert_array_equal(samples, [0, 16384, 32767, -32768])
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


def test_what_cannot_be_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.wav"
    write_wav(path, Utterance(np.zeros(10, np.float32), SAMPLE_RATE_HZ))
    before = path.read_bytes()
    with pytest.raises(AudioError, match="NaN"):
        write_wav(path, Utterance(np.float32([np.nan]), SAMPLE_RATE_HZ))
    assert path.read_bytes() == before
    with pytest.raises(AudioError, match="cannot be written"):
        write_wav(tmp_path / "no" / "a.wav", Utterance(np.zeros(10, np.float32), 24_000))


def test_half_of_the_speech_is_heard_before_the_middle_of_speech(example_target):
    speech = read_utterance(example_target)
    rate_hz = speech.sample_rate_hz
    silence = np.zeros(20 * rate_hz, dtype=np.float32)
    late = Utterance(np.concatenate((silence, speech.samples)), rate_hz)
    middle = middle_of_speech(late)
    halves = [Utterance(part, rate_hz) for part in (late.samples[:middle], late.samples[middle:])]
    first_s, second_s = map(speech_duration_s, halves)
    assert first_s == pytest.approx(second_s, rel=0.1)
    assert middle_of_speech(Utterance(silence, rate_hz)) == silence.size // 2


def test_levels_beyond_reach_are_brought_within(tmp_path, speech):
    quiet = speech / np.abs(speech).max() * 5e-4
    found = read_recording(put(tmp_path / "quiet.wav", quiet, subtype="PCM_24"))
    check_recording(found.utterance, LIMITS)
    assert found.gain_db == pytest.approx(60, abs=0.1)
    loud = speech / np.abs(speech).max() * 4
    found = read_recording(put(tmp_path / "loud.wav", loud, subtype="FLOAT"))
    assert found.gain_db == pytest.approx(-12, abs=0.1)
    assert np.abs(found.utterance.samples).max() == pytest.approx(1.0)
    noise = np.random.default_rng(0).normal(0, 1e-4, 240_000).astype(np.float32)
    refused(put(tmp_path / "noise.wav", noise, subtype="PCM_24"), "silent")
