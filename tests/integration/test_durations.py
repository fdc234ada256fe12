"""How long a voice takes is known before it speaks."""

import pytest

from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.texts import texts_of


@pytest.mark.parametrize("speed", [1.0, 1.3])
def test_a_duration_is_that_of_the_speech(mini_model, speed):
    synthesizer = KokoroSynthesizer(
        mini_model, Phonemizer(mini_model.vocab, mini_model.english), speed
    )
    voice = mini_model.voices.load("af_beryl")
    long = " ".join(texts_of().held_out[200] * 4)  # of several chunks
    for text in (texts_of().target, long):
        spoken = synthesizer.speak(text, voice, seed=0)
        assert synthesizer.duration_s(text, voice) == pytest.approx(spoken.duration_s, abs=1e-6)
