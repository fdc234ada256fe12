"""`voices adjust`: what was asked for is heard, and nothing else changes."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import kvoicewalk
from kvoicewalk.app.adjust import Adjustment
from kvoicewalk.cli.app import app
from kvoicewalk.errors import ConfigError
from kvoicewalk.scoring.prosody import measure_prosody
from kvoicewalk.texts import texts_of
from kvoicewalk.voices import PROSODY, TIMBRE, load_voice

NAME = "af_beryl"
TEXTS = texts_of().held_out[40]


@pytest.fixture(scope="module")
def own(mini_model):
    return mini_model.voices.load(NAME)


def measured(model, voice):
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.synth import KokoroSynthesizer

    synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, model.english))
    n_phonemes = sum(synthesizer.phonemizer.phonemize(text).n_phonemes for text in TEXTS)
    return measure_prosody([synthesizer.speak(t, voice, seed=3) for t in TEXTS], n_phonemes)


def test_higher_and_faster_on_new_texts_and_the_timbre_stays(mini_model, own, tmp_path):
    path = tmp_path / "new.pt"
    words = ["voices", "adjust", NAME, "--pitch", "2", "--pace", "1.2", "--save", str(path)]
    done = CliRunner().invoke(app, [*words, "--model", "mini", "--json"])
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert (facts["pitch_semitones"], facts["pace"], facts["voice_path"]) == (2, 1.2, str(path))
    voice = load_voice(path)
    np.testing.assert_array_equal(voice.rows[..., TIMBRE], own.rows[..., TIMBRE])
    before, after = measured(mini_model, own), measured(mini_model, voice)
    assert after.pitch_semitones - before.pitch_semitones == pytest.approx(2, abs=0.7)
    assert before.pace_s / after.pace_s == pytest.approx(1.2, abs=0.06)
    sidecar = json.loads(path.with_suffix(".kvw.json").read_text())
    assert sidecar["method"] == "adjust"
    again = CliRunner().invoke(app, [*words, "--model", "mini"])
    assert again.exit_code == 1
    assert "is there already" in again.output


def test_brighter_moves_the_timbre_and_no_prosody(mini_model, own):
    import torch

    from kvoicewalk.brightness import brightness_db
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.synth import KokoroSynthesizer

    voice = kvoicewalk.adjust(NAME, brightness_db=3, model="mini")
    np.testing.assert_array_equal(voice.rows[..., PROSODY], own.rows[..., PROSODY])
    synthesizer = KokoroSynthesizer(mini_model, Phonemizer(mini_model.vocab, mini_model.english))
    gains = [
        float(
            brightness_db(torch.from_numpy(synthesizer.speak(text, voice, seed=3).samples))
            - brightness_db(torch.from_numpy(synthesizer.speak(text, own, seed=3).samples))
        )
        for text in TEXTS
    ]
    assert np.mean(gains) > 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({}, "nothing is to change"),
        ({"pitch_semitones": 13}, "out of range: -12 to 12"),
        ({"pace": float("nan")}, "out of range"),
        ({"liveliness": 0.4}, "out of range: 0.5 to 2"),
    ],
)
def test_what_cannot_be_asked_for(wrong, words):
    with pytest.raises(ConfigError, match=words):
        Adjustment(**wrong)
