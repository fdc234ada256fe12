"""Who speaks, by another ear: WavLM with a speaker-verification head."""

import pickle
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from kvoicewalk.audio import Utterance, resample
from kvoicewalk.judges.base import UnavailableError, require_files

FILES = ("config.json", "preprocessor_config.json", "pytorch_model.bin")
NEEDED = ("config.json", "preprocessor_config.json")  # a folder's weights may have another form
RATE_HZ = 16_000

XVector = npt.NDArray[np.float64]


class WavlmSpeaker:
    """Compares x-vectors; 0.86 is its authors' bound for the same speaker.

    Source: Chen et al. 2022, WavLM; the model card of microsoft/wavlm-base-plus-sv.
    """

    name = "wavlm_sv"
    label = "WavLM speaker (same: 0.86 and more)"

    def __init__(self, folder: Path | None) -> None:
        """Takes the folder with the model's files; None where they are not there."""
        self._folder = folder
        self._model: Any = None
        self._front_end: Any = None

    def require(self) -> None:
        """See `Judge.require`."""
        require_files(self._folder, NEEDED)

    def judge(self, speech: Sequence[Utterance], target: Sequence[Utterance]) -> float | None:
        """See `Judge.judge`; the recording itself is compared clip by clip with the others."""
        self._load()
        return compare_speakers(self._embed, speech, target)

    def _load(self) -> None:
        if self._model is not None:
            return
        self.require()
        from transformers import Wav2Vec2FeatureExtractor, WavLMForXVector

        try:
            self._front_end = Wav2Vec2FeatureExtractor.from_pretrained(self._folder)
            # The hub's weights are a pickle: read as plain tensors, else not at all.
            model = WavLMForXVector.from_pretrained(self._folder, weights_only=True)
            self._model = model.eval()
        except pickle.UnpicklingError as error:
            raise UnavailableError(
                f"{self._folder} cannot be loaded: its file is damaged or holds more than weights"
            ) from error
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise UnavailableError(f"{self._folder} cannot be loaded: {reason}") from error

    def _embed(self, utterance: Utterance) -> XVector:
        samples = resample(utterance.samples, utterance.sample_rate_hz, RATE_HZ)
        values = self._front_end(samples, sampling_rate=RATE_HZ, return_tensors="pt")
        with torch.inference_mode():
            found = self._model(**values).embeddings[0].numpy().astype(np.float64)
        return np.asarray(found / np.linalg.norm(found))


def compare_speakers(
    embed: Callable[[Utterance], XVector], speech: Sequence[Utterance], target: Sequence[Utterance]
) -> float | None:
    """Returns the mean cosine of speech to the target's centroid; see `Judge.judge`.

    The target itself is compared clip by clip with its other clips; None where it has none.
    """
    if speech is target and len(target) == 1:
        return None
    known = [embed(clip) for clip in target]
    if speech is target:
        return statistics.fmean(
            float(one @ _centroid([*known[:i], *known[i + 1 :]])) for i, one in enumerate(known)
        )
    centre = _centroid(known)
    return statistics.fmean(float(embed(one) @ centre) for one in speech)


def _centroid(vectors: Sequence[XVector]) -> XVector:
    mean = np.mean(np.stack(vectors), axis=0)
    return np.asarray(mean / np.linalg.norm(mean))
