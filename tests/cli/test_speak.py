"""`kvw speak` of a long text: stopped by Ctrl-C or killed, and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

import kvoicewalk
from kvoicewalk.cli.app import app
from kvoicewalk.store.part import JOURNAL_NAME, SOUND_NAME, part_folder
from kvoicewalk.synth import KokoroSynthesizer

MINI = ("--model", "mini")
BOOK = "\n\n".join(f"Part {number}. It was late, and they all sat down." for number in range(1, 8))


@pytest.fixture
def kvw(tmp_path, monkeypatch):
    """Runs a command in an empty folder; returns (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book.txt").write_text(BOOK)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["kvw", *map(str, arguments)])
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return run


@pytest.fixture
def ctrl_c(monkeypatch):
    """Has Ctrl-C come while a piece is spoken, the third from then on."""
    speak_once = KokoroSynthesizer.speak_once

    def stop_at(n_spoken):
        n_left = n_spoken

        def speak(self, *args, **kwargs):
            nonlocal n_left
            if n_left == 0:
                raise KeyboardInterrupt
            n_left -= 1
            return speak_once(self, *args, **kwargs)

        monkeypatch.setattr(KokoroSynthesizer, "speak_once", speak)

    yield stop_at
    monkeypatch.setattr(KokoroSynthesizer, "speak_once", speak_once)


def test_ctrl_c_names_the_command_that_goes_on(kvw, ctrl_c, tmp_path):
    whole = ("speak", "am_ash", "--text-file", "book.txt", *MINI, "--save", "whole.wav")
    assert kvw(*whole, "-q")[0] == 0
    again = ("speak", "am_ash", "--text-file", "book.txt", *MINI, "--save", "my book.wav")
    ctrl_c(3)
    code, stdout, stderr = kvw(*again, "--restart")
    assert (code, stdout) == (130, "")
    assert "of speech are kept in my book.wav.part" in stderr
    command = "kvw speak am_ash --text-file book.txt --model mini --save 'my book.wav'"
    assert stderr.endswith(f"Go on with the same command: {command}")
    assert soundfile.info(part_folder(tmp_path / "my book.wav") / SOUND_NAME).frames > 0
    assert not (tmp_path / "my book.wav").exists()
    # Another text does not go on in it.
    code, _, stderr = kvw("speak", "am_ash", "Hi.", *MINI, "--save", "my book.wav")
    assert code == 1
    assert "the beginning of another speech (not the same: text or pauses)" in stderr
    assert "or begin anew with --restart." in stderr
    ctrl_c(-1)
    code, stdout, stderr = kvw(*again)
    assert (code, stdout) == (0, "my book.wav\n")
    assert "of it in an earlier call" in stderr
    assert (tmp_path / "my book.wav").read_bytes() == (tmp_path / "whole.wav").read_bytes()
    assert not part_folder(tmp_path / "my book.wav").exists()


def test_a_run_that_speaks_is_resumed(kvw, ctrl_c, tmp_path):
    again = (
        "speak",
        "am_ash",
        "--text-file",
        "book.txt",
        *MINI,
        "--format",
        "flac",
        "--pause",
        0.1,
    )
    assert kvw(*again, "--save", "whole.flac")[0] == 0
    ctrl_c(2)
    code, _, stderr = kvw(*again)
    assert code == 130
    assert stderr.endswith("Go on with: kvw runs resume")
    (run,) = json.loads(kvw("runs", "list", "--json")[1])["runs"]
    assert run["status"] == "interrupted"
    (tmp_path / "book.txt").unlink()
    ctrl_c(-1)
    code, stdout, stderr = kvw("runs", "resume", "--json")
    assert code == 0, stderr
    data = json.loads(stdout)
    assert data["run"] == run["run"]
    assert data["resumed_s"] > 0
    assert (tmp_path / data["wav_path"]).read_bytes() == (tmp_path / "whole.flac").read_bytes()
    folder = tmp_path / "out" / run["run"]
    assert {one.name for one in folder.iterdir()} == {
        *("config.json", "run.lock", "speech.flac", "text.txt")
    }
    assert (
        json.loads(kvw("runs", "show", "--json")[1])["result"]["duration_s"] == data["duration_s"]
    )
    code, _, stderr = kvw("runs", "resume", run["run"])
    assert code == 1
    assert "its speech is whole" in stderr
    assert kvw("runs", "resume")[0] == 1


def test_progress_of_a_long_text(kvw, tmp_path):
    (tmp_path / "book.txt").write_text("\n\n".join([BOOK] * 3))
    code, _, stderr = kvw("speak", "am_ash", "--text-file", "book.txt", *MINI, "--save", "a.wav")
    assert code == 0
    assert "am_ash spoke 1 min" in stderr or "am_ash spoke 2 min" in stderr


def test_the_library_narrates_streams_and_speaks_the_same(tmp_path, ctrl_c):
    heard = []

    class Heard(kvoicewalk.Events):
        def step(self, step):
            heard.append(step)

    (tmp_path / "book.txt").write_bytes(BOOK.encode("utf-16"))
    path, options = tmp_path / "a.wav", {"model": "mini", "events": Heard()}
    ctrl_c(3)
    with pytest.raises(kvoicewalk.InterruptedSpeechError) as caught:
        kvoicewalk.narrate("am_ash", tmp_path / "book.txt", path, **options)
    assert caught.value.wav_path == path
    ctrl_c(-1)
    done = kvoicewalk.narrate("am_ash", tmp_path / "book.txt", path, **options)
    assert done.wav_path == path
    assert 0 < done.resumed_s < done.duration_s
    assert (done.voice, done.lang) == ("am_ash", "a")
    assert isinstance(heard[-1], kvoicewalk.SpeechStep)
    assert heard[-1].n_characters == done.n_characters
    spoken = kvoicewalk.speak("am_ash", BOOK, model="mini", wav_path=tmp_path / "b.wav")
    assert path.read_bytes() == (tmp_path / "b.wav").read_bytes()
    pieces = list(kvoicewalk.stream("am_ash", BOOK, model="mini"))
    assert sum(piece.samples.size for piece in pieces) == spoken.samples.size
    assert [piece.text for piece in pieces[:2]] == [
        "Part 1. It was late, and they all sat down.",
        "",
    ]
    with pytest.raises(kvoicewalk.KvwError, match="text is empty"):
        kvoicewalk.stream("am_ash", " ", model="mini")  # at once, not at the first piece


def test_one_sentence_is_spoken_as_ever(mini_synthesizer, mini_model):
    voice = mini_model.voices.load("am_flint")
    text = "The boats came home early."
    ever = mini_synthesizer.speak(text, voice, seed=5)
    now = kvoicewalk.speak(voice, text, model="mini", seed=5)
    assert (now.samples == ever.samples).all()


@pytest.mark.slow
def test_killed_and_resumed_in_another_process(tmp_path):
    (tmp_path / "book.txt").write_text(BOOK)

    def start(name):
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "kvoicewalk", "speak", "am_ash", "--text-file", "book.txt"),
                *(*MINI, "--save", name, "--threads", "1", "-q"),
            ],
            cwd=tmp_path,
            env={**os.environ, "KVW_CACHE_DIR": str(tmp_path / "cache")},
        )

    assert start("whole.mp3").wait() == 0
    journal = part_folder(tmp_path / "a.mp3") / JOURNAL_NAME
    process = start("a.mp3")
    while _n_lines(journal) < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "a.mp3").exists()
    assert start("a.mp3").wait() == 0
    assert (tmp_path / "a.mp3").read_bytes() == (tmp_path / "whole.mp3").read_bytes()
    assert not journal.parent.exists()


def _n_lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0
