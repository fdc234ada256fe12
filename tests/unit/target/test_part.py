"""The part that is used of a long recording."""

import tracemalloc

import numpy as np
import pytest

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance
from kvoicewalk.scoring.speaker import cosine
from kvoicewalk.target.part import Part, clock


def seconds(x):
    return x.size / SAMPLE_RATE_HZ


def test_up_to_30_seconds_nothing_is_cut(look, speakers):
    samples = speakers.her[: 30 * SAMPLE_RATE_HZ]
    found = look(samples)
    assert found.part is None
    assert found.utterance.text == "words"
    np.testing.assert_array_equal(found.utterance.samples, samples)


def test_a_part_is_one_piece_between_pauses(look, speakers):
    samples = np.tile(speakers.her, 3)
    found = look(samples)
    assert len(found.part.pieces) == 1
    (start_s, end_s), part = found.part.pieces[0], found.utterance.samples
    assert 20 <= end_s - start_s <= 30
    assert seconds(part) == pytest.approx(end_s - start_s, abs=0.01)
    cut = samples[round(start_s * SAMPLE_RATE_HZ) :][: part.size]
    np.testing.assert_array_equal(part[300:-300], cut[300:-300])
    assert np.abs(cut[:240]).max() < 0.05  # a pause
    assert found.utterance.text == ""
    assert found.duration_s == pytest.approx(seconds(samples))


def test_the_same_recording_gives_the_same_part(look, speakers):
    samples = np.concatenate((speakers.her, speakers.him, speakers.her))
    one, two = look(samples), look(samples.copy())
    assert one.part.pieces == two.part.pieces
    np.testing.assert_array_equal(one.utterance.samples, two.utterance.samples)


def test_the_clean_passage_is_taken(look, speakers):
    rng = np.random.default_rng(0)
    noisy = np.tile(speakers.her, 2)
    noisy = noisy + rng.normal(size=noisy.size).astype(np.float32) * 0.05
    found = look(np.concatenate((noisy, speakers.her, noisy)))
    clean_s = (seconds(noisy), seconds(noisy) + seconds(speakers.her))
    inside = sum(min(b, clean_s[1]) - max(a, clean_s[0]) for a, b in found.part.pieces)
    assert inside > 0.95 * seconds(found.utterance.samples)


def test_the_voice_heard_more_is_taken(look, speakers, encoder):
    n = 12 * SAMPLE_RATE_HZ
    samples = np.concatenate([speakers.her[:n], speakers.him[: n // 2]] * 3)
    found = look(samples)
    her, him = (encoder.embed(Utterance(x, SAMPLE_RATE_HZ)) for x in (speakers.her, speakers.him))
    own = encoder.embed(found.utterance)
    assert cosine(own, her) > 0.95 > 0.7 > cosine(own, him)
    assert len(found.part.pieces) > 1
    assert seconds(found.utterance.samples) <= 30
    assert [one.grade for one in found.findings if one.what == "voices"] == ["note"]


def test_little_speech_in_much_silence(look, speakers):
    silence = np.zeros(20 * SAMPLE_RATE_HZ, dtype=np.float32)
    found = look(np.concatenate((silence, speakers.her[: 6 * SAMPLE_RATE_HZ], silence)))
    assert found.figures.speech_s > 0.7 * found.figures.duration_s
    assert 20 < found.part.pieces[0][0] + 0.2 < 21


def test_speech_without_a_pause_is_cut_all_the_same(look):
    t = np.arange(60 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    # A buzz whose pitch and strength go up and down: the detector takes it for speech throughout.
    phase = 2 * np.pi * np.cumsum(140 + 30 * np.sin(2 * np.pi * 0.7 * t)) / SAMPLE_RATE_HZ
    buzz = sum(np.sin(k * phase) / k for k in range(1, 20)) * (0.6 + 0.4 * np.sin(20 * t)) * 0.1
    found = look(buzz)
    assert 20 <= found.figures.duration_s <= 30


def test_ten_minutes_take_little_memory(look, speakers):
    samples = np.resize(speakers.her, 600 * SAMPLE_RATE_HZ)
    tracemalloc.start()
    found = look(samples)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * samples.nbytes
    assert 20 <= found.figures.duration_s <= 30


def test_words_for_a_part():
    part = Part(Utterance(np.zeros(27 * SAMPLE_RATE_HZ, np.float32), SAMPLE_RATE_HZ), ((192, 219),))
    assert part.describe() == "the best 27 s, 3:12 to 3:39"
    joined = Part(part.utterance, ((2.0, 15.0), (65.0, 79.0)))
    assert joined.describe() == "the best 27 s, 2 pieces between 0:02 and 1:19"
    assert clock(3_601.9) == "60:01"


def test_speech_in_shreds_is_taken_where_it_is_densest(look, speakers):
    shred = speakers.her[: int(0.9 * SAMPLE_RATE_HZ)]
    silence = np.zeros(40 * SAMPLE_RATE_HZ, dtype=np.float32)
    found = look(np.concatenate([silence, shred, silence, shred, shred, silence]))
    assert found.part is not None
    assert found.figures.speech_s > 0.5
    assert 80 < found.part.pieces[0][1] < 115
