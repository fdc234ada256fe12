"""The embedded model's stock voices: spread like people, each of them whole."""

import numpy as np
import pytest

from kvoicewalk.models.mini import mini_voice_names
from kvoicewalk.scoring.speaker import Resemblyzer
from kvoicewalk.voices import Voice, mix_voices

TEXT = "Two children dug a deep hole in the sand, and then the tide came in and filled it."


@pytest.fixture(scope="module")
def stock(mini_model):
    return [mini_model.voices.load(name) for name in mini_model.voices.names]


@pytest.fixture(scope="module")
def speak(mini_model):
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.synth import KokoroSynthesizer

    synthesizer = KokoroSynthesizer(mini_model, Phonemizer(mini_model.vocab, mini_model.english))
    return lambda voice, text=TEXT: synthesizer.speak(text, voice, seed=0)


@pytest.fixture(scope="module")
def encoder():
    return Resemblyzer()


def test_two_dozen_no_two_alike(stock, speak, encoder):
    assert len(stock) == 24
    assert tuple(voice.name for voice in stock) == mini_voice_names()
    spoken = np.stack([encoder.embed(speak(voice)) for voice in stock])
    alike = spoken @ spoken.T - np.eye(len(stock))
    assert alike.max() < 0.9


def test_rows_vary_with_length_as_kokoros_do(stock):
    rows = np.stack([voice.rows[:, 0] for voice in stock])
    across = rows.mean(axis=1).std(axis=0).mean()
    assert rows.std(axis=1).mean() / across == pytest.approx(0.4, abs=0.05)
    norms = np.linalg.norm(rows, axis=2).mean(axis=0)
    assert norms[0] > 1.5 * norms[-1]


def test_rows_gone_astray_sound_like_somebody_else(stock, speak, encoder):
    rng = np.random.default_rng(0)
    losses = []
    for voice in stock:
        noise = rng.normal(0.0, 0.5 * voice.rows.std(), voice.rows.shape)
        astray = Voice("astray", (voice.rows + noise).astype(np.float32))
        own, other, gone = (
            encoder.embed(speak(one, text))
            for one, text in ((voice, TEXT), (voice, TEXT + " It was cold."), (astray, TEXT))
        )
        losses.append(float(own @ other) - float(own @ gone))
    standard_error = np.std(losses, ddof=1) / np.sqrt(len(losses))
    assert np.mean(losses) > 3 * standard_error


def test_the_midpoint_of_two_voices_speaks(stock, speak, encoder):
    for one, two in zip(stock[:4], stock[-4:], strict=True):
        middle = mix_voices([(one, 0.5), (two, 0.5)], "middle")
        likeness = [
            float(encoder.embed(speak(middle)) @ encoder.embed(speak(end))) for end in (one, two)
        ]
        apart = float(encoder.embed(speak(one)) @ encoder.embed(speak(two)))
        assert min(likeness) > apart - 0.05
