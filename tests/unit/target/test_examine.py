"""Made defects, and the grade that each gets."""

import itertools

import numpy as np
import pytest

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, read_recording, resample
from kvoicewalk.config import RecordingLimits
from kvoicewalk.decode import Source
from kvoicewalk.target.examine import compare_clips, examine
from kvoicewalk.target.quality import Finding, grade_channels, worst

LIMITS = RecordingLimits()


def grades(found):
    return {one.what: one.grade for one in found.findings}


def faults(found):
    return {one.what: one.grade for one in found.faults}


def music(duration_s):
    t = np.arange(int(0.5 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    notes = []
    for step in itertools.islice(itertools.cycle((0, 5, 7, 9)), int(duration_s * 2)):
        chord = (220 * 2 ** ((step + third) / 12) for third in (0, 4, 7))
        notes.append(sum(np.sin(2 * np.pi * f * k * t) / k for f in chord for k in range(1, 6)))
    return np.concatenate(notes) * 0.05


def test_clean_speech_has_no_faults(look, speakers):
    found = look(speakers.her[: 24 * SAMPLE_RATE_HZ])
    assert faults(found) == {}
    assert set(grades(found)) == {
        *("length", "noise", "band", "clipping", "music", "level", "offset", "voices", "channels"),
    }
    assert all(one.advice == "" for one in found.findings)


@pytest.mark.parametrize(("snr", "grade"), [(30, "ok"), (17, "note"), (8, "bad")])
def test_noise(look, speakers, snr, grade):
    samples = speakers.her[: 15 * SAMPLE_RATE_HZ]
    rms = np.sqrt(np.mean(samples**2)) * 10 ** (-snr / 20) * np.sqrt(1.5)
    noise = np.random.default_rng(0).normal(size=samples.size) * rms
    assert grades(look(samples + noise))["noise"] == grade


def test_a_telephone(look, speakers):
    samples = speakers.her[: 15 * SAMPLE_RATE_HZ]
    narrow = resample(resample(samples, SAMPLE_RATE_HZ, 8_000), 8_000, SAMPLE_RATE_HZ)
    found = look(narrow)
    assert faults(found) == {"band": "bad"}
    assert "telephone" in found.faults[0].found


@pytest.mark.parametrize(("share", "grade"), [(5e-5, "ok"), (1e-3, "note"), (2e-2, "bad")])
def test_clipping(look, speakers, share, grade):
    samples = speakers.her[: 15 * SAMPLE_RATE_HZ]
    assert grades(look(samples, clipped_share=share))["clipping"] == grade


def test_music_alone_and_under_speech(look, speakers):
    assert grades(look(music(12)))["music"] == "bad"
    samples = speakers.her[: 12 * SAMPLE_RATE_HZ]
    under = music(12) * np.sqrt(np.mean(samples**2) / np.mean(music(12) ** 2)) * 10 ** (-10 / 20)
    assert grades(look(samples + under[: samples.size]))["music"] != "ok"


def test_two_speakers(look, speakers):
    n = 10 * SAMPLE_RATE_HZ
    found = look(np.concatenate((speakers.her[:n], speakers.him[:n])))
    assert faults(found) == {"voices": "bad"}
    assert found.figures.minor_share == pytest.approx(0.5, abs=0.1)


def test_very_quiet(look, speakers):
    found = look(speakers.her[: 15 * SAMPLE_RATE_HZ] * 0.003)
    assert faults(found) == {"level": "note"}


def test_an_offset_is_taken_out(look, speakers):
    centred = speakers.her[: 15 * SAMPLE_RATE_HZ] - speakers.her[: 15 * SAMPLE_RATE_HZ].mean()
    plain, shifted = look(centred), look(centred + 0.2)
    assert (plain.figures.offset, shifted.figures.offset) == (0.0, pytest.approx(0.2, abs=1e-6))
    assert np.abs(shifted.utterance.samples - centred).max() < 1e-6
    assert shifted.figures.level_dbfs == pytest.approx(plain.figures.level_dbfs, abs=0.01)
    assert shifted.figures.snr_db == pytest.approx(plain.figures.snr_db, abs=0.1)
    told = {one.what: one for one in shifted.findings}["offset"]
    assert (told.grade, told.found) == ("ok", "a constant offset of 0.200 was taken out")


def test_an_offset_that_moves(look, speakers):
    samples = speakers.her[: 15 * SAMPLE_RATE_HZ].copy()
    samples[: samples.size // 2] += 0.2
    found = look(samples)
    assert grades(found)["offset"] == "note"
    assert "moves" in next(one.found for one in found.faults if one.what == "offset")


def test_a_slight_offset_stays(look, speakers):
    samples = speakers.her[: 15 * SAMPLE_RATE_HZ]
    samples = samples - samples.mean() + 0.04 * samples.std()
    assert look(samples).figures.offset == 0.0
    assert look(samples, limits=RecordingLimits(offset_share=0.03)).figures.offset > 0


def test_a_short_clip_among_others_is_none_too_few(look, speakers):
    samples = speakers.her[: 5 * SAMPLE_RATE_HZ]
    assert faults(look(samples)) == {"length": "note"}
    assert faults(look(samples, together_s=12.0)) == {}


def test_mostly_pauses(look, speakers):
    silence = np.zeros(8 * SAMPLE_RATE_HZ)
    found = look(np.concatenate((speakers.her[: 6 * SAMPLE_RATE_HZ], silence)))
    assert faults(found) == {"length": "note"}
    assert "pauses" in found.faults[0].advice


def test_limits_are_the_users(look, speakers):
    strict = RecordingLimits(quiet_dbfs=-3.0)
    assert faults(look(speakers.her[: 15 * SAMPLE_RATE_HZ], limits=strict)) == {"level": "note"}


def test_channels():
    assert grade_channels(Source(44_100, 2, 2, 0.0)).grade == "ok"
    found = grade_channels(Source(44_100, 2, 1, 0.0))
    assert (found.grade, found.found) == ("note", "2 at 44100 Hz, 1 of them used")


def test_the_worst_grade_counts():
    note, bad = Finding("note", "a", "b"), Finding("bad", "a", "b")
    assert worst(()) == "ok"
    assert worst((note, bad, note)) == "bad"


def test_a_clip_of_somebody_else_stands_out(speakers, encoder):
    n = 8 * SAMPLE_RATE_HZ
    parts = (speakers.her[:n], speakers.her[n : 2 * n], speakers.him[:n])
    clips = [Utterance(part, SAMPLE_RATE_HZ) for part in parts]
    compared = compare_clips(("a", "b", "c"), clips, encoder, LIMITS)
    assert [finding.grade for _, finding in compared] != ["ok"] * 3
    assert compared[2][1].grade == "bad"
    assert min(likeness for likeness, _ in compared) == compared[2][0]
    same = compare_clips(("a", "b"), clips[:2], encoder, LIMITS)
    assert [finding.grade for _, finding in same] == ["ok"] * 2


def test_clean_human_recordings_have_no_faults(shared_data, encoder):
    for path in sorted((shared_data / "targets").iterdir()):
        found = examine(read_recording(path), LIMITS, encoder, together_s=10.0)
        assert faults(found) == {}, path
