"""Evaluator: what is spoken, what is remembered, what a gate saves."""

import pytest

from kvoicewalk import evaluate
from kvoicewalk.errors import AudioError, SynthError
from kvoicewalk.evaluate import Evaluator, Gate, Glance, SerialExecutor
from kvoicewalk.scoring.speaker import EncoderSet, joint_similarity
from kvoicewalk.store import MemoryCache
from tests.fakes import FakeEncoder, FakeScorer, FakeSynthesizer, constant_voice, fake_encoders

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


def two_ears(off=0.5):
    """Encoders of which the second hears another level than the first."""
    return fake_encoders(FakeEncoder(), FakeEncoder("campplus", off))


def test_two_encoders_hear_each_utterance_once_and_score_jointly():
    evaluator = make_evaluator(scorer=FakeScorer(encoders=two_ears()))
    evaluation = evaluator.evaluate(VOICE)
    wanted = joint_similarity({"resemblyzer": 0.9, "campplus": 0.6})
    assert evaluation.target_similarity == pytest.approx(wanted, abs=1e-6)
    assert evaluation.score.target_similarity == evaluation.target_similarity
    assert evaluation.target_similarity != pytest.approx(0.9, abs=0.01)
    assert evaluator.synthesizer.spoken == [("one", "target"), ("one", "probe")]
    first, second = evaluator.scorer.encoders.members
    assert (evaluator.scorer.n_embedded, first.n_embedded, second.n_embedded) == (2, 0, 2)
    found = evaluator.embeddings(VOICE)
    assert {name: value.tolist() for name, value in found.items()} == {
        "resemblyzer": [pytest.approx(0.4)],
        "campplus": [pytest.approx(0.9)],
    }
    assert evaluator.counts.n_spoken == 2
    assert second.n_embedded == 2
    assert evaluator.compare(VOICE) == evaluation.target_similarity
    assert evaluator.screen(VOICE, "short") == evaluation.target_similarity


def test_each_encoder_remembers_under_its_own_key():
    memory = MemoryCache()
    alone = make_evaluator(memory)
    alone.evaluate(VOICE)
    both = make_evaluator(memory, scorer=FakeScorer(encoders=two_ears()))
    both.evaluate(VOICE)
    # Resemblyzer's embeddings and the features were there; the second's are not.
    assert both.scorer.n_embedded == 0
    assert both.scorer.encoders.members[1].n_embedded == 2
    again = make_evaluator(memory, scorer=FakeScorer(encoders=two_ears(off=9.0)))
    assert again.evaluate(VOICE) == both.evaluate(VOICE)
    assert again.counts.n_spoken == 0
    third = fake_encoders(FakeEncoder("resemblyzer"), FakeEncoder("another", 0.5))
    assert set(make_evaluator(memory, scorer=FakeScorer(encoders=third)).embeddings(VOICE)) == {
        "resemblyzer",
        "another",
    }
    assert third.members[1].n_embedded == 1
    last = make_evaluator(memory)
    last.evaluate(VOICE)
    assert last.counts.n_spoken == 0


def test_where_another_leads_alone_its_own_embeddings_are_kept():
    memory, resemblyzer = MemoryCache(), FakeEncoder()
    make_evaluator(memory).evaluate(VOICE)
    other = FakeEncoder("campplus", 0.5)
    evaluator = make_evaluator(
        memory, scorer=FakeScorer(encoders=EncoderSet((other,), resemblyzer))
    )
    wanted = joint_similarity({"campplus": 0.6})
    assert evaluator.evaluate(VOICE).target_similarity == pytest.approx(wanted, abs=1e-6)
    assert (other.n_embedded, evaluator.scorer.n_embedded) == (2, 0)


def test_no_glance_closes_the_gate_where_two_encoders_lead():
    evaluator = make_evaluator(scorer=FakeScorer(glance_off=-0.05, encoders=two_ears()))
    evaluation = evaluator.evaluate(VOICE, Gate(0.0, Glance(1.0, 9)))
    assert not evaluation.is_gated
    assert not evaluation.is_glance
    closed = evaluator.evaluate(VOICE, Gate(evaluation.target_similarity + 1e-6, Glance(1.0, 9)))
    assert closed.is_gated
    assert not closed.is_glance


def test_encoders_are_part_of_the_fingerprint_and_resemblyzer_alone_is_none():
    alone, both = make_evaluator(), make_evaluator(scorer=FakeScorer(encoders=two_ears()))
    assert alone.fingerprint == alone.measured_with == both.measured_with
    assert both.fingerprint == f"{both.measured_with} · encoders resemblyzer campplus"


def test_a_voice_that_the_second_encoder_cannot_hear_is_the_voices_fault():
    class Deaf(FakeEncoder):
        def embed(self, utterance):
            raise AudioError("no speech was found to compare; give a recording of a voice.")

    encoders = fake_encoders(FakeEncoder(), Deaf("campplus"))
    with pytest.raises(SynthError, match="voice one gives no speech"):
        make_evaluator(scorer=FakeScorer(encoders=encoders)).evaluate(VOICE)


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
