"""The embedded model through the real code path."""

import numpy as np
import pytest
import torch

from kvoicewalk.config import ScoreConfig
from kvoicewalk.evaluate import Evaluator
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.scoring.acoustics import make_feature_term
from kvoicewalk.scoring.scorer import Scorer
from kvoicewalk.scoring.speaker import EncoderSet, Resemblyzer, cosine
from kvoicewalk.scoring.target import build_target
from kvoicewalk.store import MemoryCache
from kvoicewalk.synth import MAX_PERFORMANCES, KokoroSynthesizer
from kvoicewalk.voices import TIMBRE, Voice

TEXT = "A small boat came home before the storm."


@pytest.fixture
def voice(mini_model):
    return mini_model.voices.load(mini_model.voices.names[0])


def test_speaks_the_same_samples_as_kokoros_own_forward(mini_model, mini_synthesizer, voice):
    spoken = mini_synthesizer.speak(TEXT, voice, seed=5)
    phonemes = mini_synthesizer.phonemizer.phonemize(TEXT).chunks[0]
    row = torch.tensor(voice.rows[len(phonemes) - 1])
    torch.manual_seed(5)
    expected = mini_model.network(phonemes, row)
    np.testing.assert_array_equal(spoken.samples, expected.numpy())


def test_a_hundred_other_syntheses_change_nothing(mini_model, mini_synthesizer, voice):
    first = mini_synthesizer.speak(TEXT, voice, seed=1)
    other = mini_model.voices.load(mini_model.voices.names[1])
    for n in range(100):
        mini_synthesizer.speak(f"Number {n}.", other, seed=n)
    again = mini_synthesizer.speak(TEXT, voice, seed=1)
    np.testing.assert_array_equal(first.samples, again.samples)


def test_the_global_generator_is_left_alone(mini_synthesizer, voice):
    torch.manual_seed(123)
    expected = torch.rand(3)
    torch.manual_seed(123)
    mini_synthesizer.speak(TEXT, voice, seed=9)
    assert torch.equal(torch.rand(3), expected)


def test_seed_changes_the_noise_not_the_timing(mini_synthesizer, voice):
    one, two = (mini_synthesizer.speak(TEXT, voice, seed=seed).samples for seed in (0, 1))
    assert one.shape == two.shape
    assert not np.array_equal(one, two)


def test_another_seed_or_timbre_performs_nothing_anew(mini_synthesizer, voice, monkeypatch):
    performed = []
    perform = type(mini_synthesizer).perform
    monkeypatch.setattr(
        type(mini_synthesizer),
        "perform",
        lambda self, *args: performed.append(self.speed) or perform(self, *args),
    )
    fresh = KokoroSynthesizer(mini_synthesizer.model, mini_synthesizer.phonemizer)
    spoken = [fresh.speak(TEXT, voice, seed=seed).samples for seed in (0, 1, 0)]
    assert performed == [1.0]
    np.testing.assert_array_equal(spoken[0], spoken[2])
    darker = voice.rows.copy()
    darker[..., TIMBRE] *= 0.9
    shaded = fresh.speak(TEXT, Voice("darker", darker), seed=0).samples
    assert shaded.shape == spoken[0].shape
    assert not np.array_equal(shaded, spoken[0])
    assert performed == [1.0]
    fresh.speed = 2.0
    assert fresh.speak(TEXT, voice, seed=0).samples.size < spoken[0].size
    assert performed == [1.0, 2.0]


def test_performances_are_let_go(mini_model, mini_synthesizer, voice):
    fresh = KokoroSynthesizer(mini_synthesizer.model, mini_synthesizer.phonemizer)
    for n in range(MAX_PERFORMANCES + 3):
        fresh.speak("Ah.", Voice(f"v{n}", voice.rows * np.float32(1 + n / 100)), seed=0)
    assert len(fresh._performed) == MAX_PERFORMANCES


def test_a_second_voice_skips_the_token_encoder(mini_model, mini_synthesizer):
    for name in mini_model.voices.names[:3]:
        mini_synthesizer.speak(TEXT, mini_model.voices.load(name), seed=0)
    assert mini_synthesizer.counts.n_token_encodings == 1
    assert mini_synthesizer.counts.n_utterances == 3


def test_a_long_text_is_spoken_in_chunks(mini_synthesizer, voice):
    sentence = "The quick brown fox jumps over the lazy dog near the river bank. "
    spoken = mini_synthesizer.speak(sentence * 12, voice, seed=0)
    assert mini_synthesizer.counts.n_token_encodings > 1
    alone = mini_synthesizer.speak(sentence, voice, seed=0)
    assert spoken.duration_s > 8 * alone.duration_s


def test_each_text_length_uses_its_own_row(mini_synthesizer, voice):
    phonemes = mini_synthesizer.phonemizer.phonemize(TEXT).chunks[0]
    rows = voice.rows.copy()
    rows[len(phonemes) - 1] = 0
    changed = Voice("changed", rows)
    other_text = TEXT + " Again."
    before, after = (mini_synthesizer.speak(TEXT, v, seed=0).samples for v in (voice, changed))
    assert before.shape != after.shape or not np.allclose(before, after)
    same = [mini_synthesizer.speak(other_text, v, seed=0).samples for v in (voice, changed)]
    np.testing.assert_array_equal(*same)


def test_speed_shortens(mini_model, mini_synthesizer, voice):
    fast = KokoroSynthesizer(
        mini_model, Phonemizer(mini_model.vocab, mini_model.english), speed=2.0
    )
    slow_s = mini_synthesizer.speak(TEXT, voice, seed=0).duration_s
    assert fast.speak(TEXT, voice, seed=0).duration_s < 0.7 * slow_s
    assert fast.identity != mini_synthesizer.identity


@pytest.fixture(scope="module")
def encoders():
    return EncoderSet.alone(Resemblyzer())


@pytest.mark.parametrize("scoring", ["scaled", "classic"])
def test_a_voice_scored_against_itself_is_perfect(mini_synthesizer, voice, encoders, scoring):
    clip = mini_synthesizer.speak(TEXT, voice, seed=0)
    config = ScoreConfig(scoring=scoring)
    term = make_feature_term(scoring)
    target = build_target("itself", [clip], encoders, term)
    scorer = Scorer(target, encoders, term, config)
    evaluator = Evaluator(mini_synthesizer, scorer, TEXT, TEXT, 0, MemoryCache())
    score = evaluator.evaluate(voice).score
    assert score.score == pytest.approx(100.0, abs=0.01)
    assert evaluator.counts.n_spoken == 1  # target and probe text are the same here


def test_one_evaluation_embeds_each_utterance_once(mini_synthesizer, voice, encoders):
    clip = mini_synthesizer.speak(TEXT, voice, seed=0)
    term = make_feature_term("scaled")
    target = build_target("t", [clip], encoders, term)
    evaluator = Evaluator(
        mini_synthesizer,
        Scorer(target, encoders, term, ScoreConfig()),
        TEXT,
        "Another sentence, quite unlike the first.",
        0,
        MemoryCache(),
    )
    before = encoders.resemblyzer.n_embeddings
    evaluator.evaluate(voice)
    assert encoders.resemblyzer.n_embeddings == before + 2


def test_several_clips_pool_to_a_centroid(mini_synthesizer, voice, encoders):
    term = make_feature_term("scaled")
    texts = (TEXT, "Nobody knew why the clock had stopped at noon.")
    clips = [mini_synthesizer.speak(text, voice, seed=0) for text in texts]
    target = build_target("two", clips, encoders, term)
    (centroid,) = target.embeddings.values()
    assert np.linalg.norm(centroid) == pytest.approx(1.0, abs=1e-5)
    assert len(target.clip_similarities) == 2
    single = [cosine(centroid, encoders.resemblyzer.embed(clip)) for clip in clips]
    assert single == pytest.approx(target.clip_similarities)
    assert target.duration_s == pytest.approx(sum(clip.duration_s for clip in clips))
