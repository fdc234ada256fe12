"""Any bytes are a recording or an AudioError, never anything else."""

import contextlib

import numpy as np
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kvoicewalk.audio import read_utterance
from kvoicewalk.errors import AudioError

same_folder = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@same_folder
@given(st.binary(min_size=1, max_size=300), st.sampled_from(["wav", "flac", "ogg", "mp3"]))
def test_any_bytes(tmp_path, content, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    with contextlib.suppress(AudioError):
        read_utterance(path)


@same_folder
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), min_size=1, max_size=4))
@example([(22, 4)])  # four channels, each shorter than a window of 30 ms
def test_a_spoiled_header(tmp_path, flips):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(2400), 24_000, subtype="FLOAT")
    content = bytearray(path.read_bytes())
    for place, value in flips:
        content[place] = value
    path.write_bytes(bytes(content))
    with contextlib.suppress(AudioError):
        clip = read_utterance(path)
        assert np.isfinite(clip.samples).all()
