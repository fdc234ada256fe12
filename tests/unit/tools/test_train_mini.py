"""What makes the embedded model: texts, times, rows."""

import json
import random

import numpy as np
import pytest

from kvoicewalk.models.mini import CONFIG_PATH
from kvoicewalk.voices import N_ROWS, STYLE_DIM
from tools.train_mini.corpus import letter_ends
from tools.train_mini.espeak import TimedSpeech, training_variants
from tools.train_mini.rows import SPREAD_WITHIN_VOICE, length_drift, voice_rows
from tools.train_mini.texts import TEST_SENTENCES, dictionary_words, make_text

RATE_HZ = 24_000


def timed(phonemes, starts_s, total_s):
    samples = np.zeros(round(total_s * RATE_HZ), np.float32)
    return TimedSpeech(samples, tuple(phonemes), np.array(starts_s))


def test_a_stress_mark_shares_its_sounds_time():
    ends = letter_ends("bˈI.", timed(["b", "ˈaɪ", ""], [0.1, 0.2, 0.46], 0.6))
    assert ends == pytest.approx([0.2, 0.26, 0.46, 0.6])


def test_a_space_lasts_until_the_next_sound():
    ends = letter_ends("b, b", timed(["b", "", "b"], [0.0, 0.2, 0.5], 0.7))
    assert ends == pytest.approx([0.2, 0.5, 0.5, 0.7])


def test_letters_that_do_not_match_are_refused():
    assert letter_ends("bd", timed(["b", "t"], [0.0, 0.1], 0.2)) is None


def test_rows_drift_as_kokoros_do():
    rows = voice_rows(np.zeros(STYLE_DIM, np.float32))
    assert rows.shape == (N_ROWS, 1, STYLE_DIM)
    assert rows.std(axis=0).mean() == pytest.approx(SPREAD_WITHIN_VOICE, rel=1e-3)
    norms = np.linalg.norm(length_drift(), axis=1)
    assert (np.diff(norms) < 0).all()


def test_texts_have_the_length_asked_for_and_every_mark():
    rng, rare = random.Random(0), dictionary_words()
    texts = [make_text(rng, rare, 480) for _ in range(60)]
    assert 60 < np.mean([len(text.split()) for text in texts]) < 110
    vocab = json.loads(CONFIG_PATH.read_text(encoding="utf-8"))["vocab"]
    for mark in ";:,.!?—…()“”":
        assert mark in vocab
        assert any(mark in text for text in texts), mark


def test_texts_are_seeded_and_hold_no_test_sentence():
    rare = dictionary_words()
    one, two = (make_text(random.Random(3), rare, 100) for _ in range(2))
    assert one == two
    assert len(set(TEST_SENTENCES)) == 50


def test_the_targets_variant_is_unseen():
    assert "rob" not in training_variants()
    assert len(training_variants()) == 77
