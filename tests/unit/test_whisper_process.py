"""Whisper's process from outside: however a program was started, and however it or Whisper ends."""

import os
import select
import signal
import subprocess
import sys

import pytest

from kvoicewalk.judges.words import NEEDED

PROGRAM = """
import pathlib, sys
import numpy as np
from kvoicewalk.audio import Utterance
from kvoicewalk.judges import Listener, UnavailableError

print("begins", flush=True)
noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
try:
    print(Listener(pathlib.Path(sys.argv[1])).write_down(Utterance(noise, 24_000)))
except UnavailableError as error:
    print("unavailable:", error)
except KeyboardInterrupt:
    print("interrupted")
"""
# Prints in every way, tells what it finds around it, and would do harm where it is tidied up.
FAKE = """
import os, sys

class Segment:
    def __init__(self, text):
        self.text = text

class WhisperModel:
    def __init__(self, folder, **_):
        self.folder = folder
        print("loading")
        os.write(1, b"below Python")
        os.write(2, b"below Python")
        self.at("load")

    def transcribe(self, samples, **_):
        self.at("hear")
        heavy = sorted({"torch", "typer", "kvoicewalk.cli", "kvoicewalk.judges"} & set(sys.modules))
        return [Segment(f" {samples.size} samples "), Segment(f"beside {heavy}")], None

    def at(self, stage):
        if os.environ.get("STAGE") == stage:
            os.write(os.open(os.path.join(self.folder, "is here"), os.O_WRONLY), b"!")
            os.read(os.open(os.path.join(self.folder, "may go on"), os.O_RDONLY), 1)
        if os.environ.get("CRASH") == stage:
            os.abort()

    def __del__(self, mkdir=os.mkdir):
        mkdir(os.path.join(self.folder, "tidied"))
"""
HEARD = "begins\n10667 samples beside []\n"


@pytest.fixture
def folder(tmp_path):
    """A folder that looks like a model's, beside a package that looks like faster-whisper."""
    for name in NEEDED:
        (tmp_path / name).touch()
    (tmp_path / "faster_whisper.py").write_text(FAKE)
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path


def start(folder, *how, **environment):
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, *how, str(folder)],
        cwd=folder, env={**os.environ, "PYTHONPATH": path, **environment}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip


@pytest.mark.parametrize("how", [["program.py"], ["-m", "program"], ["-c", PROGRAM], ["-"]])
def test_it_hears_for_a_program_without_a_main_guard(folder, how):
    process = start(folder, *how)
    stdout, stderr = process.communicate(PROGRAM if how == ["-"] else None, timeout=120)
    assert (process.returncode, stdout, stderr) == (0, HEARD, "")
    assert not (folder / "tidied").exists()


@pytest.mark.parametrize("stage", ["load", "hear"])
def test_a_whisper_that_crashes_twice_is_told(folder, stage):
    process = start(folder, "program.py", CRASH=stage)
    stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stderr) == (0, "")
    assert "unavailable: stopped by itself" in stdout


@pytest.fixture
def pipes(folder):
    """Named pipes: the end of one tells that Whisper's process has ended, one lets it go on."""
    if os.name == "nt":
        pytest.skip("has no named pipes")
    for name in ("is here", "may go on"):
        os.mkfifo(folder / name)
    is_here = os.open(folder / "is here", os.O_RDONLY | os.O_NONBLOCK)
    go_on = os.open(folder / "may go on", os.O_RDWR)  # so that nobody waits for its other end
    yield is_here, go_on
    os.close(is_here)
    os.close(go_on)


def told(pipe):
    """Returns what a pipe tells next; b"" where nobody is left to tell anything."""
    assert select.select([pipe], [], [], 120)[0], "nothing is told"
    return os.read(pipe, 1)


@pytest.mark.parametrize("stage", ["load", "hear"])
def test_ctrl_c_ends_both_and_only_the_program_speaks(folder, pipes, stage):
    process = start(folder, "program.py", STAGE=stage)
    assert told(pipes[0]) == b"!"
    os.killpg(process.pid, signal.SIGINT)
    assert told(pipes[0]) == b""
    stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stdout, stderr) == (0, "begins\ninterrupted\n", "")


def test_it_ends_after_a_program_that_was_killed(folder, pipes):
    process = start(folder, "program.py", STAGE="hear")
    assert told(pipes[0]) == b"!"
    process.kill()
    process.wait()
    os.write(pipes[1], b"!")
    assert told(pipes[0]) == b""
    assert process.communicate(timeout=120) == ("begins\n", "")
