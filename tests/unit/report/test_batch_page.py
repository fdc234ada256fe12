"""The page of many speakers."""

import re

from kvoicewalk.report.batch_page import batch_page


def line(speaker, share=None, likeness=None):
    return {
        "speaker": speaker, "status": "done", "share_of_gap": share, "likeness": likeness,
        "held_out": None, "floor": None, "ceiling": None, "floor_voice": None, "verdict": None,
        "voice": None, "run": speaker, "reason": "",
    }  # fmt: skip


def test_the_closest_come_first_and_what_is_not_known_last(tmp_path):
    lines = [
        line("unheard"), line("low", likeness=0.2), line("high", likeness=0.7),
        line("none", share=0.0), line("half", share=0.5), line("worse", share=-0.3),
    ]  # fmt: skip
    names = "half|none|worse|high|low|unheard"
    page = batch_page(lines, tmp_path)
    assert re.findall(rf">\s*({names})\s*<", page) == names.split("|")
