"""How often the new texts are spoken."""

import pytest

from kvoicewalk.app.judge import n_seeds
from kvoicewalk.config_file import merge_config


@pytest.mark.parametrize(
    ("command", "minutes", "wanted"),
    [("clone", 5, 1), ("clone", 10, 3), ("clone", None, 3), ("walk", 5, 3)],
)
def test_a_clone_with_little_time_speaks_them_once(command, minutes, wanted):
    flags = {"walk": {"minutes": minutes}, "held_out": {"n_seeds": 3}}
    assert n_seeds(merge_config(command, flags, None)) == wanted
