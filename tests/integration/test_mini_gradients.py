"""Gradients of the embedded model against finite differences."""

import pytest
import torch

from kvoicewalk.scoring.speaker import Resemblyzer
from kvoicewalk.voices import PROSODY, TIMBRE
from tools.train_mini.gradients import FrozenSpeech, worst_error

TEXT = "We were away a year ago, and nobody knew."


@pytest.fixture(scope="module")
def speech(mini_model):
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.synth import KokoroSynthesizer

    synthesizer = KokoroSynthesizer(mini_model, Phonemizer(mini_model.vocab, mini_model.english))
    voice = mini_model.voices.load(mini_model.voices.names[0])
    return FrozenSpeech(synthesizer, Resemblyzer(), voice, TEXT, torch.float64)


def test_timbre_through_waveform_and_speaker_encoder(speech):
    assert worst_error(speech.embedding, speech.row[:, TIMBRE], seed=0) < 0.05


def test_prosody_through_durations_and_pitch(speech):
    assert worst_error(speech.timing_and_pitch, speech.row[:, PROSODY], seed=0) < 0.05


def test_timbre_moves_no_timing_and_prosody_does(speech):
    prosody = speech.row[:, PROSODY]
    before = speech.timing_and_pitch(prosody)
    assert not torch.equal(before, speech.timing_and_pitch(prosody * 1.1))
    samples = speech.waveform(speech.row[:, TIMBRE])
    changed = speech.waveform(speech.row[:, TIMBRE] * 1.1)
    assert samples.shape == changed.shape
    assert not torch.equal(samples, changed)
