"""Many speakers on the embedded model: each as alone, killed and gone on with."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from typer.testing import CliRunner

import kvoicewalk
from kvoicewalk.audio import Utterance, read_utterance, write_wav
from kvoicewalk.cli.app import app

N_SPEAKERS = 20
SETTINGS = {
    "target": {"probe_text": "Good morning to everyone here.", "text": "It rained all day."},
    "gradient": {"n_lessons": 2, "first_lessons": 2},
    "held_out": {"is_wanted": False},
    "model": {"name": "mini", "n_threads": 1},
}
pytestmark = pytest.mark.slow


@pytest.fixture
def speakers(tmp_path, example_target):
    """One recording at many speeds: so many speakers."""
    folder = tmp_path / "speakers"
    folder.mkdir()
    clip = read_utterance(example_target)
    for k in range(N_SPEAKERS):
        rate_hz = round(clip.sample_rate_hz * (0.85 + 0.015 * k))
        samples = clip.samples[: 5 * clip.sample_rate_hz]
        write_wav(folder / f"speaker{k:02d}.wav", Utterance(samples, rate_hz))
    return folder


def arguments(tmp_path, speakers, few_voices, *more):
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(SETTINGS))
    given = (
        "clone", "--batch", speakers, "--config", settings, "--voices", few_voices, "--steps", 2,
        "--out", tmp_path / "out", *more,
    )  # fmt: skip
    return [str(one) for one in given]


def summary(tmp_path):
    with (tmp_path / "out" / "batch-speakers" / "summary.csv").open() as file:
        return {line["speaker"]: line for line in csv.DictReader(file)}


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.long)])
def test_killed_twice_each_result_is_as_alone(workers, tmp_path, speakers, few_voices):
    given = arguments(tmp_path, speakers, few_voices, "--workers", workers)
    for n_done in (3, 9):
        process = subprocess.Popen(
            [sys.executable, "-m", "kvoicewalk", *given], start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        for _ in range(n_done):
            process.stdout.readline()
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.stderr
    lines = summary(tmp_path)
    assert len(lines) == N_SPEAKERS
    assert {line["status"] for line in lines.values()} == {"done"}
    for name in ("speaker00", "speaker07", "speaker19"):
        alone = kvoicewalk.clone(
            speakers / f"{name}.wav", steps=2, voices=few_voices, out_dir=tmp_path / "alone",
            settings=SETTINGS,
        )  # fmt: skip
        found = kvoicewalk.load_voice(lines[name]["voice"])
        np.testing.assert_array_equal(found.rows, alone.load_voice().rows)
    again = CliRunner().invoke(app, given)
    assert again.stdout.count("(was there)") == N_SPEAKERS


def test_one_that_cannot_be_cloned_stops_none(tmp_path, speakers, few_voices):
    for path in sorted(speakers.iterdir())[2:]:
        path.unlink()
    (speakers / "broken.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt nothing")
    result = CliRunner().invoke(app, arguments(tmp_path, speakers, few_voices))
    assert result.exit_code == 1
    lines = summary(tmp_path)
    assert {name: line["status"] for name, line in lines.items()} == {
        "broken": "failed", "speaker00": "done", "speaker01": "done",
    }  # fmt: skip
    assert lines["broken"]["reason"]
    assert "1 of 3 speakers could not be cloned" in result.stderr
    page = (tmp_path / "out" / "batch-speakers" / "summary.html").read_text()
    assert "2 of 3 done" in page
    assert 'href="' in page


def test_a_target_beside_a_batch_is_refused(tmp_path, speakers, few_voices):
    given = arguments(tmp_path, speakers, few_voices, speakers / "speaker00.wav")
    assert CliRunner().invoke(app, given).exit_code == 2


def test_where_none_can_be_cloned_the_summary_says_so(tmp_path, speakers, few_voices):
    for path in sorted(speakers.iterdir()):
        path.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt nothing")
        if path.stem != "speaker00":
            path.unlink()
    result = CliRunner().invoke(app, arguments(tmp_path, speakers, few_voices))
    assert result.exit_code == 1
    assert "1 of 1 speakers could not be cloned" in result.stderr
    assert summary(tmp_path)["speaker00"]["status"] == "failed"


def test_what_was_made_with_other_settings_is_told(tmp_path, speakers, few_voices):
    for path in sorted(speakers.iterdir())[1:]:
        path.unlink()
    given = arguments(tmp_path, speakers, few_voices)
    assert CliRunner().invoke(app, given).exit_code == 0
    same = CliRunner().invoke(app, given)
    assert "(was there)" in same.stdout
    assert "other settings" not in same.output
    other = CliRunner().invoke(app, [*given, "--seed", "5", "--method", "random"])
    assert "(was there, made with other settings: seed, method)" in " ".join(other.stdout.split())
    assert "1 of 1 were made earlier with other settings" in " ".join(other.stderr.split())
    assert summary(tmp_path)["speaker00"]["reason"] == "made with other settings: seed, method"


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("after_s", [9.0, 25.0])
def test_ctrl_c_ends_all_processes_and_begins_no_more(tmp_path, speakers, few_voices, after_s):
    given = arguments(tmp_path, speakers, few_voices, "--workers", 2)
    process = subprocess.Popen(
        [sys.executable, "-m", "kvoicewalk", *given], start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(after_s)
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGINT)  # this one alone, as a service manager does
    said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "the same command goes on" in " ".join(said[1].split())
    assert "Traceback" not in said[1]
    psutil.wait_procs(children, timeout=10)
    assert not any(one.is_running() for one in children)
    folder = tmp_path / "out" / "batch-speakers"
    n_begun = len(list(folder.glob("*/")))
    time.sleep(1)
    assert len(list(folder.glob("*/"))) == n_begun
