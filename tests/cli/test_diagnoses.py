"""Voices that are odd, and places that cannot be written: what the commands tell of them."""

import os

import pytest
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


def test_a_folder_that_cannot_be_written_is_named_in_full(kvw, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    _, _, told = kvw("speak", "af_alder", "Hi.", *MINI)
    assert str(tmp_path) in told
