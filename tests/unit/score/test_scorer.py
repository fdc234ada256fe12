"""Scorer and Target on real recordings, against what the original program gives."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from kvoicewalk.audio import Utterance, read_utterance
from kvoicewalk.config import ScoreConfig
from kvoicewalk.errors import AudioError
from kvoicewalk.score.acoustics import make_feature_term
from kvoicewalk.score.scorer import Scorer
from kvoicewalk.score.speaker import SpeakerEncoder, WindowedSpeech, cosine
from kvoicewalk.score.target import build_target


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    return SpeakerEncoder()


@pytest.fixture(scope="module")
def golden(shared_data: Path) -> list[dict]:
    return json.loads((shared_data / "golden" / "original_scores.json").read_text())["scores"]


def test_all_rows_of_the_original(shared_data, golden, encoder):
    term, config = make_feature_term("classic"), ScoreConfig(scoring="classic")
    names = {row[key] for row in golden for key in ("target", "utterance", "probe")}
    clips = {name: read_utterance(shared_data / "targets" / name) for name in names}
    embeddings = {name: encoder.embed(clip) for name, clip in clips.items()}
    features = {row["utterance"]: term.extract(clips[row["utterance"]]) for row in golden}
    targets = {
        name: build_target(name, [clips[name]], encoder, term)
        for name in {row["target"] for row in golden}
    }
    assert len(golden) == 16
    for row in golden:
        scorer = Scorer(targets[row["target"]], encoder, term, config)
        spoken = row["utterance"]
        score = scorer.score(embeddings[spoken], features[spoken], embeddings[row["probe"]])
        assert score.target_similarity == pytest.approx(row["target_similarity"], abs=0.002)
        assert score.self_similarity == pytest.approx(row["self_similarity"], abs=0.002)
        assert score.score == pytest.approx(row["score"], abs=0.2)


def test_a_target_knows_its_clips(encoder, example_target):
    clip = read_utterance(example_target)
    half = clip.samples.size // 2
    clips = [
        Utterance(part, clip.sample_rate_hz, "")
        for part in (clip.samples[:half], clip.samples[half:])
    ]
    term = make_feature_term("scaled")
    target = build_target("halves", clips, encoder, term)
    assert target.embedding.shape == (256,)
    assert target.embedding.dtype == np.float32
    assert target.duration_s == pytest.approx(clip.duration_s, abs=0.001)
    assert min(target.clip_similarities) > 0.9  # the same speaker twice
    np.testing.assert_allclose(
        target.features, np.mean([term.extract(one) for one in clips], axis=0), rtol=1e-5
    )
    turned = build_target("halves", clips[::-1], encoder, term)
    assert turned.hash != target.hash
    assert cosine(turned.embedding, target.embedding) == pytest.approx(1.0, abs=1e-6)


def test_no_clip_no_target(encoder):
    with pytest.raises(AudioError, match="no target was given"):
        build_target("none", [], encoder, make_feature_term("scaled"))


def test_silence_has_no_speaker(encoder):
    with pytest.raises(AudioError, match="no speech was found"):
        encoder.embed(Utterance(np.zeros(48_000, np.float32), 24_000, ""))


def test_a_glance_on_the_way_changes_no_bit(encoder, example_target):
    clip = read_utterance(example_target)
    listening = encoder.listen(clip)
    glance = listening.glance()
    assert glance.shape == (256,)
    assert np.linalg.norm(glance) == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_array_equal(listening.embedding(), encoder.embed(clip))
    assert 0.95 < cosine(glance, listening.embedding()) < 1.0


@pytest.mark.parametrize(
    ("n_windows", "heard"), [(8, [0, 2, 4, 6, 7]), (9, [0, 2, 4, 6, 8]), (11, [0, 2, 4, 6, 8, 10])]
)
def test_a_glance_is_the_mean_of_every_second_window_and_the_last(encoder, n_windows, heard):
    mels = np.random.default_rng(0).random((n_windows, 160, 40), dtype=np.float32)
    listening = WindowedSpeech(encoder.network, mels)
    whole = encoder.network(torch.from_numpy(mels)).numpy()
    for found, windows in ((listening.glance(), whole[heard]), (listening.embedding(), whole)):
        mean = windows.mean(axis=0)
        np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=1e-6)


@pytest.mark.parametrize("n_windows", [1, 2, 7])
def test_few_windows_are_all_heard(encoder, n_windows):
    mels = np.random.default_rng(0).random((n_windows, 160, 40), dtype=np.float32)
    listening = WindowedSpeech(encoder.network, mels)
    np.testing.assert_array_equal(listening.glance(), listening.embedding())
