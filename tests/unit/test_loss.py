"""Lessons: texts, losses, and where their gradients lead."""

import numpy as np
import pytest
import torch

from kvoicewalk.config import GradientConfig
from kvoicewalk.errors import AudioError
from kvoicewalk.loss import (
    EVEN_LIKENESS,
    FULL_LIKENESS,
    GradientLoss,
    ProsodyChange,
    SpeakerTerm,
    prosody_change,
    smooth_quantiles,
    speaker_terms,
)
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.scoring.prosody import Prosody
from kvoicewalk.scoring.speaker import EncoderSet, Resemblyzer
from kvoicewalk.scoring.speaker.campplus import Campplus, DifferentiableCampplus
from kvoicewalk.scoring.speaker.campplus_network import CampplusNetwork
from kvoicewalk.scoring.speaker.likeness import likeness_scales
from kvoicewalk.scoring.speaker.resemblyzer_twin import DifferentiableResemblyzer
from kvoicewalk.search.gradient import GradientDescent, follow
from kvoicewalk.search.space import describe_population, make_space
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.texts import texts_of
from kvoicewalk.voices import PROSODY, TIMBRE, Voice
from tests.generated_campplus import generate_campplus

NO_CHANGE = ProsodyChange(0.0, 0.0, 0.0)
TEXTS = texts_of().lessons[6:9]


@pytest.fixture(scope="module")
def synthesizer(mini_model):
    return KokoroSynthesizer(mini_model, Phonemizer(mini_model.vocab, mini_model.english))


@pytest.fixture(scope="module")
def encoder():
    return Resemblyzer()


@pytest.fixture(scope="module")
def voices(mini_model):
    return [mini_model.voices.load(name) for name in mini_model.voices.names]


@pytest.fixture(scope="module")
def target(synthesizer, encoder, voices):
    return encoder.embed(synthesizer.speak(texts_of().target, voices[5], seed=1))


def make_loss(synthesizer, encoder, target, start, change=NO_CHANGE, **config):
    aim = torch.from_numpy(target)
    term = SpeakerTerm("resemblyzer", 1.0, DifferentiableResemblyzer(encoder), aim)
    return GradientLoss(synthesizer, [term], start, change, TEXTS, GradientConfig(**config))


def test_same_voice_and_number_same_lesson_and_all_texts_come_round(
    synthesizer, encoder, target, voices
):
    loss = make_loss(synthesizer, encoder, target, voices[0])
    first = loss.sample(voices[0], 4)
    losses = {loss.sample(voices[0], number).loss for number in range(3)}
    again = make_loss(synthesizer, encoder, target, voices[0]).sample(voices[0], 4)
    assert first.loss == again.loss
    np.testing.assert_array_equal(first.gradient, again.gradient)
    assert len(losses) == 3
    assert loss.n_lessons == 4


def test_the_start_misses_nothing_where_nothing_must_change(synthesizer, encoder, target, voices):
    lesson = make_loss(synthesizer, encoder, target, voices[0]).sample(voices[0], 0)
    for name in ("pitch", "range", "pace"):
        assert lesson.parts[name] == pytest.approx(0.0, abs=1e-5)
    assert lesson.loss == pytest.approx(lesson.parts["resemblyzer"], abs=1e-5)
    assert lesson.gradient.shape == (256,)
    assert np.abs(lesson.gradient[TIMBRE]).max() > 0


def test_unknown_prosody_is_left_alone(synthesizer, encoder, target, voices):
    nothing = ProsodyChange(None, None, None)
    lesson = make_loss(synthesizer, encoder, target, voices[0], nothing).sample(voices[3], 0)
    assert np.abs(lesson.gradient[PROSODY]).max() == 0
    assert np.abs(lesson.gradient[TIMBRE]).max() > 0


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (ProsodyChange(3.0, None, None), "pitch"),
        (ProsodyChange(None, 2.0, None), "range"),
        (ProsodyChange(None, None, 0.3), "pace"),
    ],
)
def test_a_step_down_the_gradient_misses_less(synthesizer, encoder, target, voices, change, part):
    loss = make_loss(synthesizer, encoder, target, voices[0], change)
    before = loss.sample(voices[0], 0)
    assert before.parts[part] > 0.5
    direction = before.gradient / np.linalg.norm(before.gradient[PROSODY])
    direction[TIMBRE] = 0
    moved = Voice("moved", (voices[0].rows - 0.1 * direction).astype(np.float32))
    assert loss.sample(moved, 0).parts[part] < before.parts[part]


def test_lessons_bring_a_voice_closer_on_a_text_it_never_spoke(
    synthesizer, encoder, target, voices
):
    def likeness(voice):
        return float(encoder.embed(synthesizer.speak(texts_of().target, voice, seed=9)) @ target)

    loss = make_loss(synthesizer, encoder, target, voices[0])
    space = make_space("shared", voices[0], describe_population(voices))
    found = follow(GradientDescent(space, None, GradientConfig()), loss.sample, 6, "found")
    assert likeness(found) > likeness(voices[0]) + 0.02


@pytest.fixture(scope="module")
def campplus():
    return Campplus(CampplusNetwork(generate_campplus()))


@pytest.fixture(scope="module")
def both(encoder, campplus):
    return EncoderSet((encoder, campplus), encoder)


def test_parts_come_by_encoder_and_weights_join_them(synthesizer, both, voices):
    config = GradientConfig(is_balanced=False)
    spoken = synthesizer.speak(texts_of().target, voices[5], seed=1)
    terms = speaker_terms(both, both.embed(spoken), config)
    loss = GradientLoss(synthesizer, terms, voices[0], NO_CHANGE, TEXTS, config)
    lesson = loss.sample(voices[0], 0)
    assert list(lesson.parts) == ["resemblyzer", "campplus", "pitch", "range", "pace"]
    for term in terms:
        assert 0 < lesson.parts[term.name] < 2
    wanted = sum(term.weight * lesson.parts[term.name] for term in terms)
    assert lesson.loss == pytest.approx(wanted, abs=1e-5)
    alone = [
        GradientLoss(synthesizer, [term], voices[0], NO_CHANGE, TEXTS, config).sample(voices[0], 0)
        for term in terms
    ]
    for term, own in zip(terms, alone, strict=True):
        assert own.parts[term.name] == lesson.parts[term.name]
    joined = sum(own.gradient[TIMBRE] for own in alone)
    away = np.linalg.norm(lesson.gradient[TIMBRE] - joined)
    # In bfloat16, two gradients added are not the gradient of the sum to the last bit.
    assert away < 0.05 * np.linalg.norm(joined)


def test_a_weight_is_a_share_of_likeness_on_resemblyzers_scale(both, encoder):
    scales = likeness_scales()
    target = {"resemblyzer": np.ones(256, np.float32), "campplus": np.ones(192, np.float32)}
    (own,) = speaker_terms(EncoderSet.alone(encoder), target, GradientConfig())
    assert (own.name, own.weight) == ("resemblyzer", 1.0)
    shares = {"resemblyzer": 0.3, "campplus": 0.9}
    one, other = speaker_terms(both, target, GradientConfig(encoder_shares=shares))
    assert one.weight == pytest.approx(0.25)
    # A step of likeness counts by its share, whichever encoder hears it.
    step = {name: scales[name].similarity(0.6) - scales[name].similarity(0.5) for name in scales}
    assert other.weight * step["campplus"] == pytest.approx(3 * one.weight * step["resemblyzer"])
    unnamed = speaker_terms(both, target, GradientConfig(encoder_shares={}))
    assert unnamed[0].weight == pytest.approx(0.5)


class Says:
    """An encoder that always hears one number; the target is 1."""

    def __init__(self, cosine):
        self.cosine = torch.tensor([cosine], requires_grad=True)

    def embed_all(self, samples):
        return [self.cosine] * len(samples)


def test_balanced_the_less_satisfied_encoder_leads():
    """At one likeness a step counts as it does unbalanced; at all of it, nothing is left."""
    for scale in likeness_scales().values():

        def slope(likeness, own=scale, **how):
            encoder = Says(float(own.similarity(likeness)))
            term = SpeakerTerm("one", 1.0, encoder, torch.ones(1), **how)
            term.misses([torch.zeros(1)], [""])[0].backward()
            return float(encoder.cosine.grad)

        assert slope(EVEN_LIKENESS) == -1
        assert slope(EVEN_LIKENESS, scale=scale) == pytest.approx(-1, rel=1e-4)
        assert slope(0.0, scale=scale) < slope(0.9, scale=scale) < 0
        assert slope(FULL_LIKENESS + 0.1, scale=scale) == 0


def test_one_encoder_alone_is_never_balanced(encoder):
    target = {"resemblyzer": np.ones(256, np.float32)}
    (term,) = speaker_terms(EncoderSet.alone(encoder), target, GradientConfig())
    assert term.scale is None


def test_resemblyzer_hears_as_many_windows_as_the_config_says(both):
    target = {"resemblyzer": np.ones(256, np.float32), "campplus": np.ones(192, np.float32)}
    terms = speaker_terms(both, target, GradientConfig(partials_per_s=0.8))
    assert [type(term.encoder) for term in terms] == [
        DifferentiableResemblyzer,
        DifferentiableCampplus,
    ]
    assert terms[0].encoder.partials_per_s == 0.8


def test_a_lesson_in_bfloat16_points_where_that_in_float32_does(
    synthesizer, encoder, target, voices
):
    lessons = [
        make_loss(synthesizer, encoder, target, voices[0], precision=precision).sample(voices[0], 0)
        for precision in ("float32", "bfloat16")
    ]
    exact, mixed = (lesson.gradient[TIMBRE] for lesson in lessons)
    assert not np.array_equal(exact, mixed)
    assert np.isfinite(mixed).all()
    assert exact @ mixed > 0.9 * np.linalg.norm(exact) * np.linalg.norm(mixed)
    assert lessons[1].loss == pytest.approx(lessons[0].loss, abs=0.02)
    np.testing.assert_array_equal(lessons[0].gradient[PROSODY], lessons[1].gradient[PROSODY])


def test_prosody_change_is_a_difference_of_recordings():
    start, target = Prosody(80.0, 2.0, 0.06), Prosody(92.0, None, 0.12)
    change = prosody_change(start, target)
    assert change.pitch_semitones == 12.0
    assert change.range_semitones is None
    assert change.pace_log == pytest.approx(np.log(2))
    assert prosody_change(start, Prosody(None, None, None)) == ProsodyChange(None, None, None)


def test_smooth_quantiles_are_near_the_plain_ones_and_reach_many_values():
    values = torch.from_numpy(np.random.default_rng(0).normal(size=400)).requires_grad_()
    found = smooth_quantiles(values, (0.25, 0.5, 0.75))
    wanted = np.quantile(values.detach().numpy(), (0.25, 0.5, 0.75))
    np.testing.assert_allclose([float(one.detach()) for one in found], wanted, atol=0.03)
    found[1].backward()
    assert 40 <= int((values.grad != 0).sum()) <= 41
    assert float(values.grad.sum()) == pytest.approx(1.0)
    assert [float(one) for one in smooth_quantiles(torch.zeros(0), (0.5,))] == [0.0]


def test_lessons_in_one_pass_are_those_given_one_by_one(synthesizer, both, voices):
    config = GradientConfig(precision="float32")
    spoken = synthesizer.speak(texts_of().target, voices[5], seed=1)
    terms = speaker_terms(both, both.embed(spoken), config)
    change = ProsodyChange(2.0, 1.0, 0.1)
    loss = GradientLoss(synthesizer, terms, voices[0], change, TEXTS, config)
    wanted = [(voices[k % 2], k, seed) for seed in (0, None) for k in range(4)]
    together = loss.sample_all(wanted, max_frames=100_000)
    assert loss.n_lessons == len(wanted)
    for found, one in zip(together, wanted, strict=True):
        alone = loss.sample(*one)
        assert found.loss == pytest.approx(alone.loss, abs=1e-4)
        assert found.parts == pytest.approx(alone.parts, abs=1e-4)
        away = np.linalg.norm(found.gradient - alone.gradient)
        assert away < 1e-3 * np.linalg.norm(alone.gradient)


def test_a_silent_voice_keeps_no_other_from_its_lesson(synthesizer, encoder, target, voices):
    loss = make_loss(synthesizer, encoder, target, voices[0])
    hear = loss._terms[0].encoder.embed_all
    silent = {}

    def embed_all(samples):
        if any(one.numel() == silent["n"] for one in samples):
            raise AudioError("no speech was found to compare; the voice is silent.")
        return hear(samples)

    spoken = [synthesizer.phonemizer.phonemize(text).chunks[0] for text in TEXTS]
    row = lambda said: torch.tensor(voices[0].rows[len(said) - 1, 0])  # noqa: E731
    lengths = [synthesizer.speak_row(said, row(said), seed=0).samples.numel() for said in spoken]
    silent["n"] = lengths[loss._text_index(1, 0)]
    loss._terms[0].encoder.embed_all = embed_all
    found = loss.sample_all([(voices[0], k, None) for k in range(3)], max_frames=100_000)
    assert [one is None for one in found] == [False, True, False]
