"""What Whisper hears decides words and language, unless another one was asked for."""

import numpy as np
import pytest

from kvoicewalk.app.clips import transcribe
from kvoicewalk.app.events import Events
from kvoicewalk.audio import Utterance
from kvoicewalk.cli.flags import in_flags
from kvoicewalk.config_file import merge_config
from kvoicewalk.errors import ConfigError
from kvoicewalk.judges.words import Heard
from kvoicewalk.texts import texts_of

CLIPS = [Utterance(np.zeros(24_000, np.float32), 24_000), Utterance(np.ones(9, np.float32), 24_000)]
SPANISH = "El zorro joven cruzó ágil la calle bajo la lluvia."


class Told(Events):
    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(in_flags(message))


class Whisper:
    def __init__(self, *heard):
        self.heard, self.is_closed = Heard(*heard), False

    def hear(self, utterance):
        assert utterance is CLIPS[0]
        return self.heard

    def close(self):
        self.is_closed = True


def transcribed(heard, lang=None):
    told, listener = Told(), Whisper(*heard)
    flags = {"synth": {"lang": lang}, "target": {"is_transcribed": True}}
    config, clips = transcribe(merge_config("clone", flags, None), CLIPS, listener, told)
    assert listener.is_closed
    assert config.target.is_transcribed is False  # going on with the run hears nothing anew
    return config, clips, told.notes


def test_a_run_is_in_the_language_that_is_heard():
    config, clips, notes = transcribed((SPANISH, "es"))
    assert (config.synth.lang, config.target.words) == ("e", SPANISH)
    assert config.target.is_text_open
    assert config.target.probe_text == texts_of("e").probe
    assert [clip.text for clip in clips] == [SPANISH, ""]
    assert notes == [
        f"heard: {SPANISH}",
        "Language: Spanish (e), that of the recording, by Whisper; another one with --lang.",
    ]


def test_what_was_asked_for_stays():
    config, clips, notes = transcribed((SPANISH, "es"), "f")
    assert (config.synth.lang, config.target.words, len(notes)) == ("f", SPANISH, 1)
    assert clips[0].text == SPANISH


def test_english_is_no_news():
    config, _, notes = transcribed(("The words.", "en"))
    assert (config.synth.lang, config.target.words, len(notes)) == (None, "The words.", 1)


def test_words_that_kokoro_does_not_speak_are_left_alone():
    config, clips, notes = transcribed(("Das Wetter ist gut.", "de"))
    assert (config.target.words, config.target.text) == (None, texts_of().target)
    assert [clip.text for clip in clips] == ["", ""]
    assert "a language that Kokoro does not speak (de)" in notes[1]


def test_an_english_whisper_and_another_language():
    with pytest.raises(ConfigError) as caught:
        transcribed(("Elle sorrow.", "en", True), "f")
    assert in_flags(caught.value.message) == (
        "--transcribe: this Whisper understands English alone; run 'kvw setup --judges' for the "
        "other, or give the words with --text."
    )
    assert transcribed(("The words.", "en", True), "b")[0].target.words == "The words."


def test_no_word_is_told():
    with pytest.raises(ConfigError, match="no word was heard"):
        transcribed(("", "en"))
