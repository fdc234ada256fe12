"""Kokoro-82M in full size, with generated weights in the hub's cache layout, by the real loader."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile
import torch

from kvoicewalk.config import ModelConfig
from kvoicewalk.models import open_model
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.voices import TIMBRE
from tests.generated_kokoro import generate_checkpoint, write_hub_cache

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkpoint():
    return generate_checkpoint()


@pytest.fixture(scope="module")
def hub(tmp_path_factory, checkpoint):
    home = tmp_path_factory.mktemp("hf")
    generator = torch.Generator().manual_seed(0)
    voices = {
        name: torch.randn(510, 1, 256, generator=generator) * 0.15
        for name in ("af_heart", "am_adam")
    }
    write_hub_cache(home, checkpoint, voices)
    return home


def kvw(hf_home: Path, cwd: Path, *arguments: str, offline: bool = True):
    environment = {
        **os.environ,
        "HF_HOME": str(hf_home),
        "HF_HUB_OFFLINE": "1" if offline else "0",
        "KVW_CACHE_DIR": str(cwd / "cache"),
    }
    command = [str(Path(sys.executable).with_name("kvw")), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_speaks_through_the_real_loader(hub, tmp_path):
    done = kvw(hub, tmp_path, "speak", "af_heart", "Hello.", "--model", "kokoro", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["model"].startswith("kokoro@")
    info = soundfile.info(tmp_path / result["wav_path"])
    assert (info.samplerate, info.channels) == (24_000, 1)
    assert info.duration > 0.3


def test_lists_the_cached_voices(hub, tmp_path):
    done = kvw(hub, tmp_path, "voices", "list", "--json")
    assert [v["name"] for v in json.loads(done.stdout)["voices"]] == ["af_heart", "am_adam"]


def test_the_decoder_has_quick_gradients_that_are_autograds(hub):
    snapshot = next((hub / "hub" / "models--hexgrad--Kokoro-82M" / "snapshots").iterdir())
    model = open_model(ModelConfig(name=str(snapshot), device="cpu"))
    synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, "espeak"))
    row = torch.from_numpy(model.voices.load("af_heart").rows[5, 0].copy())

    def pull():
        at = row.clone().requires_grad_()
        samples = synthesizer.speak_row("hɛlˈoʊ", at, seed=0, needs_prosody=False).samples
        samples[:: samples.numel() // 97].sum().backward()
        return samples.detach(), at.grad[TIMBRE]

    quick = [one for one in model.network.decoder.modules() if "forward" in vars(one)]
    assert len(quick) > 40
    samples, gradient = pull()
    for one in quick:
        del one.forward
    wanted, slope = pull()
    assert torch.equal(samples, wanted)
    assert float((gradient - slope).norm()) < 1e-3 * float(slope.norm())


def test_an_unknown_voice_offline_is_one_line(hub, tmp_path):
    done = kvw(hub, tmp_path, "speak", "af_hart", "Hello.", "--model", "kokoro")
    assert done.returncode == 1
    assert "af_hart" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_renamed_key_is_refused_not_spoken(checkpoint, tmp_path):
    broken = {part: dict(state) for part, state in checkpoint.items()}
    broken["decoder"]["module.surprise"] = broken["decoder"].pop("module.generator.conv_post.bias")
    home = tmp_path / "hf"
    write_hub_cache(home, broken, {"af_heart": torch.zeros(510, 1, 256)})
    done = kvw(home, tmp_path, "speak", "af_heart", "Hello.", "--model", "kokoro", "-q")
    assert done.returncode == 1
    assert "lacks generator.conv_post.bias" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_cache_it_names_file_folder_and_way_out(tmp_path):
    started = time.monotonic()
    done = kvw(tmp_path / "nothing", tmp_path, "speak", "af_heart", "Hi.", "--model", "kokoro")
    assert done.returncode == 1
    for word in ("af_heart.pt", str(tmp_path / "nothing"), "kvw setup", "--model mini"):
        assert word in done.stderr
    assert time.monotonic() - started < 60  # not a timing: a guard against endless retries


def test_setup_offline_says_so(tmp_path):
    done = kvw(tmp_path / "nothing", tmp_path, "setup", "--yes")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr


def test_a_local_folder_is_a_model_too(hub, tmp_path):
    snapshot = next((hub / "hub" / "models--hexgrad--Kokoro-82M" / "snapshots").iterdir())
    done = kvw(
        tmp_path, tmp_path, "speak", "am_adam", "Hi there.", "--model", str(snapshot), "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"].startswith(f"{snapshot.name}@")
