"""SIM-o and UTMOS by stand-ins: the list's format, and what is made of the models' answers."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import sim_utmos
from benchmarks.sim_utmos import Case, load_model, means, read_list, recording, run

LINE = "4992-41806-0009\t5.2\tThe words.\t4992-23283-0000\t6.6\tBut the more.\n"


class Spectrum(torch.nn.Module):
    """Stands for the embedding: which of three bands is loud."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        power = torch.fft.rfft(x).abs()[:, :6000]
        return power.reshape(x.shape[0], 3, -1).mean(-1)


class Level(torch.nn.Module):
    """Stands for the score."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 1 + 4 * x.abs().amax(dim=1)


def tone(hz: float, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(16_000) / 16_000)).astype(np.float32)


@pytest.fixture
def models(tmp_path):
    paths = tmp_path / "sim.pt", tmp_path / "utmos.pt"
    for module, path in zip((Spectrum(), Level()), paths, strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.jit.script(module).save(str(path))
    return paths


def test_a_list_is_six_fields_a_line():
    (case,) = read_list("\n" + LINE)
    assert case == Case("4992-41806-0009", "The words.", "4992-23283-0000", "But the more.")
    with pytest.raises(ValueError, match="line 2 has 2 fields, expected 6"):
        read_list(LINE + "a\tb\n")
    wanted = Path("root/4992/41806/4992-41806-0009.flac")
    assert recording(Path("root"), case.prompt) == wanted


def test_the_models_hear_speech_and_prompt(models):
    sim, utmos = map(load_model, models)
    cases = [Case("p", "", "same", ""), Case("p", "", "other", "")]
    prompt = tone(700)

    def speak(case):
        return (tone(700, 0.25), prompt) if case.utterance == "same" else (tone(5000), prompt)

    same, other = run(cases, {}, speak, sim, utmos)
    assert same["sim_o"] == pytest.approx(1, abs=1e-3)
    assert other["sim_o"] < 0.2
    assert (same["utmos"], other["utmos"]) == (pytest.approx(2, 0.01), pytest.approx(3, 0.01))
    assert means([same, other]).startswith("2 cases, sim_o 0.5")
    (only,) = run(cases[:1], {}, speak, None, utmos)
    assert "sim_o" not in only


def test_what_is_done_is_not_done_again(models, monkeypatch, tmp_path, capsys):
    (tmp_path / "list").write_text(LINE)
    spoken = []

    def speaker(options):
        def speak(case):
            spoken.append(case.utterance)
            return tone(700), tone(700)

        return speak

    monkeypatch.setattr(sim_utmos, "_speaker", speaker)
    words = [str(tmp_path / "list"), "--root", ".", "--out", str(tmp_path / "out")]
    words += ["--sim", str(models[0])]
    for _ in range(2):
        sim_utmos.main(words)
        assert capsys.readouterr().out == "1 case, sim_o 1.000\n"
    assert spoken == ["4992-23283-0000"]
    (line,) = (tmp_path / "out" / "results.jsonl").read_text().splitlines()
    assert json.loads(line)["prompt"] == "4992-41806-0009"
