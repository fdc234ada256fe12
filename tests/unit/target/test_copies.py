"""The same recording twice, in one format or in two."""

import numpy as np

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance
from kvoicewalk.target.examine import find_copies


def test_copies_are_told(speakers):
    n = 6 * SAMPLE_RATE_HZ
    her, him = speakers.her[:n], speakers.him[:n]
    late = np.r_[np.zeros(1105, np.float32), her * 0.5]
    clips = [Utterance(x, SAMPLE_RATE_HZ) for x in (her, him, late, speakers.her[n : 2 * n])]
    found = find_copies(("a.wav", "b.wav", "a.mp3", "c.wav"), clips)
    assert [one.found for one in found] == ["a.mp3 is the same recording as a.wav"]
