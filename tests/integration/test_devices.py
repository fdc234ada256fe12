"""Rank, gradient and judge away from the CPU: on a stand-in for a card, and on a card."""

import json
import shutil

import numpy as np
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from kvoicewalk import synth_together
from kvoicewalk.bundle import bundled_dir
from kvoicewalk.cli.app import app
from kvoicewalk.config import GradientConfig
from kvoicewalk.loss import GradientLoss, ProsodyChange, speaker_terms
from kvoicewalk.models import registry
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.scoring.speaker import EncoderSet, Resemblyzer
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.synth_together import SpeechRequest, speak_together
from kvoicewalk.texts import texts_of
from kvoicewalk.voices import PROSODY, TIMBRE
from tests.elsewhere import DEVICE, Elsewhere
from tests.generated_kokoro import generate_checkpoint, write_hub_cache

VOICES = ("af_beryl", "af_ivory", "am_garnet")
CHANGE = ProsodyChange(1.0, 0.5, 0.1)


@pytest.fixture
def away(monkeypatch):
    """The second device, and every model put on it."""
    # What inference mode makes, the stand-in cannot wrap; without a gradient is the same to it.
    monkeypatch.setattr(torch, "inference_mode", torch.no_grad)
    plain = KokoroSynthesizer._speak_chunk.__wrapped__
    monkeypatch.setattr(KokoroSynthesizer, "_speak_chunk", torch.no_grad()(plain))
    monkeypatch.setattr(registry, "choose_device", lambda wanted: DEVICE)
    with Elsewhere():
        yield DEVICE


def make_loss(model, target):
    """Lessons on a model's own device."""
    synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, model.english))
    encoders = EncoderSet.alone(Resemblyzer(model.network.device))
    start = model.voices.load(model.voices.names[0])
    config = GradientConfig(partials_per_s=1.3, precision="float32")
    terms = speaker_terms(encoders, {"resemblyzer": target}, config)
    return GradientLoss(synthesizer, terms, start, CHANGE, texts_of().lessons[6:8], config)


def teach(model, target):
    """Returns one lesson."""
    return make_loss(model, target).sample(model.voices.load(model.voices.names[0]), 0)


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.fixture(scope="module")
def target(mini_model):
    synthesizer = KokoroSynthesizer(mini_model, Phonemizer(mini_model.vocab, mini_model.english))
    voice = mini_model.voices.load("am_garnet")
    return Resemblyzer().embed(synthesizer.speak(texts_of().target, voice, seed=1))


def test_the_stand_in_refuses_what_a_card_refuses(away):
    there = torch.ones(3, device=away)
    for mixed in (lambda: there + torch.ones(3), lambda: torch.ones(2, 3) @ there):
        with pytest.raises(RuntimeError, match="two devices"):
            mixed()
    with pytest.raises((RuntimeError, TypeError, NotImplementedError)):
        there.numpy()
    assert (2.0 * there + torch.tensor(1.0)).cpu().tolist() == [3.0] * 3


def test_a_lesson_is_the_same_on_another_device(mini_model, target, away):
    here = teach(mini_model, target)
    there = teach(registry.open_model(registry.ModelConfig(name="mini")), target)
    assert there.loss == pytest.approx(here.loss, abs=1e-4)
    for half in (TIMBRE, PROSODY):
        assert cosine(here.gradient[half], there.gradient[half]) > 0.999


def test_in_one_pass_voices_and_lessons_are_the_same_on_another_device(
    mini_model, mini_synthesizer, target, away, monkeypatch
):
    draws = torch.Generator  # the stand-in has none of its own
    monkeypatch.setattr(torch, "Generator", lambda device: draws())
    monkeypatch.setattr(synth_together, "_speak_chunks", synth_together._speak_chunks.__wrapped__)
    model = registry.open_model(registry.ModelConfig(name="mini"))
    voices = [mini_model.voices.load(name) for name in VOICES]
    wanted = [SpeechRequest("It rained all day.", voice, 3) for voice in voices]
    synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, model.english))
    with torch.no_grad():
        pairs = [speak_together(each, wanted) for each in (synthesizer, mini_synthesizer)]
    for one, other in zip(*pairs, strict=True):
        np.testing.assert_allclose(one.samples, other.samples, atol=1e-3)  # phases add up
    wanted = [(voice, number, 0) for number in range(1) for voice in voices[:2]]
    there = make_loss(model, target).sample_all(wanted, max_frames=10_000)
    here = make_loss(mini_model, target).sample_all(wanted, max_frames=10_000)
    for one, other in zip(there, here, strict=True):
        assert one.loss == pytest.approx(other.loss, abs=1e-3)
        for half in (TIMBRE, PROSODY):
            assert cosine(one.gradient[half], other.gradient[half]) > 0.999


@pytest.mark.slow
def test_a_lesson_with_the_whole_of_kokoro_on_another_device(target, tmp_path, away):
    rows = torch.full((510, 1, 256), 0.1)
    write_hub_cache(tmp_path, generate_checkpoint(), {"a": rows})
    (snapshot,) = (tmp_path / "hub" / "models--hexgrad--Kokoro-82M" / "snapshots").iterdir()
    lesson = teach(registry.open_model(registry.ModelConfig(name=str(snapshot))), target)
    assert np.isfinite(lesson.gradient).all()
    assert np.abs(lesson.gradient[TIMBRE]).max() > 0
    assert np.abs(lesson.gradient[PROSODY]).max() > 0


def clone(folder, example_target, *options):
    """Runs `kvw clone`, short; returns its last line."""
    samples, rate_hz = soundfile.read(example_target)
    clip = folder / "clip.wav"
    soundfile.write(clip, samples[: 4 * rate_hz], rate_hz)
    voices = folder / "voices"
    voices.mkdir()
    for name in VOICES:
        shutil.copy(bundled_dir("voices") / f"{name}.pt", voices)
    config = {
        "model": {"name": "mini"},
        "target": {"paths": [str(clip)], "text": "My grandmother kept bees."},
        "rank": {"voices_path": str(voices)},
        "walk": {"method": "gradient", "n_steps": 2},
        "gradient": {"n_lessons": 2, "first_lessons": 2},
        "held_out": {"n_seeds": 1},
    }
    (folder / "config.json").write_text(json.dumps(config))
    arguments = ("clone", "--config", folder / "config.json", "--out", folder / "out", "--json")
    result = CliRunner().invoke(app, [str(one) for one in (*arguments, *options)])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def check_clone(done):
    assert (done["event"], done["step"]) == ("done", 2)
    assert (done["timing"]["n_lessons"], done["timing"]["n_lessons_skipped"]) == (4, 0)
    assert done["best"]["target_similarity"] > 0.5
    assert done["held_out"]["target_similarity"] > 0.5


@pytest.mark.slow
@pytest.mark.long
def test_rank_gradient_and_judge_on_another_device(example_target, tmp_path, away):
    check_clone(clone(tmp_path, example_target))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_rank_gradient_and_judge_on_a_card(example_target, tmp_path):
    check_clone(clone(tmp_path, example_target, "--device", "cuda"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_lesson_is_the_same_on_a_card(mini_model, target):
    config = registry.ModelConfig(name="mini", device="cuda")
    here, there = teach(mini_model, target), teach(registry.open_model(config), target)
    # Another generator draws another noise.
    assert there.loss == pytest.approx(here.loss, abs=0.05)
    assert cosine(here.gradient[PROSODY], there.gradient[PROSODY]) > 0.99
