"""A full-size Kokoro-82M checkpoint with generated weights, in the hub's cache layout.

The real weights cannot be had offline. These have the real names and shapes, so the real loader
runs; the durations and the pitch are set to speech-like values, the sound is noise.
"""

import json
import warnings
from io import BytesIO
from pathlib import Path

import torch

from kvoicewalk.models.onnx_import import CONFIG_PATH

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def generate_checkpoint(seed: int = 0) -> dict[str, dict[str, torch.Tensor]]:
    """Returns state dicts as Kokoro-82M's file holds them: wrapped names, no scale in its norms."""
    from kokoro.model import KModel

    empty = BytesIO()
    torch.save({}, empty)
    empty.seek(0)
    with warnings.catch_warnings(), torch.random.fork_rng():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        network = KModel(repo_id="local", config=str(CONFIG_PATH), model=empty)
    with torch.no_grad():
        projection = network.predictor.duration_proj.linear_layer
        projection.weight.mul_(0.1)
        projection.bias.fill_(-2.7)  # 50 × sigmoid(−2.7) ≈ 3 frames a phoneme
        network.predictor.F0_proj.bias.fill_(200.0)
    checkpoint = {}
    for name, part in network.named_children():
        norms = {
            f"{prefix}.{leaf}"
            for prefix, module in part.named_modules()
            if isinstance(module, torch.nn.InstanceNorm1d)
            for leaf in ("weight", "bias")
        }
        state = part.state_dict()
        checkpoint[name] = {f"module.{k}": v for k, v in state.items() if k not in norms}
    checkpoint["bert"]["module.embeddings.position_ids"] = torch.arange(512)[None]
    return checkpoint


def write_hub_cache(
    hf_home: Path, checkpoint: dict[str, dict[str, torch.Tensor]], voices: dict[str, torch.Tensor]
) -> Path:
    """Lays a checkpoint out as the hub's client would; returns the snapshot folder."""
    repo = hf_home / "hub" / "models--hexgrad--Kokoro-82M"
    snapshot = repo / "snapshots" / COMMIT
    (snapshot / "voices").mkdir(parents=True)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text(COMMIT)
    (snapshot / "config.json").write_text(json.dumps(json.loads(CONFIG_PATH.read_text())))
    torch.save(checkpoint, snapshot / "kokoro-v1_0.pth")
    for name, rows in voices.items():
        torch.save(rows, snapshot / "voices" / f"{name}.pt")
    return snapshot
