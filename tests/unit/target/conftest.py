"""Speech of the embedded model, made once: two voices that the encoder tells apart."""

from types import SimpleNamespace

import numpy as np
import pytest

from kvoicewalk.audio import SAMPLE_RATE_HZ, Recording, Utterance
from kvoicewalk.config import RecordingLimits
from kvoicewalk.decode import Source
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.scoring.speaker import Resemblyzer
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.target.examine import examine
from kvoicewalk.texts import texts_of

LIMITS = RecordingLimits()


@pytest.fixture(scope="package")
def encoder():
    return Resemblyzer()


@pytest.fixture(scope="package")
def speakers(mini_model):
    """Her and his samples, 24 s or more each, sentence by sentence with pauses of 0.4 s."""
    synthesizer = KokoroSynthesizer(mini_model, Phonemizer(mini_model.vocab, mini_model.english))
    pause = np.zeros(int(0.4 * SAMPLE_RATE_HZ), dtype=np.float32)

    def speak(name):
        voice = mini_model.voices.load(name)
        sentences = ". ".join((*texts_of().held_out[400], *texts_of().held_out[100])).split(". ")
        spoken = [synthesizer.speak(text, voice, seed=0).samples for text in sentences]
        return np.concatenate([part for one in spoken for part in (one, pause)])

    return SimpleNamespace(her=speak("af_ivory"), him=speak("am_chert"))


@pytest.fixture
def look(encoder):
    """Examines samples at 24 kHz."""

    def run(samples, together_s=0.0, limits=LIMITS, clipped_share=0.0):
        samples = np.asarray(samples, dtype=np.float32)
        recording = Recording(
            Utterance(samples, SAMPLE_RATE_HZ, "words"), Source(SAMPLE_RATE_HZ, 1, 1, clipped_share)
        )
        return examine(recording, limits, encoder, together_s)

    return run
