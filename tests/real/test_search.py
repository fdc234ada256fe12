"""Ranking, gradient and judgement on the real Kokoro, small."""

import json
import subprocess
import sys

import pytest

CLIP = "human_2033-164914-0004.flac"
VOICES = ("af_heart", "af_sky", "am_adam", "am_puck", "bf_emma", "bm_george")
MAX_GRADIENT_BYTES = 6e9

# In a process of its own, whose peak memory is that of a search with the gradient.
GRADIENT = """
import json, resource, sys
from pathlib import Path
import torch
torch.set_num_threads(2)
from kvoicewalk.audio import read_utterance
from kvoicewalk.config import GradientConfig, ModelConfig, ScoreConfig
from kvoicewalk.loss import GradientLoss, ProsodyChange, speaker_terms
from kvoicewalk.models import open_model
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.scoring.speaker import open_encoders
from kvoicewalk.search.gradient import GradientDescent, follow
from kvoicewalk.search.space import describe_population, make_smooth_space
from kvoicewalk.synth import KokoroSynthesizer

model = open_model(ModelConfig(name=sys.argv[1], device="cpu"))
synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, "espeak"))
encoders = open_encoders(ScoreConfig())
assert encoders.names == ("resemblyzer", "campplus")
target = encoders.embed(read_utterance(Path(sys.argv[2])))
names = json.loads(sys.argv[3])
stock = [model.voices.load(name) for name in names]
config = GradientConfig(n_lessons=3, first_lessons=3)
text = ["Bring me two cups of tea, please."]
change = ProsodyChange(None, None, None)
terms = speaker_terms(encoders, target, config)
loss = GradientLoss(synthesizer, terms, stock[0], change, text, config)
space = make_smooth_space("shared", stock[0], describe_population(stock), None)
descent = GradientDescent(space, None, config)
before = loss.sample(stock[0], 0).loss
follow(descent, loss.sample, 3, "after")
after = loss.sample(space.decode(descent._z, "after"), 0).loss
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"before": before, "after": after, "peak_bytes": peak}))
"""


def run(*command):
    done = subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_three_lessons_lower_the_loss_within_six_gigabytes(kokoro_dir, shared_data):
    clip = shared_data / "targets" / CLIP
    found = json.loads(run("-c", GRADIENT, kokoro_dir, clip, json.dumps(VOICES)))
    assert found["after"] < found["before"]
    assert found["peak_bytes"] < MAX_GRADIENT_BYTES


def test_six_voices_are_ranked(kokoro_dir, shared_data, tmp_path):
    folder = tmp_path / "voices"
    folder.mkdir()
    for name in VOICES:
        (folder / f"{name}.pt").symlink_to(kokoro_dir / "voices" / f"{name}.pt")
    clip = shared_data / "targets" / CLIP
    options = ("--model", kokoro_dir, "--voices", folder, "--out", tmp_path / "out", "--json")
    found = json.loads(run("-m", "kvoicewalk", "rank", clip, *options))
    scored = [one["score"] for one in found["voices"] if one["score"] is not None]
    assert {one["name"] for one in found["voices"]} == set(VOICES)
    assert scored == sorted(scored, reverse=True)
    # Speaker 2033 is a man: no woman's voice comes first.
    assert found["best"]["name"][1] == "m"


@pytest.mark.long
def test_held_out_likeness_tells_a_voice_from_another(synthesizer, kokoro, encoders):
    from kvoicewalk.held_out import measure_held_out
    from kvoicewalk.texts import HELD_OUT_LENGTHS

    voice, other = (kokoro.voices.load(name) for name in ("am_michael", "af_bella"))
    text = "The kettle boiled over twice."
    own, another = (encoders.embed(synthesizer.speak(text, v, seed=7)) for v in (voice, other))
    found = measure_held_out(voice, [own], synthesizer, encoders, n_seeds=1)
    against = measure_held_out(voice, [another], synthesizer, encoders, n_seeds=1)
    assert [one.n_phonemes for one in found.by_length] == list(HELD_OUT_LENGTHS)
    assert found.target_similarity > 0.7 > against.target_similarity
    assert found.self_similarity == pytest.approx(against.self_similarity)
    for name in ("resemblyzer", "campplus"):
        assert found.by_encoder[name] > against.by_encoder[name] + 0.1


def test_same_seed_same_samples_in_two_processes(kokoro_dir, tmp_path):
    for name in ("one", "two"):
        run(
            *("-m", "kvoicewalk", "speak", "af_heart", "Good morning.", "--seed", 3),
            *("--model", kokoro_dir, "--wav", tmp_path / f"{name}.wav"),
        )
    assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "two.wav").read_bytes()
