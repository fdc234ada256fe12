"""Wrong arguments: what was meant, and what to do about it."""

import codecs
import os
import subprocess
import sys

import pytest
import soundfile
import torch
from typer.testing import CliRunner

from kvoicewalk.bundle import bundled_dir
from kvoicewalk.cli.app import app

MINI = ("--model", "mini")


@pytest.fixture
def kvw(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments, **options):
        result = CliRunner().invoke(app, [str(a) for a in arguments], **options)
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return run


@pytest.fixture
def recording(tmp_path):
    soundfile.write(tmp_path / "rec.wav", [0.0, 0.1] * 1000, 24_000)
    return tmp_path / "rec.wav"


@pytest.mark.parametrize(
    "command", [("score", "af_alder", "rec.wav"), ("speak", "rec.wav", "Hi"), ("voices", "info")]
)
def test_a_recording_is_no_voice(kvw, recording, command):
    more = ("rec.wav",) if command[0] == "voices" else ()
    code, _, told = kvw(*command, *more, *MINI)
    assert code == 1
    assert "rec.wav is a recording, not a voice; a recording goes with --target." in told


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_whatever_its_format(kvw, tmp_path, suffix):
    soundfile.write(tmp_path / f"rec.{suffix}", [0.0, 0.1] * 5000, 24_000)
    assert "is a recording" in kvw("voices", "info", f"./rec.{suffix}", *MINI)[2]


@pytest.mark.parametrize("arguments", [("speak", "af_alder", "-5 degrees."), ("rank", "-dash.wav")])
def test_a_dash_at_the_beginning(arguments, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "kvoicewalk", *arguments, *MINI],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "comes last, after --" in done.stderr


def test_an_unknown_option_is_no_text(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "kvoicewalk", "rank", "--nonsense"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "after --" not in done.stderr


def test_a_files_name_given_as_text(kvw, tmp_path):
    (tmp_path / "book.txt").write_text("Once upon a time.")
    code, _, told = kvw("speak", "af_alder", "book.txt", *MINI, "--wav", "a.wav")
    assert code == 0
    assert "--text-file book.txt" in told
    assert "--text-file" not in kvw("speak", "af_alder", "Hi.", *MINI, "--wav", "a.wav")[2]


def test_a_voice_of_kokoros_on_mini_is_told(kvw, shared_data):
    voice = shared_data / "kokoro-voices" / "am_adam.pt"
    code, _, told = kvw("speak", voice, "Hi.", *MINI, "--wav", "a.wav")
    assert code == 0
    assert "is Kokoro-82M's am_adam; on mini" in told


@pytest.mark.parametrize("times", [0, 50])
def test_numbers_that_are_no_voice_are_told(kvw, tmp_path, times):
    rows = torch.load(bundled_dir("voices") / "af_alder.pt", weights_only=True)
    torch.save(rows * times, tmp_path / "odd.pt")
    _, _, told = kvw("voices", "info", "odd.pt", *MINI)
    assert "does not look like a voice" in told
    torch.save(rows * 0.9, tmp_path / "fine.pt")
    assert "does not look" not in kvw("voices", "info", "fine.pt", *MINI)[2]


def test_the_hash_can_be_copied_at_80_columns(kvw):
    _, shown, _ = kvw("voices", "info", "af_alder", *MINI)
    (line,) = [line for line in shown.splitlines() if line.startswith("hash")]
    assert len(line.split()[1]) == 64


def test_letters_and_names_in_any_case(kvw):
    outcome = kvw("speak", "af_alder", "Hi.", "--model", "Mini", "--lang", "A", "--wav", "a.wav")
    assert outcome[0] == 0, outcome


@pytest.mark.parametrize("by_file", [True, False])
def test_texts_in_other_encodings(kvw, tmp_path, by_file):
    def speak(data):
        (tmp_path / "text").write_bytes(data)
        source = ("--text-file", "text") if by_file else ("-",)
        return kvw("speak", "af_alder", *source, *MINI, "--wav", "a.wav", input=data)

    assert speak("Good day.".encode("utf-16"))[0] == 0
    assert speak(codecs.BOM_UTF8 + b"Good day.")[0] == 0
    code, _, told = speak("Café, señor".encode("cp1252"))
    assert code == 1
    assert "is not UTF-8 text; save it as UTF-8." in told


def test_a_long_text_is_refused_before_the_model_loads(kvw, tmp_path, monkeypatch):
    (tmp_path / "long.txt").write_text("word " * 30_000)
    code, _, told = kvw("speak", "af_alder", "--text-file", "long.txt", *MINI)
    assert code == 1
    assert "Split it" in told
    assert "loading" not in told


def test_a_folder_that_cannot_be_written_is_named_in_full(kvw, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    _, _, told = kvw("speak", "af_alder", "Hi.", *MINI)
    assert str(tmp_path) in told


def test_doctor_ends_with_its_table_whatever_breaks(kvw, monkeypatch):
    import kvoicewalk.cli.doctor as module

    def broken():
        raise RuntimeError("libtorch\nis gone")

    monkeypatch.setattr(module, "_environment", broken)
    code, shown, _ = kvw("doctor")
    assert code == 1
    assert "RuntimeError: libtorch is gone" in " ".join(shown.split())
    assert "model mini" in shown
    assert "phonemes" in shown


def test_a_temporary_folder_that_lets_nothing_run_is_named(kvw, monkeypatch, tmp_path):
    import tempfile

    import kvoicewalk.phonemes as module

    def blocked(_language):
        raise OSError("libespeak-ng.so: failed to map segment from shared object")

    monkeypatch.setattr(module, "_espeak", blocked)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/no/exec")
    code, shown, _ = kvw("doctor")
    assert code == 1
    assert "set TMPDIR to a folder" in " ".join(shown.split())
    assert "/no/exec" in shown
    code, _, told = kvw("speak", "af_alder", "Hi.", *MINI)
    assert code == 1
    assert "/no/exec" in told
    assert told.count("..") == 0


def test_doctor_ends_each_sentence_once(kvw):
    _, shown, _ = kvw("doctor")
    assert ".." not in shown
