"""The held-out score: lengths, joining, and numbers that a known voice must get."""

import statistics

import numpy as np
import pytest

from kvoicewalk.audio import Utterance
from kvoicewalk.held_out import (
    join_short,
    make_yardstick,
    measure_held_out,
    share_of_gap,
)
from kvoicewalk.scoring.speaker import cosine, joint_similarity, mean_similarities
from kvoicewalk.texts import texts_of
from tests.fakes import FakeSynthesizer, UnitEncoder, constant_voice, fake_encoders

ALONE = fake_encoders(UnitEncoder())


def test_a_voice_equal_to_the_target_scores_one():
    synthesizer = FakeSynthesizer()
    voice = constant_voice("same", 0.5)
    target = [ALONE.embed(synthesizer.speak("any", voice, seed=0))]
    found = measure_held_out(voice, target, synthesizer, ALONE, n_seeds=2)
    assert found.target_similarity == pytest.approx(1.0)
    assert found.self_similarity == pytest.approx(1.0)
    assert found.spread == pytest.approx(0.0)
    assert [one.n_phonemes for one in found.by_length] == [10, 40, 100, 200, 400]
    other = measure_held_out(constant_voice("x", -0.5), target, synthesizer, ALONE, n_seeds=1)
    assert other.target_similarity < 0.7


def test_a_row_gone_astray_shows_at_its_length_alone():
    voice = constant_voice("v", 0.5)

    class AstrayAtLongTexts(FakeSynthesizer):
        def speak(self, text, voice, *, seed, lang="a"):
            spoken = super().speak(text, voice, seed=seed, lang=lang)
            return Utterance(-spoken.samples if len(text) > 300 else spoken.samples, 24_000)

    target = [ALONE.embed(FakeSynthesizer().speak("any", voice, seed=0))]
    found = measure_held_out(voice, target, AstrayAtLongTexts(), ALONE, n_seeds=1)
    by_length = {one.n_phonemes: one for one in found.by_length}
    assert by_length[400].target_similarity < 0.7
    assert by_length[400].self_similarity < by_length[10].self_similarity
    assert by_length[200].target_similarity == pytest.approx(1.0)


def test_short_utterances_are_joined_and_nothing_is_lost():
    parts = [Utterance(np.full(n, n, np.float32), 24_000) for n in (24_000, 72_000, 96_000, 100)]
    joined = join_short(parts)
    assert [one.samples.size for one in joined] == [96_000, 96_100]
    assert join_short(parts[:1])[0].samples.size == 24_000


def levels(*values):
    return [Utterance(np.full(2400, value, np.float32), 24_000) for value in values]


def test_the_ceiling_leaves_each_clip_out():
    assert make_yardstick(levels(1, 1), ALONE).ceiling == pytest.approx(1.0)
    assert make_yardstick(levels(1, 1, -1), ALONE).ceiling < 0.8
    halves = Utterance(np.repeat(np.array([1.0, -1.0], np.float32), 2400), 24_000)
    found = make_yardstick([halves], ALONE)
    assert found.ceiling == pytest.approx(0.0, abs=1e-6)
    assert [one["resemblyzer"].shape for one in found.references] == [(2,), (2,)]


@pytest.mark.parametrize("clips", [(0.5, 0.5, 0.5), (0.5,)])
def test_a_perfect_copy_reaches_the_ceiling(clips):
    yardstick = make_yardstick(levels(*clips), ALONE)
    copy = measure_held_out(
        constant_voice("copy", 0.5), yardstick.references, FakeSynthesizer(), ALONE, n_seeds=1
    )
    assert copy.target_similarity == pytest.approx(yardstick.ceiling)


def two_ears():
    return fake_encoders(UnitEncoder(), UnitEncoder("campplus", off=-0.4))


@pytest.mark.parametrize("n_seeds", [1, 2])
def test_two_encoders_are_told_apart_and_joined_at_each_length(n_seeds):
    class HigherInLongTexts(FakeSynthesizer):
        def speak(self, text, voice, *, seed, lang="a"):
            level = 0.6 if len(text) > 300 else 0.5
            return Utterance(np.full(2400, level, np.float32), 24_000)

    encoders, clips = two_ears(), levels(0.9, 0.7, 0.8)
    yardstick = make_yardstick(clips, encoders)
    voice = constant_voice("v", 0.5)
    found = measure_held_out(
        voice, yardstick.references, HigherInLongTexts(), encoders, n_seeds=n_seeds
    )
    for encoder in encoders.members:
        alone = fake_encoders(encoder)
        usual, high = (
            np.mean([encoder.embed(own) @ one[encoder.name] for one in yardstick.references])
            for own in levels(0.5, 0.6)
        )
        wanted = (4 * usual + high) / 5
        assert abs(usual - high) > 0.01
        assert found.by_encoder[encoder.name] == pytest.approx(wanted, abs=1e-6)
        assert yardstick.by_encoder[encoder.name] == pytest.approx(
            make_yardstick(clips, alone).by_encoder[encoder.name]
        )
    assert list(found.by_encoder) == ["resemblyzer", "campplus"]
    assert found.by_encoder["campplus"] < found.by_encoder["resemblyzer"] < 1
    assert found.target_similarity == pytest.approx(joint_similarity(found.by_encoder))
    assert yardstick.ceiling == pytest.approx(joint_similarity(yardstick.by_encoder))


def test_resemblyzer_alone_is_judged_by_its_cosines_mean_to_the_last_bit():
    """As before there was a second encoder: math.fsum of the cosines by their number."""
    references = [ALONE.embed(one) for one in levels(0.9, 0.31, 0.7)]
    clips = levels(0.91, 0.3, 0.73, 0.62, 0.47, 0.11, 0.29)
    cosines = [cosine(ALONE.embed(levels(0.37)[0])["resemblyzer"], r["resemblyzer"])
               for r in references]  # fmt: skip
    found = measure_held_out(
        constant_voice("v", 0.37), references, FakeSynthesizer(), ALONE, n_seeds=1
    )
    n_pieces = len(join_short([Utterance(np.zeros(2400), 24_000)] * len(texts_of().held_out[10])))
    assert found.by_length[0].target_similarity == statistics.fmean(cosines * n_pieces)
    yardstick = make_yardstick(clips, ALONE)
    embeddings = [ALONE.embed(clip)["resemblyzer"] for clip in clips]
    assert yardstick.ceiling == statistics.fmean(
        cosine(one, reference["resemblyzer"])
        for one, reference in zip(embeddings, yardstick.references, strict=True)
    )
    for values in ([0.1, 0.2, 0.3], [0.1] * 6):  # numpy's mean, and a plain sum, round otherwise
        found = mean_similarities([{"resemblyzer": value} for value in values])
        assert found == {"resemblyzer": statistics.fmean(values)}


def test_speech_facts_and_what_is_handed_on():
    class Loud(FakeSynthesizer):
        def speak(self, text, voice, *, seed, lang="a"):
            samples = np.zeros(24_000, np.float32)
            samples[:6_000] = -1.0
            return Utterance(samples, 24_000)

    heard = []
    found = measure_held_out(
        constant_voice("loud", 0.5), [{"resemblyzer": np.ones(2)}], Loud(), ALONE, n_seeds=2,
        hear=lambda n_phonemes, utterance: heard.append(n_phonemes),
    )  # fmt: skip
    assert found.facts.clipped_share == pytest.approx(0.25)
    assert 0 < found.facts.silence_share <= 1
    assert found.facts.speech_s < found.duration_s
    assert heard == [n for n, texts in texts_of().held_out.items() for _ in texts]


def test_share_of_the_gap():
    assert share_of_gap(0.8, 0.7, 0.9) == pytest.approx(0.5)
    assert share_of_gap(0.8, 0.9, 0.9) is None
