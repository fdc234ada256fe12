"""The installed command in processes of its own: imports, determinism, Ctrl-C."""

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kvoicewalk.models.mini import mini_voice_names

N_MINI = len(mini_voice_names())
KVW = str(Path(sys.executable).with_name("kvw"))


def environment(tmp_path, name="cache"):
    return {**os.environ, "KVW_CACHE_DIR": str(tmp_path / name)}


@pytest.mark.parametrize("arguments", [["--help"], ["rank", "--help"], ["voices", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import sys; sys.argv = ['kvw', *sys.argv[1:]]\n"
        "from kvoicewalk.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'kokoro', 'librosa', 'resemblyzer', 'spacy', 'numpy'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert "Usage:" in done.stdout
    assert "HEAVY []" in done.stdout


@pytest.mark.parametrize("arguments", [["runs", "list"], ["voices", "list", "--model", "mini"]])
def test_lists_load_no_scorer(arguments, tmp_path):
    code = (
        "import sys; sys.argv = ['kvw', *sys.argv[1:]]\n"
        "from kvoicewalk.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('HEAVY', sorted({'librosa', 'resemblyzer', 'kokoro'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert "HEAVY []" in done.stdout, done.stderr


@pytest.mark.slow
def test_score_is_the_same_in_two_processes(tmp_path, example_target):
    results, timings = [], []
    # A cache of its own each; then one that remembers everything.
    for name in ("one", "two", "two"):
        done = subprocess.run(
            [KVW, "score", "am_garnet", "af_beryl", "-t", str(example_target), "--model", "mini",
             "--json"],
            cwd=tmp_path, env=environment(tmp_path, name), capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        result = json.loads(done.stdout)
        del result["run"]
        timings.append(result.pop("timing"))
        results.append(result)
    assert results[0] == results[1] == results[2]
    assert [timing["n_spoken"] for timing in timings] == [4, 4, 0]


@pytest.mark.slow
def test_ctrl_c_keeps_and_shows_what_was_scored(tmp_path, example_target):
    process = subprocess.Popen(
        [KVW, "rank", str(example_target), "--model", "mini", "--full"],
        cwd=tmp_path, env=environment(tmp_path), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    for line in process.stderr:
        if any(f"{n}/{N_MINI}" in line for n in (2, 3, 4)):
            break
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert "interrupted" in stderr
    assert "score" in stdout
    listed = subprocess.run(
        [KVW, "runs", "list", "--json"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    run = json.loads(listed.stdout)["runs"][0]
    assert run["status"] == "interrupted"
    shown = subprocess.run(
        [KVW, "runs", "show", run["run"], "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert 2 <= len(json.loads(shown.stdout)["voices"]) < N_MINI


@pytest.mark.slow
def test_a_second_target_reuses_the_screening(tmp_path, example_target):
    def rank(target):
        done = subprocess.run(
            [KVW, "rank", str(target), "--model", "mini", "--json"],
            cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=True,
        )  # fmt: skip
        return json.loads(done.stdout)

    first = rank(example_target)
    n_shortlisted, n_finalists = math.ceil(N_MINI * 0.45), math.ceil(N_MINI * 0.2)
    assert first["timing"]["n_spoken"] == N_MINI + n_shortlisted + n_finalists
    again = rank(example_target)
    assert again["timing"]["n_spoken"] == 0
    assert again["voices"] == first["voices"]
    other = rank(first["best"]["wav_path"])
    assert other["timing"]["n_remembered"] >= N_MINI
    assert other["timing"]["n_spoken"] <= n_shortlisted + n_finalists
    assert other["voices"] != first["voices"]
