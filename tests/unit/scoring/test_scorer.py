"""Scorer and Target on real recordings, against what the original program gives."""

import json
from pathlib import Path

import numpy as np
import pytest

from kvoicewalk.audio import Utterance, read_utterance
from kvoicewalk.config import ScoreConfig
from kvoicewalk.errors import AudioError
from kvoicewalk.scoring.acoustics import make_feature_term
from kvoicewalk.scoring.scorer import Scorer
from kvoicewalk.scoring.speaker import EncoderSet, Resemblyzer, cosine, joint_similarity
from kvoicewalk.scoring.target import build_target
from tests.fakes import UnitEncoder, fake_encoders


@pytest.fixture(scope="module")
def encoders() -> EncoderSet:
    return EncoderSet.alone(Resemblyzer())


@pytest.fixture(scope="module")
def golden(shared_data: Path) -> list[dict]:
    return json.loads((shared_data / "golden" / "original_scores.json").read_text())["scores"]


def test_all_rows_of_the_original(shared_data, golden, encoders):
    term, config = make_feature_term("classic"), ScoreConfig(scoring="classic")
    names = {row[key] for row in golden for key in ("target", "utterance", "probe")}
    clips = {name: read_utterance(shared_data / "targets" / name) for name in names}
    embeddings = {name: encoders.embed(clip) for name, clip in clips.items()}
    features = {row["utterance"]: term.extract(clips[row["utterance"]]) for row in golden}
    targets = {
        name: build_target(name, [clips[name]], encoders, term)
        for name in {row["target"] for row in golden}
    }
    assert len(golden) == 16
    for row in golden:
        scorer = Scorer(targets[row["target"]], encoders, term, config)
        spoken = row["utterance"]
        score = scorer.score(embeddings[spoken], features[spoken], embeddings[row["probe"]])
        assert score.target_similarity == pytest.approx(row["target_similarity"], abs=0.002)
        assert score.self_similarity == pytest.approx(row["self_similarity"], abs=0.002)
        assert score.score == pytest.approx(row["score"], abs=0.2)


def test_a_target_knows_its_clips(encoders, example_target):
    clip = read_utterance(example_target)
    half = clip.samples.size // 2
    clips = [
        Utterance(part, clip.sample_rate_hz, "")
        for part in (clip.samples[:half], clip.samples[half:])
    ]
    term = make_feature_term("scaled")
    target = build_target("halves", clips, encoders, term)
    (centroid,) = target.embeddings.values()
    assert centroid.shape == (256,)
    assert centroid.dtype == np.float32
    assert target.duration_s == pytest.approx(clip.duration_s, abs=0.001)
    assert min(target.clip_similarities) > 0.9  # the same speaker twice
    np.testing.assert_allclose(
        target.features, np.mean([term.extract(one) for one in clips], axis=0), rtol=1e-5
    )
    turned = build_target("halves", clips[::-1], encoders, term)
    assert turned.hash != target.hash
    assert cosine(turned.embeddings["resemblyzer"], centroid) == pytest.approx(1.0, abs=1e-6)


class Half:
    """A feature term by which everything is half alike."""

    name = "half"

    def extract(self, utterance):
        return np.zeros(3, np.float32)

    def similarity(self, utterance, target):
        return 0.5


def spoken(level):
    return Utterance(np.full(2400, level, np.float32), 24_000)


def test_two_encoders_are_joined_in_every_part_of_a_score():
    first, second = UnitEncoder(), UnitEncoder("campplus", off=-0.3)
    both, config = fake_encoders(first, second), ScoreConfig()
    target = build_target("t", [spoken(0.9), spoken(0.7)], both, Half())
    assert {name: len(one) for name, one in target.embeddings.items()} == {
        "resemblyzer": 2,
        "campplus": 2,
    }
    scorer = Scorer(target, both, Half(), config)
    text, probe = both.embed(spoken(0.1)), both.embed(spoken(0.4))
    found = scorer.score(text, np.zeros(3), probe)
    cosines = scorer.similarities(text)
    assert cosines == {n: cosine(text[n], target.embeddings[n]) for n in both.names}
    assert found.target_similarity == joint_similarity(cosines) == scorer.target_similarity(text)
    assert found.self_similarity == joint_similarity(
        {name: cosine(text[name], probe[name]) for name in both.names}
    )
    assert target.clip_similarities == tuple(
        joint_similarity(scorer.similarities(both.embed(spoken(level)))) for level in (0.9, 0.7)
    )


def test_resemblyzer_alone_scores_by_its_own_cosines_to_the_last_bit():
    alone = fake_encoders(UnitEncoder())
    target = build_target("t", [spoken(0.9), spoken(0.7)], alone, Half())
    text, probe = alone.embed(spoken(0.1)), alone.embed(spoken(0.4))
    found = Scorer(target, alone, Half(), ScoreConfig()).score(text, np.zeros(3), probe)
    (own,) = text.values()
    assert found.target_similarity == cosine(own, target.embeddings["resemblyzer"])
    assert found.self_similarity == cosine(own, probe["resemblyzer"])


def test_a_glance_says_enough_where_resemblyzer_leads_alone():
    one, other = UnitEncoder(), UnitEncoder("campplus")
    target = build_target("t", [spoken(0.9)], fake_encoders(one, other), Half())

    def scorer(*members):
        return Scorer(target, EncoderSet(members, one), Half(), ScoreConfig())

    assert scorer(one).has_glance
    assert not scorer(one, other).has_glance
    assert not scorer(other).has_glance
    own = one.embed(spoken(0.2))
    found = scorer(one).glance_similarity(own)
    assert found == cosine(own, target.embeddings["resemblyzer"])


def test_no_clip_no_target(encoders):
    with pytest.raises(AudioError, match="no target was given"):
        build_target("none", [], encoders, make_feature_term("scaled"))
