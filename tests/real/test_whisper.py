"""Words by Whisper's real weights."""

import pytest

from kvoicewalk.audio import read_utterance
from kvoicewalk.judges.words import Listener, WordError

pytestmark = pytest.mark.real
LIGHTHOUSE = (
    "The old lighthouse keeper never imagined that one day he'd be guiding ships from the comfort "
    "of his living room, but with modern technology and an array of cameras, he did just that, "
    "sipping tea while the storm raged outside and gulls shrieked overhead."
)


def test_whisper_understands_what_is_said(real_kit, shared_data):
    clip = read_utterance(shared_data / "targets" / "tts_lighthouse.wav", LIGHTHOUSE)
    error = WordError(Listener(real_kit / "whisper")).judge([clip], [])
    assert error is not None
    assert error < 0.1
