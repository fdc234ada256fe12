"""Makes the package data and the stock voices from trained weights."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from kvoicewalk.models.mini import CONFIG_PATH, VOICE_HASHES_PATH, WEIGHTS_PATH
from kvoicewalk.voices import Voice, save_voice
from tools.train_mini.rows import voice_rows
from tools.train_mini.speakers import Speaker

VOICES_DIR = Path(__file__).parents[2] / "voices"
STOCK_PATH = Path(__file__).with_name("stock_voices.json")
# Trees and stones: neither Kokoro's stock voices nor espeak-ng's variants are called so.
FEMALE_NAMES = (
    "alder", "amber", "aspen", "beryl", "cedar", "coral", "hazel", "ivory", "jade", "laurel",
    "opal", "pearl", "ruby", "willow", "linden", "topaz",
)  # fmt: skip
MALE_NAMES = (
    "agate", "ash", "basalt", "beech", "birch", "chert", "elm", "flint", "garnet", "granite",
    "jasper", "juniper", "larch", "maple", "marble", "oak",
)  # fmt: skip


def export(
    config: Mapping[str, Any], weights: Mapping[str, torch.Tensor], speakers: Sequence[Speaker]
) -> None:
    """Writes config, weights (half precision), the voices, their hashes and who they are."""
    weights = dict(weights)
    styles = weights.pop("styles").numpy()
    CONFIG_PATH.write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n")
    halves = {key: value.half().contiguous() for key, value in weights.items()}
    save_file(halves, WEIGHTS_PATH, metadata={"format": "kvoicewalk-mini", "version": "2"})
    WEIGHTS_PATH.chmod(0o644)
    for old in VOICES_DIR.glob("*.pt"):
        old.unlink()
    hashes, manners = {}, {}
    for name, index in stock_names(speakers).items():
        voice = Voice(name, voice_rows(styles[index]))
        save_voice(voice, VOICES_DIR / f"{name}.pt")
        hashes[name] = voice.hash
        manners[name] = dataclasses.asdict(speakers[index].manner)
    for path, data in ((VOICE_HASHES_PATH, hashes), (STOCK_PATH, manners)):
        path.write_text(json.dumps(dict(sorted(data.items())), indent=1) + "\n")


def stock_names(speakers: Sequence[Speaker]) -> dict[str, int]:
    """Returns name → index of the speakers that become stock voices, named from low to high."""
    stock = sorted(
        (index for index, speaker in enumerate(speakers) if speaker.is_stock),
        key=lambda index: speakers[index].pitch_hz,
    )
    females, males = iter(FEMALE_NAMES), iter(MALE_NAMES)
    return {
        f"af_{next(females)}" if speakers[i].is_female else f"am_{next(males)}": i for i in stock
    }
