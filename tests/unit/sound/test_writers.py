"""Speech in every format that is written."""

import io

import numpy as np
import pytest
import soundfile

from kvoicewalk.audio import Utterance, check_speech_path, write_pcm, write_speech, write_wav
from kvoicewalk.errors import AudioError
from kvoicewalk.sound import writers
from kvoicewalk.sound.writers import FORMATS, encode, to_pcm

RATE_HZ = 24_000


@pytest.fixture(scope="module")
def tone():
    """A second and a half, not a whole number of any codec's frames."""
    time_s = np.arange(36_123) / RATE_HZ
    return (0.4 * np.sin(2 * np.pi * 220 * time_s)).astype(np.float32)


@pytest.mark.parametrize("format", list(FORMATS))
def test_a_tone_survives(tone, format, tmp_path):
    path = tmp_path / f"a{FORMATS[format].endings[0]}"
    write_speech(path, Utterance(tone, RATE_HZ), format)
    found, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == RATE_HZ
    assert found.size == tone.size
    middle = slice(4_000, -4_000)
    error = np.sqrt(np.mean((found[middle] - tone[middle]) ** 2)) / np.sqrt(np.mean(tone**2))
    assert error < (0.05 if format in ("mp3", "opus") else 1e-4)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("format", ["wav", "flac", "mp3"])
def test_blocks_give_the_same_file_as_one_piece(tone, format):
    pcm = to_pcm(tone)
    files = []
    for blocks in ([pcm], np.array_split(pcm, 7)):
        file = io.BytesIO()
        encode(file, blocks, RATE_HZ, format)
        files.append(file.getvalue())
    assert files[0] == files[1]


def test_samples_are_rounded_as_libsndfile_rounds_them(tmp_path):
    samples = np.random.default_rng(0).uniform(-1.2, 1.2, 10_000).astype(np.float32)
    path = tmp_path / "a.wav"
    soundfile.write(path, np.clip(samples, -1, 1), RATE_HZ, subtype="PCM_16")
    write_wav(tmp_path / "b.wav", Utterance(samples, RATE_HZ))
    assert path.read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_a_wav_that_its_header_cannot_count_is_an_rf64(tmp_path, monkeypatch):
    monkeypatch.setattr(writers, "MAX_WAV_BYTES", 1_000)
    path = tmp_path / "a.wav"
    write_pcm(path, [np.ones(600, np.int16)], RATE_HZ, "wav", n_samples=600)
    assert path.read_bytes()[:4] == b"RF64"
    assert soundfile.read(path)[0].size == 600


@pytest.mark.parametrize(
    ("name", "format", "found"),
    [
        ("a.wav", None, "wav"),
        ("a.MP3", None, "mp3"),
        ("a.ogg", None, "opus"),
        ("a.opus", "opus", "opus"),
        ("a", "flac", "flac"),
        ("a.bin", "mp3", "mp3"),
    ],
)
def test_the_ending_or_the_name_says_the_format(tmp_path, name, format, found):
    assert check_speech_path(tmp_path / name, format) == found


@pytest.mark.parametrize(
    ("name", "format", "words"),
    [
        ("a.m4a", None, "no ending of a sound that is written"),
        ("a", None, "no ending"),
        ("a.mp3", "wav", "is another"),
        (".", "wav", "is a folder"),
        ("no/a.wav", None, "there is no folder"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, name, format, words):
    with pytest.raises(AudioError, match=words):
        check_speech_path(tmp_path / name, format)


def test_a_library_without_a_format_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(soundfile, "available_formats", lambda: {"WAV": "", "FLAC": ""})
    with pytest.raises(AudioError, match="writes no mp3"):
        check_speech_path(tmp_path / "a.mp3")
    assert check_speech_path(tmp_path / "a.flac") == "flac"
