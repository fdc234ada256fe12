"""Evaluator: what is spoken, what is remembered, what a gate saves."""

import pytest

from kvoicewalk import evaluate
from kvoicewalk.errors import AudioError, SynthError
from kvoicewalk.evaluate import Evaluator, Gate, Glance, SerialExecutor
from kvoicewalk.store import MemoryCache
from tests.fakes import FakeScorer, FakeSynthesizer, constant_voice

VOICE = constant_voice("one", 0.4)


def make_evaluator(memory=None, **changes):
    parts = {
        "synthesizer": FakeSynthesizer(),
        "scorer": FakeScorer(),
        "text": "target",
        "probe_text": "probe",
        "seed": 0,
        "memory": MemoryCache() if memory is None else memory,
    }
    return Evaluator(**{**parts, **changes})


def test_a_voice_is_spoken_and_embedded_once_per_text():
    evaluator = make_evaluator()
    evaluation = evaluator.evaluate(VOICE)
    assert evaluation.score.target_similarity == pytest.approx(0.9)
    assert evaluator.synthesizer.spoken == [("one", "target"), ("one", "probe")]
    assert evaluator.scorer.n_embedded == 2
    assert evaluator.counts.n_spoken == 2
    assert evaluator.counts.spoken_s == pytest.approx(0.2)


def test_a_known_voice_costs_nothing():
    evaluator = make_evaluator()
    first = evaluator.evaluate(VOICE)
    second = evaluator.evaluate(VOICE)
    assert first == second
    assert evaluator.counts.n_spoken == 2
    assert evaluator.counts.n_remembered == 3  # two embeddings, one row of features


def test_a_second_target_reuses_what_was_measured():
    memory = MemoryCache()
    make_evaluator(memory).evaluate(VOICE)
    other = make_evaluator(memory, scorer=FakeScorer(optimum=0.1))
    assert other.evaluate(VOICE).score.target_similarity == pytest.approx(0.7)
    assert other.counts.n_spoken == 0


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"text": "other"}, {"lang": "b"}, {"synthesizer": FakeSynthesizer("fake@1")}],
)
def test_seed_text_language_and_model_are_part_of_the_key(change):
    memory = MemoryCache()
    make_evaluator(memory).evaluate(VOICE)
    other = make_evaluator(memory, **change)
    other.evaluate(VOICE)
    assert other.counts.n_spoken >= 1


def test_texts_of_equal_phonemes_are_one_and_another_package_is_another(monkeypatch):
    memory = MemoryCache()
    make_evaluator(memory, text="Hello.").evaluate(VOICE)
    again = make_evaluator(memory, text="HELLO.")
    again.evaluate(VOICE)
    assert again.counts.n_spoken == 0
    monkeypatch.setattr(evaluate, "package_versions", lambda: "torch 99")
    updated = make_evaluator(memory, text="Hello.")
    updated.evaluate(VOICE)
    assert updated.counts.n_spoken == 2
    assert "torch 99" in updated.fingerprint


def test_the_voices_numbers_are_the_key_not_its_name():
    evaluator = make_evaluator()
    evaluator.evaluate(VOICE)
    evaluator.evaluate(constant_voice("another name", 0.4))
    assert evaluator.counts.n_spoken == 2
    evaluator.evaluate(constant_voice("one", 0.41))
    assert evaluator.counts.n_spoken == 4


def test_a_closed_gate_saves_the_probe_text():
    evaluator = make_evaluator()
    evaluation = evaluator.evaluate(VOICE, Gate(min_target_similarity=0.95))
    assert evaluation.is_gated
    assert evaluation.target_similarity == pytest.approx(0.9)
    assert evaluator.synthesizer.spoken == [("one", "target")]
    assert evaluator.counts.n_gated == 1


def test_an_open_gate_lets_through():
    evaluation = make_evaluator().evaluate(VOICE, Gate(min_target_similarity=0.9 - 1e-6))
    assert not evaluation.is_gated


def test_a_glance_closes_the_gate_first():
    evaluator = make_evaluator(scorer=FakeScorer(glance_off=-0.05))
    evaluation = evaluator.evaluate(VOICE, Gate(0.0, Glance(0.9, 9)))
    assert evaluation.is_gated
    assert evaluation.target_similarity == pytest.approx(0.85)
    assert evaluator.synthesizer.spoken == [("one", "target")]
    assert evaluator.counts.n_gated == 1


def test_a_glance_that_passes_is_followed_by_all_the_windows():
    evaluator = make_evaluator(scorer=FakeScorer(glance_off=-0.05))
    evaluation = evaluator.evaluate(VOICE, Gate(0.0, Glance(0.8, 9)))
    assert evaluation.target_similarity == pytest.approx(0.9)
    assert evaluator.scorer.n_embedded == 2
    assert evaluator.evaluate(VOICE, Gate(0.95, Glance(0.8, 9))).is_gated


@pytest.mark.parametrize("n_windows", [8, 10])
def test_glances_at_another_number_of_windows_do_not_compare(n_windows):
    evaluator = make_evaluator(scorer=FakeScorer(glance_off=-0.05, n_windows=n_windows))
    evaluation = evaluator.evaluate(VOICE, Gate(0.0, Glance(0.9, 9)))
    assert evaluation.target_similarity == pytest.approx(0.9)


def test_a_glance_is_remembered():
    evaluator = make_evaluator(scorer=FakeScorer(glance_off=-0.05))
    evaluator.evaluate(VOICE, Gate(0.0, Glance(0.0, 9)))
    glance = evaluator.glance(VOICE)
    assert (glance.target_similarity, glance.n_windows) == (pytest.approx(0.85), 9)
    assert evaluator.counts.n_spoken == 2


def test_screening_speaks_one_text():
    evaluator = make_evaluator()
    assert evaluator.screen(VOICE, "short") == pytest.approx(0.9)
    assert evaluator.synthesizer.spoken == [("one", "short")]


def test_stage_times_add_up():
    evaluator = make_evaluator()
    evaluator.evaluate(VOICE)
    assert set(evaluator.counts.stage_s) == {"synthesis", "embedding", "features"}
    assert all(seconds > 0 for seconds in evaluator.counts.stage_s.values())


def test_serial_executor_is_lazy_and_ordered():
    done = []
    results = SerialExecutor().map(lambda n: done.append(n) or n * n, [1, 2, 3])
    assert next(results) == 1
    assert done == [1]
    assert list(results) == [4, 9]


def test_a_voice_without_speech_is_the_voices_fault():
    class Deaf(FakeScorer):
        def listen(self, utterance):
            raise AudioError("no speech was found; give a recording")

    evaluator = make_evaluator(scorer=Deaf())
    with pytest.raises(SynthError, match="voice one gives no speech"):
        evaluator.evaluate(VOICE)
