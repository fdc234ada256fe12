"""Utterances in one pass are what they are alone."""

import numpy as np
import pytest
import torch

from kvoicewalk.item_noise import ItemNoise
from kvoicewalk.synth_together import TOLERANCE, SpeechRequest, speak_together
from kvoicewalk.voices import TIMBRE, Voice

TEXTS = ("It rained all day.", "Good morning to everyone here, and to those who listen.")


@pytest.fixture(scope="module")
def voices(mini_model):
    names = mini_model.voices.names[:4]
    return [mini_model.voices.load(name) for name in names]


def test_a_batch_is_what_single_calls_are(mini_synthesizer, voices):
    # Voices that share a prosody half speak equally long; the others have a group of their own.
    alike = []
    for k, voice in enumerate(voices):
        rows = voices[0].rows.copy()
        rows[..., TIMBRE] = voice.rows[..., TIMBRE]
        alike.append(Voice(f"alike{k}", rows))
    wanted = [
        SpeechRequest(text, voice, seed)
        for text in TEXTS
        for seed, voice in enumerate([*alike, *voices[1:]])
    ]
    together = speak_together(mini_synthesizer, wanted)
    for one, request in zip(together, wanted, strict=True):
        alone = mini_synthesizer.speak(request.text, request.voice, seed=request.seed)
        assert one.samples.shape == alone.samples.shape
        np.testing.assert_allclose(one.samples, alone.samples, atol=TOLERANCE)
        assert one.text == request.text


def test_long_texts_are_joined_from_their_chunks(mini_synthesizer, voices):
    text = " ".join(TEXTS * 12)
    assert len(mini_synthesizer.phonemes(text)) > 1
    (found,) = speak_together(mini_synthesizer, [SpeechRequest(text, voices[0], 3)])
    alone = mini_synthesizer.speak(text, voices[0], seed=3)
    np.testing.assert_allclose(found.samples, alone.samples, atol=TOLERANCE)


def test_a_damaged_voice_spoils_no_other(mini_synthesizer, voices):
    rows = voices[0].rows.copy()
    rows[..., TIMBRE] = 3e38
    damaged = Voice("damaged", rows)
    found = speak_together(
        mini_synthesizer, [SpeechRequest(TEXTS[0], one, 0) for one in (damaged, voices[0])]
    )
    assert found[0] is None
    alone = mini_synthesizer.speak(TEXTS[0], voices[0], seed=0)
    np.testing.assert_allclose(found[1].samples, alone.samples, atol=TOLERANCE)


@pytest.mark.parametrize(
    "draw",
    [
        lambda n: torch.rand(n, 40),
        lambda n: torch.randn((n, 3, 50)),
        lambda n: torch.randn_like(torch.zeros(n, 700)),
        lambda n: torch.rand_like(torch.zeros(n, 5, dtype=torch.float64)),
    ],
)
def test_each_item_draws_what_it_draws_alone(draw):
    alone = []
    for seed in (7, 8):
        torch.manual_seed(seed)
        alone.append(draw(1))
    with ItemNoise([7, 8], torch.device("cpu")):
        together = draw(2)
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=0)
    refusal = pytest.raises(ValueError, match="noise for 3 items where 2")
    with refusal, ItemNoise([7, 8], torch.device("cpu")):
        draw(3)
