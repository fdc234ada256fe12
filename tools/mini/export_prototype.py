"""Makes the embedded model's package data and stock voices from a trained checkpoint.

    uv run python tools/mini/export_prototype.py CHECKPOINT_DIR

CHECKPOINT_DIR holds `mini.safetensors` (network and style table, half precision, the variants'
names in its metadata) and `kokoro-82m-config.json` (the vocabulary). Writes
`src/kvoicewalk/models/mini/` (weights, config.json, voices.json) and `voices/*.pt`. The stock
voices are picked from the style table: farthest-point selection by Resemblyzer similarity, so that
no two are alike. Deterministic.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from kvoicewalk.audio import Utterance
from kvoicewalk.models import ModelFiles
from kvoicewalk.models.base import load_model
from kvoicewalk.models.files import FolderVoices
from kvoicewalk.models.mini import CONFIG_PATH, VOICE_HASHES_PATH, WEIGHTS_PATH, build_mini
from kvoicewalk.phonemes import Phonemizer
from kvoicewalk.score.speaker import SpeakerEncoder
from kvoicewalk.synth import KokoroSynthesizer
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice, save_voice

ROOT = Path(__file__).parents[2]
N_VOICES = 24
SENTENCE = "Every morning the old gardener walks along the river and counts the boats going by."
FEMALE_ABOVE_HZ = 165.0
# Trees and stones: neither Kokoro's stock voices nor espeak-ng's variants are called so.
FEMALE_NAMES = (
    "alder", "amber", "aspen", "beryl", "cedar", "coral", "hazel", "ivory", "jade", "laurel",
    "opal", "pearl", "ruby", "willow", "linden", "topaz",
)  # fmt: skip
MALE_NAMES = (
    "agate", "ash", "basalt", "beech", "birch", "chert", "elm", "flint", "garnet", "granite",
    "jasper", "juniper", "larch", "maple", "marble", "oak", "onyxine", "pine", "quartz", "rowan",
    "slate", "spruce", "teak", "yew",
)  # fmt: skip
CONFIG = {
    "hidden_dim": 128,
    "style_dim": 128,
    "n_layer": 2,
    "max_dur": 50,
    "dropout": 0.1,
    "n_token": 178,
    "text_encoder_kernel_size": 5,
    "decoder": {"width": 192, "residual": 32},
    "plbert": {
        "hidden_size": 128,
        "embedding_size": 64,
        "num_attention_heads": 4,
        "intermediate_size": 256,
        "max_position_embeddings": 512,
        "num_hidden_layers": 2,
        "dropout": 0.1,
    },
}


def main(checkpoint_dir: Path) -> None:
    """Writes everything."""
    with safe_open(checkpoint_dir / "mini.safetensors", "pt") as checkpoint:
        weights = {key: checkpoint.get_tensor(key) for key in checkpoint.keys()}  # noqa: SIM118
    styles = weights.pop("style").float()
    vocab = json.loads((checkpoint_dir / "kokoro-82m-config.json").read_text())["vocab"]
    CONFIG_PATH.write_text(
        json.dumps({**CONFIG, "vocab": vocab}, indent=1, ensure_ascii=False) + "\n"
    )
    save_file(weights, WEIGHTS_PATH, metadata={"format": "kvoicewalk-mini", "version": "1"})
    WEIGHTS_PATH.chmod(0o644)
    voices_dir = ROOT / "voices"
    files = ModelFiles(
        "mini", CONFIG_PATH, WEIGHTS_PATH, FolderVoices(voices_dir), build_mini, "espeak"
    )
    model = load_model(files, torch.device("cpu"))
    synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, model.english))
    candidates = [_voice(f"candidate{index}", row) for index, row in enumerate(styles)]
    spoken = [synthesizer.speak(SENTENCE, voice, seed=0) for voice in candidates]
    encoder = SpeakerEncoder()
    embeddings = np.stack([encoder.embed(utterance) for utterance in spoken])
    chosen = pick_spread(embeddings, N_VOICES)
    similar = embeddings[chosen] @ embeddings[chosen].T - np.eye(len(chosen))
    print(
        f"{len(chosen)} voices, similarity at most {similar.max():.3f}, mean of pairs "
        f"{similar.sum() / (len(chosen) * (len(chosen) - 1)):.3f}"
    )
    _write_voices([candidates[i] for i in chosen], [spoken[i] for i in chosen], voices_dir)


def pick_spread(embeddings: np.ndarray, n_picked: int) -> list[int]:
    """Returns indices, (n_picked,): each time the one least like those picked before."""
    picked = [int(np.argmin(embeddings @ embeddings.mean(0)))]
    while len(picked) < n_picked:
        nearest = (embeddings @ embeddings[picked].T).max(axis=1)
        nearest[picked] = np.inf
        picked.append(int(np.argmin(nearest)))
    return picked


def _voice(name: str, row: torch.Tensor) -> Voice:
    return Voice(name, row.numpy().reshape(1, 1, STYLE_DIM).repeat(N_ROWS, axis=0))


def _write_voices(voices: list[Voice], spoken: list[Utterance], folder: Path) -> None:
    import librosa

    for old in folder.glob("*.pt"):
        old.unlink()
    females, males = iter(FEMALE_NAMES), iter(MALE_NAMES)
    hashes = {}
    for voice, utterance in zip(voices, spoken, strict=True):
        pitch, is_voiced, _ = librosa.pyin(utterance.samples, fmin=60, fmax=400, sr=24_000)
        is_female = float(np.median(pitch[is_voiced])) >= FEMALE_ABOVE_HZ
        name = f"af_{next(females)}" if is_female else f"am_{next(males)}"
        save_voice(Voice(name, voice.rows), folder / f"{name}.pt")
        hashes[name] = voice.hash
    VOICE_HASHES_PATH.write_text(json.dumps(dict(sorted(hashes.items())), indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
