"""Embeddings of speakers, and what every speaker encoder offers."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from kvoicewalk.audio import Utterance

ENCODER_RATE_HZ = 16_000  # what all encoders here were trained on

Embedding = npt.NDArray[np.float32]


class DifferentiableEncoder(Protocol):
    """An encoder whose gradient reaches the samples.

    Attributes:
        device: of the waveforms it takes.
    """

    device: torch.device

    def embed(self, samples: torch.Tensor) -> torch.Tensor:
        """Embeds speech.

        Args:
            samples: (n_samples,) at 24 kHz.

        Returns:
            (dimension,), of length 1; the numbers of `SpeakerEncoder.embed`, closely.

        Raises:
            AudioError: no speech is left once pauses are cut.
        """

    def embed_all(self, samples: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Embeds several waveforms in one pass: `embed` of each, but for the order of sums.

        Raises:
            AudioError: one of them has no speech.
        """


class SpeakerEncoder(Protocol):
    """Tells who speaks.

    Attributes:
        name: for programs; part of the keys under which measurements are kept.
        dimension: how many numbers an embedding has.
    """

    @property
    def name(self) -> str:
        """For programs."""

    @property
    def dimension(self) -> int:
        """How many numbers an embedding has."""

    def embed(self, utterance: Utterance) -> Embedding:
        """Embeds an utterance.

        Returns:
            float32 (dimension,), of length 1.

        Raises:
            AudioError: no speech is left once pauses are cut.
        """

    def embed_all(self, utterances: Sequence[Utterance]) -> list[Embedding]:
        """Embeds several utterances in one pass: `embed` of each, but for the order of sums.

        Raises:
            AudioError: one of them has no speech.
        """

    def differentiable(self, partials_per_s: float | None = None) -> DifferentiableEncoder:
        """Returns the same encoder with a gradient, on the same device.

        Args:
            partials_per_s: windows that start each second, of an encoder that hears windows; None:
                as many as the plain one. Others hear the whole.
        """


def unit(vector: Embedding) -> Embedding:
    """Scales a vector to length 1."""
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def pool_embeddings(embeddings: Sequence[Embedding]) -> Embedding:
    """Returns the centroid of several clips of one speaker, of length 1."""
    return unit(np.mean(np.stack(embeddings), axis=0))


def cosine(a: Embedding, b: Embedding) -> float:
    """Returns the inner product of two embeddings of one encoder: 1 is the same voice.

    A stranger's is about 0.6 by Resemblyzer and 0.1 by CAM++; see `likeness`.
    """
    return float(np.dot(a.astype(np.float64), b.astype(np.float64)))
