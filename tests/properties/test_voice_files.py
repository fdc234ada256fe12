"""Any bytes are a voice or a VoiceError, never anything else."""

import contextlib
import io

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kvoicewalk.errors import VoiceError
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice, load_voice, mix_voices
from tests.fakes import constant_voice


def _valid_file() -> bytes:
    buffer = io.BytesIO()
    torch.save(torch.zeros(N_ROWS, 1, STYLE_DIM), buffer)
    return buffer.getvalue()


VALID = _valid_file()
HEAD = 1500  # the pickle and the headers; the rest is numbers
same_folder = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@same_folder
@given(st.binary(max_size=400))
def test_any_bytes(tmp_path, content):
    path = tmp_path / "v.pt"
    path.write_bytes(content)
    with contextlib.suppress(VoiceError):
        load_voice(path)


@same_folder
@given(st.lists(st.tuples(st.integers(0, HEAD), st.integers(0, 255)), min_size=1, max_size=4))
def test_flipped_bytes(tmp_path, flips):
    content = bytearray(VALID)
    for place, value in flips:
        content[place] = value
    path = tmp_path / "v.pt"
    path.write_bytes(bytes(content))
    with contextlib.suppress(VoiceError):
        assert isinstance(load_voice(path), Voice)


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.01, 10)), min_size=1, max_size=5))
def test_a_positive_mix_stays_between_its_voices(parts):
    voices = [(constant_voice("v", level), weight) for level, weight in parts]
    mixed = mix_voices(voices, "m").rows
    levels = np.float32([level for level, _ in parts])
    assert levels.min() - 1e-5 <= mixed.min()
    assert mixed.max() <= levels.max() + 1e-5
