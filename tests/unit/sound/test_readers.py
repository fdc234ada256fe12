"""All sound of compressed files, once; what is missing is said."""

import re

import numpy as np
import pytest

from kvoicewalk.audio import resample
from kvoicewalk.decode import decode
from kvoicewalk.errors import AudioError

RATE_HZ = 24_000
SECONDS = np.arange(12)


def samples_of(path, max_s=60):
    found = decode(path, max_s)
    return resample(found.samples, found.source.sample_rate_hz, RATE_HZ), found.source


@pytest.fixture
def heard_whole(heard_at, speech):
    """Asserts that a file holds all of the speech, in order, and nothing else."""

    def run(path, note="", slack_s=0.2, original=speech):
        found, source = samples_of(path)
        np.testing.assert_allclose(heard_at(found, original), SECONDS, atol=slack_s)
        assert found.size / RATE_HZ == pytest.approx(12.0, abs=slack_s)
        assert source.note == note

    return run


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("mp3", "libmp3lame"),
        ("ipod", "aac"),
        ("mp4", "aac"),
        ("adts", "aac"),
        ("webm", "libopus"),
        ("ogg", "libopus"),
        ("ipod", "alac"),
        ("wv", "wavpack"),
        ("wav", "g722"),
        ("flac", "flac"),
        ("aiff", "pcm_s16be"),
        ("au", "pcm_s16be"),
        ("caf", "pcm_f32le"),
        ("w64", "pcm_s24le"),
        ("avi", "libmp3lame"),
    ],
)
def test_formats_of_phones_and_programs(encode, put, speech, heard_whole, container, codec):
    rate_hz = {"libopus": 48_000, "g722": 16_000}.get(codec, RATE_HZ)
    heard_whole(put(encode(speech, container, codec, rate_hz), "voice"))


def joined(first, second):
    return first + second


@pytest.mark.parametrize("kind", ["mp3", "vorbis", "opus", "flac", "aac"])
def test_files_behind_each_other_are_read_to_the_last(
    encode, as_file, put, speech, heard_whole, kind
):
    n = 6 * RATE_HZ
    make = {
        "mp3": lambda x: encode(x, "mp3", "libmp3lame"),
        "vorbis": lambda x: as_file(x, "OGG", "VORBIS"),
        "opus": lambda x: encode(x, "ogg", "libopus", 48_000),
        "flac": lambda x: as_file(x, "FLAC"),
        "aac": lambda x: encode(x, "adts", "aac"),
    }[kind]
    heard_whole(put(joined(make(speech[:n]), make(speech[n:]))), slack_s=0.25)


@pytest.mark.parametrize("kind", ["mp3", "vorbis", "opus"])
def test_joined_files_of_other_rates_and_channels(encode, as_file, put, speech, heard_whole, kind):
    n = 6 * RATE_HZ
    first, second = speech[:n], np.stack([speech[n:]] * 2, axis=1)
    at_44 = np.stack([resample(speech[n:], RATE_HZ, 44_100)] * 2, axis=1)
    content = {
        "mp3": lambda: joined(
            encode(first, "mp3", "libmp3lame"), encode(second, "mp3", "libmp3lame", 44_100)
        ),
        "vorbis": lambda: joined(
            as_file(first, "OGG", "VORBIS"), as_file(at_44, "OGG", "VORBIS", 44_100)
        ),
        "opus": lambda: joined(
            encode(first, "ogg", "libopus", 48_000), encode(second, "ogg", "libopus", 48_000)
        ),
    }[kind]()
    heard_whole(put(content), slack_s=0.25)


def test_mp3_of_varying_rate_without_a_header(encode, put, speech, heard_whole):
    content = encode(speech, "mp3", "libmp3lame", write_xing="0", q="4")
    assert b"Xing" not in content
    heard_whole(put(content, "a.mp3"))


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("mp3", r"is cut short: [5-6]\.\d of 12\.0 s are there"),
        ("flac", r"is cut short: [4-7]\.\d of 12\.0 s are there"),
        ("vorbis", r"is cut short: [4-7]\.\d s are there"),
        ("mp4", r"is cut short: [5-6]\.\d of 12\.\d s are there"),
        ("webm", r"is cut short: [5-6]\.\d of 12\.\d s are there"),
    ],
)
def test_what_is_left_of_a_cut_file_is_read_once(
    encode, as_file, put, speech, heard_at, kind, note
):
    content = {
        "mp3": lambda: encode(speech, "mp3", "libmp3lame"),
        "flac": lambda: as_file(speech, "FLAC"),
        "vorbis": lambda: as_file(speech, "OGG", "VORBIS"),
        "mp4": lambda: encode(speech, "mp4", "aac", movflags="faststart"),
        "webm": lambda: encode(speech, "webm", "libopus", 48_000),
    }[kind]()
    path = put(content[: len(content) // 2], f"a.{kind}")
    found, source = samples_of(path)
    assert 4 < found.size / RATE_HZ < 7.5
    n_whole = found.size // RATE_HZ
    places = heard_at(found, speech[: n_whole * RATE_HZ])
    np.testing.assert_allclose(places, SECONDS[:n_whole], atol=0.1)
    assert re.fullmatch(note, source.note), source.note


def test_damage_in_the_middle_is_told(encode, put, speech):
    content = bytearray(encode(speech, "mp3", "libmp3lame"))
    third = len(content) // 3
    content[third : 2 * third] = np.random.default_rng(0).bytes(third)
    found, source = samples_of(put(bytes(content), "a.mp3"))
    assert found.size > 7 * RATE_HZ
    assert "cut short" in source.note or "damaged" in source.note


def test_reading_says_nothing_on_the_terminal(encode, put, speech, capfd):
    whole = encode(speech, "mp3", "libmp3lame")
    for content in (
        whole[: len(whole) // 2],
        whole + whole,
        b"ID3\x03" + whole[:2000],
        b"\xff\xfb",
    ):
        try:
            decode(put(content, "a.mp3"), 60)
        except AudioError:
            continue
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "playlist",
    [
        "ffconcat version 1.0\nfile {}\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema'><BaseURL>{}</BaseURL></MPD>",
    ],
)
@pytest.mark.parametrize("suffix", ["m3u8", "wav", "ffconcat", "sdp", "mpd"])
def test_a_file_that_names_another_opens_none(as_file, put, speech, playlist, suffix):
    other = put(as_file(speech), "other.wav")
    for name in (other.name, str(other), f"file://{other}"):
        with pytest.raises(AudioError, match="no sound; "):
            decode(put(playlist.format(name).encode(), f"a.{suffix}"), 60)


def test_too_much_sound_is_refused_while_it_is_decoded(encode, put):
    # Nothing tells the length beforehand: silence, without a header.
    silence = np.zeros(40 * RATE_HZ, np.float32)
    path = put(encode(silence, "mp3", "libmp3lame", write_xing="0"), "a.mp3")
    with pytest.raises(AudioError, match="at most 0 min are read"):
        decode(path, 10.0)


def test_the_sound_of_a_film(put, speech, tmp_path):
    import av

    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as file:
        pictures = file.add_stream("mpeg4", rate=10)
        pictures.width = pictures.height = 32
        pictures.pix_fmt = "yuv420p"
        sound = file.add_stream("aac", rate=RATE_HZ, layout="mono")
        for i in range(150):  # 15 s of pictures, 12 s of sound
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
            frame.pts = i
            file.mux(pictures.encode(frame))
        frame = av.AudioFrame.from_ndarray(speech[None], "fltp", "mono")
        frame.sample_rate = RATE_HZ
        resampler = av.AudioResampler("fltp", "mono", RATE_HZ, sound.codec_context.frame_size)
        for piece in (*resampler.resample(frame), *resampler.resample(None), None):
            file.mux(sound.encode(piece))
        file.mux(pictures.encode(None))
    found, source = samples_of(path)
    assert found.size / RATE_HZ == pytest.approx(12.0, abs=0.2)
    assert source.note == ""
