"""Utterances in one pass are what they are alone."""

import numpy as np
import pytest
import torch

from kvoicewalk.item_noise import ItemNoise
from kvoicewalk.synth_together import (
    TOLERANCE,
    RowRequest,
    SpeechRequest,
    groups,
    speak_rows,
    speak_together,
)
from kvoicewalk.voices import TIMBRE, Voice

TEXTS = ("It rained all day.", "Good morning to everyone here, and to those who listen.")


@pytest.fixture(scope="module")
def voices(mini_model):
    names = mini_model.voices.names[:4]
    return [mini_model.voices.load(name) for name in names]


def test_a_batch_is_what_single_calls_are(mini_synthesizer, voices):
    # Voices that share a prosody half speak equally long; the others are padded, or apart.
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
        # Not in the order of memory, as Kokoro's harmonics are.
        lambda n: torch.randn_like(torch.zeros(n, 9, 700).transpose(1, 2)),
        lambda n: torch.rand_like(torch.zeros(n, 3, 5, 40).permute(0, 3, 1, 2)),
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


def test_those_of_nearly_one_length_go_together():
    assert groups([100, 300, 110, 90, 310, 121]) == [[3, 0, 2], [5], [1, 4]]
    assert groups([100, 300, 110, 90, 310], max_frames=250) == [[3, 0], [2], [1], [4]]
    assert [len(one) for one in groups([50] * 70)] == [32, 32, 6]
    assert groups([]) == []


@pytest.mark.parametrize("needs_prosody", [True, False])
def test_rows_in_one_pass_have_the_gradients_they_have_alone(
    mini_synthesizer, voices, needs_prosody
):
    said = [*mini_synthesizer.phonemes(TEXTS[0]), *mini_synthesizer.phonemes(TEXTS[1])]

    def wanted():
        for seed, voice in enumerate(voices):
            for phonemes in said:
                row = torch.tensor(voice.rows[len(phonemes) - 1, 0], requires_grad=True)
                yield RowRequest(phonemes, row, seed)

    def aim(spoken):
        return spoken.samples.square().sum() + spoken.pitch_hz.mean()

    requests, passes = list(wanted()), []
    samples: dict[int, np.ndarray] = {}
    how = {"max_frames": 10_000, "needs_prosody": needs_prosody}
    for group, spoken in speak_rows(mini_synthesizer, requests, **how):
        passes.append(len(group))
        sum(aim(one) for one in spoken).backward()
        samples.update((k, one.samples.detach()) for k, one in zip(group, spoken, strict=True))
    assert max(passes) > 1
    for k, one in enumerate(wanted()):
        alone = mini_synthesizer.speak_row(
            one.phonemes, one.row, seed=one.seed, needs_prosody=needs_prosody
        )
        aim(alone).backward()
        torch.testing.assert_close(samples[k], alone.samples.detach(), rtol=0, atol=TOLERANCE)
        gradient = one.row.grad
        torch.testing.assert_close(
            requests[k].row.grad, gradient, rtol=0, atol=1e-4 * float(gradient.abs().max())
        )
