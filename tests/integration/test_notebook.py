"""examples/quickstart.ipynb: without outputs, and every cell runs.

Its cells are plain Python and one class of IPython's, so they run here beside a stand-in for it: a
kernel, with all that it brings, would test Jupyter and not the notebook.
"""

import ast
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest
import soundfile

from kvoicewalk.bundle import bundled_dir

PATH = Path(__file__).parents[2] / "examples" / "quickstart.ipynb"


@pytest.fixture(scope="module")
def notebook():
    return json.loads(PATH.read_text(encoding="utf-8"))


def sources(notebook, kind):
    return ["".join(one["source"]) for one in notebook["cells"] if one["cell_type"] == kind]


def test_it_is_a_notebook_without_outputs(notebook):
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        assert set(cell) - {"outputs", "execution_count"} == {
            "cell_type", "id", "metadata", "source",
        }  # fmt: skip
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


class Audio:
    """What IPython's Audio takes: a file's name, or samples and their rate."""

    heard: ClassVar[list] = []

    def __init__(self, data, rate=None):
        if isinstance(data, str):
            data, rate = soundfile.read(data)
        self.heard.append((np.asarray(data), rate))


def run_cell(source, names):
    """Runs a cell; shows its last expression as a notebook does."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, PATH.name, "exec"), names)
    if last is not None:
        eval(compile(ast.Expression(last.value), PATH.name, "eval"), names)


@pytest.mark.slow
def test_every_cell_runs(notebook, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("target.wav", "target.txt"):
        shutil.copy(bundled_dir("examples") / name, tmp_path)
    display = ModuleType("IPython.display")
    display.Audio = Audio
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(Audio, "heard", [])
    names = {}
    for source in sources(notebook, "code"):
        run_cell(source.replace("steps=4", "steps=1"), names)
    said = capsys.readouterr().out
    assert len(Audio.heard) == 4
    assert all(samples.size > rate for samples, rate in Audio.heard)
    assert names["judged"].verdict in said
    assert "likeness" in said
    assert (tmp_path / "af_mine.bin").stat().st_size == 522_240
    assert names["found"].n_steps == 1
