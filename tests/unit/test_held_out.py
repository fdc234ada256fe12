"""The held-out score: lengths, joining, and numbers that a known voice must get."""

import numpy as np
import pytest

from kvoicewalk.audio import Utterance
from kvoicewalk.held_out import (
    join_short,
    make_yardstick,
    measure_held_out,
    share_of_gap,
)
from kvoicewalk.texts import texts_of
from tests.fakes import FakeScorer, FakeSynthesizer, constant_voice


class UnitEncoder(FakeScorer):
    """Embeds an utterance as the direction of its level and 1."""

    def embed(self, utterance):
        pair = np.array([utterance.samples.mean(), 1.0])
        return (pair / np.linalg.norm(pair)).astype(np.float32)


def test_a_voice_equal_to_the_target_scores_one():
    encoder = UnitEncoder()
    synthesizer = FakeSynthesizer()
    voice = constant_voice("same", 0.5)
    target = encoder.embed(synthesizer.speak("any", voice, seed=0))
    found = measure_held_out(voice, target, synthesizer, encoder, n_seeds=2)
    assert found.target_similarity == pytest.approx(1.0)
    assert found.self_similarity == pytest.approx(1.0)
    assert found.spread == pytest.approx(0.0)
    assert [one.n_phonemes for one in found.by_length] == [10, 40, 100, 200, 400]
    other = measure_held_out(constant_voice("x", -0.5), target, synthesizer, encoder, n_seeds=1)
    assert other.target_similarity < 0.7


def test_a_row_gone_astray_shows_at_its_length_alone():
    encoder, voice = UnitEncoder(), constant_voice("v", 0.5)

    class AstrayAtLongTexts(FakeSynthesizer):
        def speak(self, text, voice, *, seed, lang="a"):
            spoken = super().speak(text, voice, seed=seed, lang=lang)
            return Utterance(-spoken.samples if len(text) > 300 else spoken.samples, 24_000)

    target = encoder.embed(FakeSynthesizer().speak("any", voice, seed=0))
    found = measure_held_out(voice, target, AstrayAtLongTexts(), encoder, n_seeds=1)
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
    encoder = UnitEncoder()
    assert make_yardstick(levels(1, 1), encoder).ceiling == pytest.approx(1.0)
    assert make_yardstick(levels(1, 1, -1), encoder).ceiling < 0.8
    halves = Utterance(np.repeat(np.array([1.0, -1.0], np.float32), 2400), 24_000)
    found = make_yardstick([halves], encoder)
    assert found.ceiling == pytest.approx(0.0, abs=1e-6)
    assert found.references.shape == (2, 2)


@pytest.mark.parametrize("clips", [(0.5, 0.5, 0.5), (0.5,)])
def test_a_perfect_copy_reaches_the_ceiling(clips):
    encoder, synthesizer = UnitEncoder(), FakeSynthesizer()
    yardstick = make_yardstick(levels(*clips), encoder)
    copy = measure_held_out(
        constant_voice("copy", 0.5), yardstick.references, synthesizer, encoder, n_seeds=1
    )
    assert copy.target_similarity == pytest.approx(yardstick.ceiling)


def test_speech_facts_and_what_is_handed_on():
    class Loud(FakeSynthesizer):
        def speak(self, text, voice, *, seed, lang="a"):
            samples = np.zeros(24_000, np.float32)
            samples[:6_000] = -1.0
            return Utterance(samples, 24_000)

    heard = []
    found = measure_held_out(
        constant_voice("loud", 0.5), np.ones(2), Loud(), UnitEncoder(), n_seeds=2,
        hear=lambda n_phonemes, utterance: heard.append(n_phonemes),
    )  # fmt: skip
    assert found.facts.clipped_share == pytest.approx(0.25)
    assert 0 < found.facts.silence_share <= 1
    assert found.facts.speech_s < found.duration_s
    assert heard == [n for n, texts in texts_of().held_out.items() for _ in texts]


def test_share_of_the_gap():
    assert share_of_gap(0.8, 0.7, 0.9) == pytest.approx(0.5)
    assert share_of_gap(0.8, 0.9, 0.9) is None
