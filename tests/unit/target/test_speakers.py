"""One voice or two."""

import itertools

import numpy as np
import pytest

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, read_utterance
from kvoicewalk.scoring.speaker import cosine, pool_embeddings
from kvoicewalk.target.signal import hear
from kvoicewalk.target.speakers import MAX_WINDOWS, MIN_WINDOWS, split_voices, trace_voice


def trace(samples, encoder):
    return trace_voice(hear(Utterance(samples, SAMPLE_RATE_HZ)), encoder)


def test_a_trace_follows_time_and_agrees_with_the_whole(speakers, encoder):
    found = trace(speakers.her, encoder)
    n = len(found.middles)
    assert found.embeddings.shape == (n, 256)
    assert found.embeddings.dtype == np.float32
    assert np.linalg.norm(found.embeddings, axis=1) == pytest.approx(1, abs=1e-5)
    assert (np.diff(found.middles) > 0).all()
    assert found.middles[-1] * 0.03 < speakers.her.size / SAMPLE_RATE_HZ
    whole = encoder.embed(Utterance(speakers.her, SAMPLE_RATE_HZ))
    assert cosine(pool_embeddings(list(found.embeddings)), whole) > 0.99


def test_a_long_recording_is_heard_in_a_bounded_number_of_places(speakers, encoder):
    found = trace(np.tile(speakers.her, 9), encoder)
    assert len(found.middles) == MAX_WINDOWS


def test_two_voices_are_told_from_one(speakers, encoder):
    her, him = (trace(samples, encoder).embeddings for samples in (speakers.her, speakers.him))
    for alone in (her, him):
        assert split_voices(alone).likeness > 0.9
    both = split_voices(np.concatenate((her, him[: len(her) // 3])))
    assert both.likeness < 0.6
    assert both.minor_share == pytest.approx(0.25, abs=0.03)
    assert both.is_main[: len(her)].mean() > 0.95


def test_order_changes_nothing(speakers, encoder):
    her, him = (trace(samples, encoder).embeddings for samples in (speakers.her, speakers.him))
    one, other = (split_voices(np.concatenate(pair)) for pair in ((her, him), (him, her)))
    assert one.likeness == pytest.approx(other.likeness, abs=1e-6)


def test_too_little_to_tell(speakers, encoder):
    found = trace(speakers.her, encoder).embeddings
    assert split_voices(found[: MIN_WINDOWS - 1]) is None
    assert split_voices(np.repeat(found[:1], MIN_WINDOWS, axis=0)).likeness == pytest.approx(1)


def test_human_speakers_joined(shared_data, encoder):
    names = ("1688-142285-0006", "2033-164914-0008", "2414-128291-0005")
    traces = [
        trace(
            read_utterance(shared_data / "targets" / f"human_{name}.flac").samples, encoder
        ).embeddings
        for name in names
    ]
    assert min(split_voices(one).likeness for one in traces) > 0.82
    for pair in itertools.combinations(traces, 2):
        assert split_voices(np.concatenate(pair)).likeness < 0.75
