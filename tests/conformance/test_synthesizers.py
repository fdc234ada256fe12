"""What every synthesizer must do."""

from abc import ABC, abstractmethod

import numpy as np
import pytest

from kvoicewalk.audio import SAMPLE_RATE_HZ
from tests.fakes import FakeSynthesizer, constant_voice

TEXT = "The boats came home early."


class SynthesizerSuite(ABC):
    """Inherit, and give a synthesizer and two voices."""

    @abstractmethod
    def make(self, request): ...

    @abstractmethod
    def voices(self, request): ...

    @pytest.fixture
    def synthesizer(self, request):
        return self.make(request)

    @pytest.fixture
    def pair(self, request):
        return self.voices(request)

    def test_mono_float32_at_24_khz(self, synthesizer, pair):
        spoken = synthesizer.speak(TEXT, pair[0], seed=0)
        assert spoken.samples.dtype == np.float32
        assert spoken.samples.ndim == 1
        assert spoken.samples.size > 0
        assert spoken.sample_rate_hz == SAMPLE_RATE_HZ
        assert spoken.text == TEXT

    def test_same_seed_same_samples_whatever_came_between(self, synthesizer, pair):
        first = synthesizer.speak(TEXT, pair[0], seed=3)
        synthesizer.speak("Something else.", pair[1], seed=8)
        again = synthesizer.speak(TEXT, pair[0], seed=3)
        np.testing.assert_array_equal(first.samples, again.samples)

    def test_voices_sound_different(self, synthesizer, pair):
        one, two = (synthesizer.speak(TEXT, voice, seed=0).samples for voice in pair)
        assert one.shape != two.shape or not np.allclose(one, two)

    def test_leaves_the_processor_as_it_was(self, synthesizer, pair):
        synthesizer.speak(TEXT, pair[0], seed=0)
        assert np.float32(1e-40) * np.float32(1) != 0

    def test_identity_names_model_and_hash(self, synthesizer):
        name, at, digest = synthesizer.identity.partition("@")
        assert name
        assert at == "@"
        assert digest


class TestFake(SynthesizerSuite):
    def make(self, request):
        return FakeSynthesizer()

    def voices(self, request):
        return constant_voice("a", 0.1), constant_voice("b", 0.2)


class TestKokoroOnMini(SynthesizerSuite):
    def make(self, request):
        return request.getfixturevalue("mini_synthesizer")

    def voices(self, request):
        stock = request.getfixturevalue("mini_model").voices
        return stock.load(stock.names[0]), stock.load(stock.names[-1])
