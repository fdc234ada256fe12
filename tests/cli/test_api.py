"""The library beside the command: the same numbers; and every example of its documentation."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from typer.testing import CliRunner

import kvoicewalk
from kvoicewalk.bundle import bundled_dir
from kvoicewalk.cli.app import app

DOCS = Path(__file__).parents[2] / "docs"
SETTINGS = {
    "target": {"probe_text": "Good morning to everyone here."},
    "gradient": {"n_lessons": 2, "first_lessons": 1},
    "held_out": {"n_seeds": 1, "has_judges": False},
}


class Heard(kvoicewalk.Events):
    """Writes down what happens."""

    def __init__(self):
        self.stages, self.n_steps, self.judged_names = [], 0, []

    def begin(self, stage):
        self.stages.append(stage.name)

    def step(self, step):
        self.n_steps += 1

    def judged(self, judgement):
        self.judged_names.append(judgement.voice_name)


@pytest.mark.slow
def test_the_library_finds_what_the_command_finds(tmp_path, example_target, monkeypatch):
    monkeypatch.chdir(tmp_path)
    voices = tmp_path / "voices"
    voices.mkdir()
    for name in ("af_beryl", "af_ivory", "am_garnet"):
        shutil.copy(bundled_dir("voices") / f"{name}.pt", voices)
    events = Heard()
    found = kvoicewalk.clone(
        kvoicewalk.Target((example_target,), words="My grandmother kept bees."),
        model="mini", steps=3, voices=voices, n_threads=1, settings=SETTINGS, events=events,
    )  # fmt: skip
    (tmp_path / "settings.json").write_text(json.dumps({**SETTINGS, "model": {"name": "mini"}}))
    command = (
        "clone", example_target, "--config", "settings.json", "--text", "My grandmother kept bees.",
        "--steps", 3, "--voices", voices, "--threads", 1, "--json",
    )  # fmt: skip
    result = CliRunner().invoke(app, [str(one) for one in command])
    assert result.exit_code == 0, result.stderr
    done = json.loads(result.stdout.splitlines()[-1])

    np.testing.assert_array_equal(
        found.load_voice().rows, kvoicewalk.load_voice(done["best"]["voice_path"]).rows
    )
    assert found.scores.score == done["best"]["score"]
    assert found.held_out.data == done["held_out"]
    assert found.n_steps == done["step"] == 3
    assert found.page_path.is_file()
    assert events.stages == ["load", "rank", "clone", "held_out"]
    assert events.n_steps >= 3 + 3
    assert events.judged_names == ["the new voice"]


def test_the_same_fault_names_a_parameter_to_one_and_a_flag_to_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(kvoicewalk.KvwError) as caught:
        kvoicewalk.speak("af_beryl", "Hello.", model="mini", device="cuda")
    assert str(caught.value) == 'device="cuda": torch finds no such device. Use device="cpu".'
    assert caught.value.settings == ("device",)

    command = ("speak", "af_beryl", "Hello.", "--model", "mini", "--device", "cuda")
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "Error: --device cuda: torch finds no such device. Use --device cpu."
    )


@pytest.mark.slow
def test_the_example_program_runs(tmp_path, example_target):
    samples, rate_hz = soundfile.read(example_target)
    soundfile.write(tmp_path / "clip.wav", samples[: 4 * rate_hz], rate_hz)
    program = bundled_dir("examples") / "clone_with_events.py"
    done = subprocess.run(
        [sys.executable, str(program), "clip.wav"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("begins: load\nbegins: rank\nbegins: clone\n")
    assert "score" in done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_the_examples_of_the_documentation_run(tmp_path, example_target, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copy(example_target, tmp_path / "target.wav")
    names = {}
    examples = re.findall(r"```python\n(.*?)```", (DOCS / "api.md").read_text(), re.DOTALL)
    assert len(examples) >= 5
    for example in examples:
        exec(compile(example, "docs/api.md", "exec"), names)
    said = capsys.readouterr().out
    assert "now: walk" in said
    assert "nowhere.wav" in said
    assert names["speech"].sample_rate_hz == 24_000
    assert (tmp_path / "stronger.pt").is_file()
