"""Wav headers that lie: all of the sound is read, and what was wrong is said."""

import struct

import numpy as np
import pytest

from kvoicewalk.audio import read_recording
from kvoicewalk.decode import decode
from kvoicewalk.errors import AudioError

RATE_HZ = 24_000


@pytest.fixture(scope="module")
def plain(as_file, speech):
    return as_file(speech, subtype="PCM_16")


@pytest.fixture(scope="module")
def expected(speech, plain):
    return np.frombuffer(plain[44:], "<i2").astype(np.float32) / 32768


def patched(raw, riff=None, data=None):
    raw, at = bytearray(raw), raw.index(b"data")
    if riff is not None:
        raw[4:8] = struct.pack("<I", riff)
    if data is not None:
        raw[at + 4 : at + 8] = struct.pack("<I", data)
    return bytes(raw)


@pytest.mark.parametrize(
    ("riff", "data", "note"),
    [
        (None, None, ""),
        (0xFFFFFFFF, 0xFFFFFFFF, ""),
        (0x7FFFF024, 0x7FFFF000, ""),
        (0, 0, "has a header that says 0.0 s; all 12.0 s are read"),
        (None, 0, "has a header that says 0.0 s; all 12.0 s are read"),
        (36, 0, "has a header that says 0.0 s; all 12.0 s are read"),
        (0, None, ""),
        (None, 6 * RATE_HZ * 2, "has a header that says 6.0 s; all 12.0 s are read"),
    ],
)
def test_sizes(put, plain, expected, riff, data, note):
    found = decode(put(patched(plain, riff, data)), 60)
    np.testing.assert_array_equal(found.samples, expected)
    assert found.source.note == note


def test_many_channels_behind_a_header_of_zero(put, as_file, speech):
    both = np.stack([speech, speech * 0.5], axis=1)
    whole, empty = as_file(both), patched(as_file(both), 0, 0)
    expected = decode(put(whole, "whole.wav"), 60).samples
    np.testing.assert_array_equal(decode(put(empty), 60).samples, expected)


def test_bytes_before_the_header(put, plain, expected):
    found = decode(put(b"\r\n\r\n" + plain), 60)
    np.testing.assert_array_equal(found.samples, expected)


def test_a_cut_file(put, plain, expected):
    found = decode(put(plain[: 44 + 5 * RATE_HZ * 2]), 60)
    np.testing.assert_array_equal(found.samples, expected[: 5 * RATE_HZ])
    assert found.source.note == "is cut short: 5.0 of 12.0 s are there"


@pytest.mark.parametrize(
    "behind",
    [
        b"\0",
        b"\0" * 100_000,
        b"LIST" + struct.pack("<I", 50_000) + b"INFO" + b"x" * 49_996,
        b"bext" + struct.pack("<I", 60_001) + b"x" * 60_002,
        b"TAG" + b"x" * 125,
    ],
)
def test_what_stands_behind_the_sound_is_none(put, plain, expected, behind):
    found = decode(put(plain + behind), 60)
    np.testing.assert_array_equal(found.samples, expected)
    assert found.source.note == ""


def test_a_header_alone(put, plain):
    with pytest.raises(AudioError, match="no samples"):
        read_recording(put(patched(plain, 36, 0)[:44]))
    with pytest.raises(AudioError, match="fetch or export it again"):
        read_recording(put(plain[:30]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\n<!DOCTYPE html><html><title>404</title></html>" * 50, "is a web page, no sound"),
        (b"\xef\xbb\xbf<html>" * 3, "is a web page, no sound"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "is text, no sound"),
        ("Größe: 声 ".encode() * 100, "is text, no sound"),
        (bytes(range(256)) * 8, "is damaged, or no sound"),
        (b"PK\3\4" + bytes(range(256)), "is damaged, or no sound"),
    ],
)
def test_what_is_no_sound_is_named(put, content, words):
    with pytest.raises(AudioError, match=words) as caught:
        decode(put(content), 60)
    assert "ffmpeg" not in str(caught.value)
    assert "fetch" in str(caught.value)
