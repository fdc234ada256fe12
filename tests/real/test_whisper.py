"""Words by Whisper's real weights."""

import dataclasses

from kvoicewalk.audio import read_utterance
from kvoicewalk.judges.words import WordError, plain

SENTENCE = "Nobody knew why the clock had stopped at noon, and nobody asked."


def test_a_person_is_understood(listener, shared_data):
    clip = read_utterance(shared_data / "targets" / "human_2033-164914-0004.flac")
    assert "i tell thee the truth" in plain(listener.write_down(clip))


def test_word_error_tells_right_words_from_wrong_ones(listener, synthesizer, kokoro):
    spoken = synthesizer.speak(SENTENCE, kokoro.voices.load("af_heart"), seed=0)
    other = dataclasses.replace(spoken, text="Bring me two cups of tea, please.")
    error = WordError(listener)
    assert error.judge([spoken], []) == 0
    assert error.judge([other], []) > 0.8
