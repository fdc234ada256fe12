"""The best stock voice's held-out speech: heard once, the same when remembered."""

from types import SimpleNamespace

import numpy as np
import pytest

from kvoicewalk.app.floor import KIND, hear_floor, n_unknown, speak_for_judges
from kvoicewalk.held_out import compare_held_out, measure_held_out
from kvoicewalk.scoring.speaker import pool
from kvoicewalk.store import MemoryCache
from tests.fakes import FakeSynthesizer, UnitEncoder, constant_voice, fake_encoders

FLOOR, OTHER = constant_voice("floor", 0.4), constant_voice("other", 0.6)
TEXTS = {10: ("a", "bc", "d"), 100: ("ef",), 200: ("gh", "i")}


def make_session(memory, encoders=None, lang="a", texts=TEXTS):
    encoders = encoders or fake_encoders(UnitEncoder(), UnitEncoder("campplus", off=0.1))
    evaluator = SimpleNamespace(
        synthesizer=FakeSynthesizer(),
        scorer=SimpleNamespace(encoders=encoders),
        memory=memory,
        lang=lang,
        measured_with="fake@0",
    )
    config = SimpleNamespace(texts=SimpleNamespace(held_out=texts))
    return SimpleNamespace(evaluator=evaluator, config=config)


def same(one, other):
    assert (one.n_samples, one.n_clipped) == (other.n_samples, other.n_clipped)
    assert (one.duration_s, one.speech_s) == (other.duration_s, other.speech_s)
    assert list(one.embeddings) == list(other.embeddings)
    for n, found in one.embeddings.items():
        assert len(found) == len(other.embeddings[n])
        for a, b in zip(found, other.embeddings[n], strict=True):
            assert list(a) == list(b)
            assert all(np.array_equal(a[name], b[name]) for name in a)


def test_it_speaks_once_and_is_remembered():
    memory = MemoryCache()
    first, later = make_session(memory), make_session(memory)
    assert n_unknown(first, FLOOR, 2) == 2
    heard = hear_floor(first, FLOOR, 2)
    assert len(first.evaluator.synthesizer.spoken) == 2 * 6
    assert [n_unknown(later, FLOOR, n) for n in (1, 2, 3)] == [0, 0, 1]
    again = hear_floor(later, FLOOR, 2)
    assert later.evaluator.synthesizer.spoken == []
    for one, other in zip(heard, again, strict=True):
        same(one, other)


def test_what_is_remembered_is_what_is_measured():
    session = make_session(MemoryCache())
    encoders = session.evaluator.scorer.encoders
    target = [pool([encoders.embed(FakeSynthesizer().speak("x", OTHER, seed=0))])]
    kept = compare_held_out(hear_floor(session, FLOOR, 2), target)
    plain = measure_held_out(FLOOR, target, FakeSynthesizer(), encoders, n_seeds=2, texts=TEXTS)
    assert kept.target_similarity == pytest.approx(plain.target_similarity, abs=1e-6)
    assert kept.by_encoder == pytest.approx(plain.by_encoder, abs=1e-6)
    assert kept.duration_s == pytest.approx(plain.duration_s, rel=1e-6)
    assert kept.facts.speech_s == pytest.approx(plain.facts.speech_s, rel=1e-6)
    assert [one.n_phonemes for one in kept.by_length] == [10, 100, 200]


@pytest.mark.parametrize(
    "change",
    [
        {"lang": "e"},
        {"texts": {**TEXTS, 100: ("other",)}},
        {"texts": {10: ("a", "bc"), 100: ("d", "ef"), 200: ("gh", "i")}},  # another split
        {"encoders": fake_encoders(UnitEncoder(), UnitEncoder("ecapa"))},
    ],
)
def test_other_texts_languages_and_encoders_are_heard_anew(change):
    memory = MemoryCache()
    hear_floor(make_session(memory), FLOOR, 1)
    changed = make_session(memory, **change)
    assert n_unknown(changed, FLOOR, 1) == 1
    hear_floor(changed, FLOOR, 1)
    assert len(changed.evaluator.synthesizer.spoken) == 6
    assert n_unknown(make_session(memory), OTHER, 1) == 1


@pytest.mark.parametrize("kind", [KIND, f"{KIND}-campplus"])
@pytest.mark.parametrize("values", [[1.0], [], [0.0] * 7, [np.nan] * 10, [1e30] * 7])
def test_what_does_not_fit_is_heard_anew(kind, values):
    memory = MemoryCache()
    whole = hear_floor(make_session(memory), FLOOR, 1)
    (key,) = {key for key, _ in memory._values}
    memory.put(key, kind, np.array(values, dtype=np.float32))
    session = make_session(memory)
    same(hear_floor(session, FLOOR, 1)[0], whole[0])
    assert len(session.evaluator.synthesizer.spoken) == 6


def test_for_judges_it_speaks_the_lengths_that_they_hear():
    session = make_session(MemoryCache())
    found = speak_for_judges(session, FLOOR, (100, 200))
    assert [text for _, text in session.evaluator.synthesizer.spoken] == ["ef", "gh", "i"]
    assert len(found) == 3
