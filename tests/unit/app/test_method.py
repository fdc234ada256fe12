"""What a search can afford on this machine."""

from types import SimpleNamespace

import psutil
import pytest
import torch

from kvoicewalk.app.method import GRADIENT_BYTES, MAX_LESSON_PHONEMES, _lesson_texts
from kvoicewalk.config import RunConfig, SynthConfig
from kvoicewalk.errors import ModelError
from kvoicewalk.texts import texts_of


def session_on(device, lang="a"):
    """Returns as much of a session with full-size Kokoro as the choice of texts looks at."""
    phonemizer = SimpleNamespace(
        phonemize=lambda text, lang: SimpleNamespace(n_phonemes=len(text))  # about one a letter
    )
    return SimpleNamespace(
        model=SimpleNamespace(network=SimpleNamespace(device=torch.device(device))),
        synthesizer=SimpleNamespace(phonemizer=phonemizer),
        evaluator=SimpleNamespace(lang=lang),
        config=RunConfig(command="walk", synth=SynthConfig(lang=lang)),
    )


@pytest.fixture
def has_free(monkeypatch):
    def has_free(n_bytes):
        monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=n_bytes))

    return has_free


def test_on_a_cpu_the_memory_must_suffice_and_texts_are_short(has_free):
    has_free(GRADIENT_BYTES)
    found = _lesson_texts(session_on("cpu"))
    assert found == [text for text in texts_of().lessons if len(text) <= MAX_LESSON_PHONEMES]
    assert 0 < len(found) < len(texts_of().lessons)
    has_free(GRADIENT_BYTES - 4e8)
    with pytest.raises(ModelError, match=r"needs about 6 GB of memory and 5\.6 GB are free"):
        _lesson_texts(session_on("cpu"))


def test_on_a_card_this_machines_memory_does_not_count(has_free):
    has_free(0)
    assert _lesson_texts(session_on("meta")) == texts_of().lessons


def test_lessons_are_in_the_language_that_is_spoken():
    assert _lesson_texts(session_on("meta", "e")) == texts_of("e").lessons
