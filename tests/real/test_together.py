"""In one pass, real Kokoro says and teaches what it does alone."""

import numpy as np
import pytest
import torch

from kvoicewalk.synth_together import RowRequest, SpeechRequest, speak_rows, speak_together
from kvoicewalk.voices import TIMBRE

TEXT = "It rained all day."


@pytest.fixture(scope="module")
def voices(kokoro):
    return [kokoro.voices.load(name) for name in ("af_heart", "am_adam", "bf_emma")]


def test_utterances(synthesizer, voices):
    wanted = [SpeechRequest(TEXT, voice, seed) for seed, voice in enumerate(voices)]
    found = speak_together(synthesizer, wanted)
    alone = [synthesizer.speak(TEXT, one.voice, seed=one.seed) for one in wanted]
    assert len({one.samples.size for one in alone}) > 1
    for one, other in zip(found, alone, strict=True):
        np.testing.assert_allclose(one.samples, other.samples, atol=1e-5)


def test_gradients(synthesizer, voices):
    (phonemes,) = synthesizer.phonemes(TEXT)

    def requests():
        rows = [torch.tensor(one.rows[len(phonemes) - 1, 0]) for one in voices]
        return [RowRequest(phonemes, row.requires_grad_(), 7) for row in rows]

    together, alone = requests(), requests()
    passes = list(speak_rows(synthesizer, together, max_frames=10_000))
    assert max(len(group) for group, _ in passes) > 1
    for _, spoken in passes:
        sum(one.samples.square().sum() for one in spoken).backward()
    for one, other in zip(alone, together, strict=True):
        spoken = synthesizer.speak_row(phonemes, one.row, seed=7)
        spoken.samples.square().sum().backward()
        away = (other.row.grad - one.row.grad)[TIMBRE].norm()
        assert float(away) < 0.02 * float(one.row.grad[TIMBRE].norm())
