"""A run's language: asked for, that of the words, or the voice's."""

import json

import pytest

from kvoicewalk.app.events import Events
from kvoicewalk.app.language import in_language, settle_language
from kvoicewalk.cli.flags import in_flags
from kvoicewalk.config_file import dump_config, merge_config
from kvoicewalk.texts import texts_of
from kvoicewalk.voices import save_voice, sidecar_path
from tests.fakes import constant_voice

SPANISH = "El zorro joven cruzó ágil la calle bajo la lluvia, y nadie supo por qué."
ENGLISH = "The young fox ran across the street in the rain, and nobody knew why."


class Told(Events):
    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(in_flags(message))


@pytest.fixture
def told():
    return Told()


def config(lang=None, words=None):
    target = {"words": words, "text": words} if words else {}
    return merge_config("clone", {"synth": {"lang": lang}, "target": target}, None)


def test_english_is_taken_without_a_word(told):
    for one in (config(), config("a"), config(words=ENGLISH)):
        assert settle_language(one, told) == one
    assert told.notes == []


def test_what_is_asked_for_is_said_and_stays(told):
    one = config("e", words=ENGLISH)
    assert settle_language(one, told, ["ff_siwis"]) == one
    assert told.notes == ["Language: Spanish (e)."]


def test_the_words_decide_and_bring_their_languages_texts(told):
    one = settle_language(config(words=SPANISH), told)
    assert one.synth.lang == "e"
    assert (one.target.words, one.target.text) == (SPANISH, SPANISH)
    assert one.target.probe_text == texts_of("e").probe
    assert one.rank.screening_text == texts_of("e").screening
    assert one.texts == texts_of("e")
    assert told.notes == ["Language: Spanish (e), that of the words; another one with --lang."]


def test_the_voice_decides_where_there_are_no_words(told, tmp_path):
    one = settle_language(config(), told, ["ff_siwis"])
    assert (one.synth.lang, one.target.text) == ("f", texts_of("f").target)
    assert told.notes == ["Language: French (f), the voice's own; another one with --lang."]
    save_voice(constant_voice("mine", 0.1), tmp_path / "mine.pt")
    sidecar_path(tmp_path / "mine.pt").write_text(json.dumps({"lang": "j"}))
    assert settle_language(config(), told, [str(tmp_path / "mine.pt")]).synth.lang == "j"


def test_voices_that_disagree_or_do_not_tell_leave_english(told):
    for voices in (["ff_siwis", "ef_dora"], ["nobody"], []):
        assert settle_language(config(), told, voices).synth.lang is None
    assert settle_language(config(), told, ["ef_dora", "em_alex"]).synth.lang == "e"


def test_words_go_before_the_voice(told):
    assert settle_language(config(words=ENGLISH), told, ["ff_siwis"]).synth.lang is None


def test_all_else_of_a_config_stays(told):
    flags = {
        "model": {"name": "mini"},
        "target": {"probe_text": "My own words."},
        "walk": {"n_steps": 3},
        "score": {"encoders": ["resemblyzer"]},
        "out_dir": "elsewhere",
    }
    before = dump_config(merge_config("clone", flags, None))
    after = dump_config(in_language(merge_config("clone", flags, None), "f", "why", told))
    assert after.pop("synth") == {**before.pop("synth"), "lang": "f"}
    assert after["target"].pop("text") == texts_of("f").target
    assert after["rank"].pop("screening_text") == texts_of("f").screening
    before["target"].pop("text")
    before["rank"].pop("screening_text")
    assert after == before
