"""The texts of each language: what a file must be, how long they are, and English to the letter."""

import hashlib
import json
import re
from importlib import resources
from importlib.util import find_spec

import pytest
from pydantic import ValidationError

from kvoicewalk import texts
from kvoicewalk.errors import ConfigError
from kvoicewalk.languages import LANGUAGES, Language
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.texts import HELD_OUT_LENGTHS, parse_texts, texts_of

NEEDED = {"j": "fugashi", "z": "jieba"}  # of front ends that are no part of the package
MEASURED = [
    pytest.param(
        letter,
        marks=pytest.mark.skipif(
            letter in NEEDED and find_spec(NEEDED[letter]) is None, reason="needs the extras ja, zh"
        ),
    )
    for letter in LANGUAGES
]
# As of version 0.1.0, one text a line: target, probe, screening, held-out texts, lessons. Where it
# is another one, seeded results and scores are, too.
ENGLISH_SHA256 = "2337ed86d6128738cf8b56ba1ed6c03e65cc270557c4eb382f7083e8c6f40fb9"
GOOD = {
    "target": "A.",
    "probe": "B.",
    "screening": "C.",
    "script": ["D."],
    "held_out": {str(n): [f"{'word ' * n}end."] for n in HELD_OUT_LENGTHS},
    "lessons": ["E."],
}


@pytest.fixture(scope="module")
def phonemize(mini_model):
    """By the front end that comes with the package."""
    return Phonemizer(mini_model.vocab, "espeak").phonemize


def sentences(passages):
    return {
        sentence.strip().lower()
        for passage in passages
        for sentence in re.split(r"[.!?;:।。！？；：]+", passage)
        if sentence.strip()
    }


def test_english_is_what_it_always_was():
    spoken = "\n".join(texts_of().spoken)
    assert hashlib.sha256(spoken.encode()).hexdigest() == ENGLISH_SHA256
    assert texts_of("a") == texts_of("b") == texts_of()


def test_every_file_belongs_to_a_language_and_is_packaged():
    folder = resources.files(texts)
    files = {entry.name for entry in folder.iterdir() if entry.name.endswith(".json")}
    assert files == {f"{language.texts}.json" for language in LANGUAGES.values()}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_has_two_roles(lang):
    found = texts_of(lang)
    roles = [
        [found.target], [found.probe], [found.screening],
        found.all_held_out, found.lessons, found.script,
    ]  # fmt: skip
    said = [sentences(passages) for passages in roles]
    assert sum(map(len, said)) == len(set().union(*said))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_are_as_many_as_in_english(lang):
    found, english = texts_of(lang), texts_of()
    assert {n: len(some) for n, some in found.held_out.items()} == {
        n: len(some) for n, some in english.held_out.items()
    }
    assert 24 <= len(found.lessons) <= 40


@pytest.mark.parametrize("lang", MEASURED)
def test_texts_are_as_long_as_they_say(phonemize, lang):
    found = texts_of(lang)
    # Ten phonemes: English as it always was has up to 14.
    slack = 4 if lang in "ab" else 2
    for n_phonemes, some in found.held_out.items():
        lengths = [[len(chunk) for chunk in phonemize(text, lang).chunks] for text in some]
        assert lengths == [[pytest.approx(n_phonemes, rel=0.2, abs=slack)]] * len(lengths)
    for text in (found.target, found.probe):
        assert phonemize(text, lang).n_phonemes == pytest.approx(195, rel=0.2)
    assert 40 <= phonemize(found.screening, lang).n_phonemes <= 60
    assert 750 <= sum(phonemize(text, lang).n_phonemes for text in found.script) <= 1050


@pytest.mark.parametrize("lang", MEASURED)
def test_lessons_are_short_and_of_many_lengths(phonemize, lang):
    lengths = sorted(phonemize(text, lang).n_phonemes for text in texts_of(lang).lessons)
    assert lengths[0] >= 15
    assert 90 < lengths[-1] <= 120
    assert sum(n <= 60 for n in lengths) >= 15  # what full-size Kokoro learns from on a CPU


@pytest.mark.parametrize("lang", MEASURED)
def test_the_model_has_every_sound(phonemize, lang):
    unknown = {c for text in texts_of(lang).spoken for c in phonemize(text, lang).unknown}
    assert unknown <= set("¿¡")


def test_texts_are_read_once_and_cannot_be_changed():
    found = texts_of("e")
    assert texts_of("e") is found
    with pytest.raises(ValidationError):
        found.target = "another one"
    with pytest.raises(TypeError):
        found.held_out[10] = ()


def parse(**changes):
    return parse_texts(json.dumps({**GOOD, **changes}).encode(), "xx.json")


def test_a_good_file_is_taken():
    assert parse().held_out[10] == (f"{'word ' * 10}end.",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"target": ""}, "target: a text has at least one word"),
        ({"target": " A."}, "target: .*single spaces"),
        ({"lessons": ["One.", "Two  words."]}, r"lessons\.1: .*single spaces"),
        ({"probe": "At 4 o'clock."}, "probe: a text has no figures"),
        ({"lessons": []}, "lessons: "),
        ({"lessons": "E."}, "lessons: "),
        ({"lesson": ["E."]}, "lesson: "),
        ({"held_out": {}}, "held_out: the lengths are missing; expected 10, 40, 100, 200, 400"),
        ({"held_out": {"10": ["A word."]}}, "held_out: the lengths are 10; expected"),
        ({"script": ["A."]}, r"'A\.' is there twice"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(changes, reason):
    with pytest.raises(
        ConfigError, match=rf"^xx\.json cannot be used as texts: {reason}"
    ) as caught:
        parse(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(content):
    with pytest.raises(ConfigError, match=r"^xx\.json cannot be used as texts"):
        parse_texts(content, "xx.json")


def test_a_missing_file_and_an_unknown_language_are_named(monkeypatch):
    with pytest.raises(ConfigError, match="'q' is no language; use one of: a b e"):
        texts_of("q")
    monkeypatch.setitem(LANGUAGES, "q", Language("Quenya", "qq"))
    with pytest.raises(ConfigError, match=r"texts of Quenya are missing \(qq\.json\)"):
        texts_of("q")
