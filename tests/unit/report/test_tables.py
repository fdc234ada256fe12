"""Rows of a page: what the run's records say, in words."""

import pytest

from kvoicewalk.report import tables


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/there/one.wav"], ""),
        (["/there/one.wav", "two.flac"], "one.wav, two.flac"),
        (["one.wav", 7, None, "two.flac"], "one.wav, two.flac"),
        (None, ""),
        ({"one.wav": "two.wav"}, ""),
    ],
)
def test_several_clips_are_all_named(paths, names):
    assert tables._clip_names(paths) == names
