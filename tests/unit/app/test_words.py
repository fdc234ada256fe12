"""Words of a recording and what the search speaks: two things."""

from types import SimpleNamespace

import numpy as np
import pytest

from kvoicewalk.app.words import first_sentences, settle_text
from kvoicewalk.audio import SAMPLE_RATE_HZ, Recording, Utterance
from kvoicewalk.config import JudgesConfig, RunConfig, SynthConfig, TargetConfig
from kvoicewalk.environment import read_environment
from kvoicewalk.judges import open_listener
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.texts import texts_of

WORDS = "The words of ten seconds are about this long, give or take some, and that is all of it."


def settled(mini_model, monkeypatch, words, speech_s=5.0, clip_text=None, lang=None):
    monkeypatch.setattr("kvoicewalk.audio.speech_duration_s", lambda _: speech_s)
    told = []
    output = SimpleNamespace(warning=told.append, note=told.append)
    clip = Utterance(
        np.zeros(int(min(speech_s, 30) * SAMPLE_RATE_HZ), np.float32),
        SAMPLE_RATE_HZ,
        words if clip_text is None else clip_text,
    )
    synth = SynthConfig(lang=lang)
    config = RunConfig(command="clone", target=TargetConfig(words=words), synth=synth)
    phonemizer = Phonemizer(mini_model.vocab, mini_model.english)
    recordings = [Recording(clip, None)]
    config, clips = settle_text(config, recordings, [clip], phonemizer, output)
    return config.target, clips, told


def test_words_that_fit_are_spoken(mini_model, monkeypatch):
    target, clips, told = settled(mini_model, monkeypatch, WORDS)
    assert (target.words, target.text, target.is_text_open) == (WORDS, WORDS, False)
    assert (clips[0].text, told) == (WORDS, [])


@pytest.mark.parametrize(
    "words", ["Hi", WORDS[: len(WORDS) // 3], WORDS * 2, "Sentence by sentence. " * 2000]
)
def test_words_that_do_not_fit_are_told_and_forgotten(mini_model, monkeypatch, words):
    target, clips, told = settled(mini_model, monkeypatch, words)
    assert (target.words, target.text) == (None, texts_of().target)
    assert clips[0].text == ""
    assert "they are not its words" in told[0]


def test_of_a_long_transcript_the_first_sentences_are_spoken(mini_model, monkeypatch):
    words = "Sentence by sentence it goes on and on. " * 1000
    target, _, told = settled(mini_model, monkeypatch, words.strip(), 3000.0, "")
    assert told == []
    assert 300 < len(target.text) <= 420
    assert target.text.endswith("on.")
    assert target.words == words.strip()


def test_the_text_follows_from_words_alone_and_words_never_from_the_text():
    by_words = TargetConfig.model_validate({"words": "My words."})
    assert (by_words.text, by_words.is_text_open) == ("My words.", True)
    by_text = TargetConfig.model_validate({"text": "My text."})
    assert (by_text.words, by_text.is_text_open) == (None, False)
    for config in (by_words, by_text):
        assert TargetConfig.model_validate(config.model_dump()) == config


def test_whisper_comes_from_a_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("KVW_WHISPER_DIR", str(tmp_path))
    assert read_environment().whisper_dir == tmp_path
    assert open_listener(JudgesConfig())._folder == tmp_path
    named = JudgesConfig(whisper_dir=tmp_path / "mine")
    assert open_listener(named)._folder == tmp_path / "mine"


def test_words_of_another_language_are_told_and_left_alone(mini_model, monkeypatch):
    target, clips, told = settled(mini_model, monkeypatch, WORDS, lang="e")
    assert (target.words, target.text) == (None, texts_of("e").target)
    assert clips[0].text == ""
    assert told == [
        "the words are American English, the voice is to speak Spanish: they are left alone, and "
        "so is the pace."
    ]
    target, _, told = settled(mini_model, monkeypatch, WORDS, lang="b")
    assert (target.words, told) == (WORDS, [])


def test_chinese_is_cut_at_its_own_marks():
    text = "天还没亮。他起床了！我们走吧？好的，再见。"
    assert first_sentences(text, 11) == "天还没亮。他起床了！"
    assert first_sentences("वह आया। वह गया। वह रहा।", 16) == "वह आया। वह गया।"
