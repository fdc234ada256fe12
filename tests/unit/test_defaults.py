"""What --help says is what a config has."""

from typing import get_args

from kvoicewalk import defaults
from kvoicewalk.config import (
    ModelConfig,
    PopulationConfig,
    RunConfig,
    ScoreConfig,
    SynthConfig,
    WalkConfig,
)
from kvoicewalk.runtimes import RUNTIME_NAMES
from kvoicewalk.voices import FORMAT_NAMES


def test_a_config_has_them():
    assert ModelConfig().name == defaults.MODEL
    assert ModelConfig().device == defaults.DEVICE
    assert SynthConfig().seed == defaults.SEED
    assert SynthConfig().speed == defaults.SPEED
    assert ScoreConfig().scoring == defaults.SCORING
    assert PopulationConfig().n_voices == defaults.N_START_VOICES
    assert WalkConfig().method == defaults.METHOD
    assert WalkConfig().n_kept == defaults.N_KEPT
    assert str(RunConfig(command="walk").out_dir) == defaults.OUT_DIR


def test_every_method_has_its_steps():
    methods = get_args(WalkConfig.model_fields["method"].annotation)
    assert set(methods) == set(defaults.STEPS)
    for method in methods:
        assert WalkConfig(method=method).step_budget == defaults.STEPS[method]


def test_the_listed_names_are_those_of_the_tables():
    assert defaults.RUNTIMES == RUNTIME_NAMES
    assert sorted(defaults.VOICE_FORMATS) == sorted(FORMAT_NAMES)
