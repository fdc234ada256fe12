"""How good speech sounds: DNSMOS P.835, whose weights come with the package `speechmos`."""

import importlib.util
import statistics
from collections.abc import Sequence

import numpy as np

from kvoicewalk.audio import Utterance, resample
from kvoicewalk.judges.base import UnavailableError

RATE_HZ = 16_000
NOT_INSTALLED = "not installed: pip install 'kvoicewalk[judge]'"


class Dnsmos:
    """Predicts the overall opinion that listeners would have.

    Source: Reddy et al. 2022, DNSMOS P.835.
    """

    name = "dnsmos"
    label = "DNSMOS quality (1 to 5)"

    def require(self) -> None:
        """See `Judge.require`."""
        # Installed alone, speechmos lacks what it imports.
        if any(importlib.util.find_spec(name) is None for name in ("speechmos", "onnxruntime")):
            raise UnavailableError(NOT_INSTALLED)

    def judge(self, speech: Sequence[Utterance], target: Sequence[Utterance]) -> float | None:
        """See `Judge.judge`."""
        del target
        try:
            from speechmos import dnsmos
        except ImportError as error:
            raise UnavailableError(NOT_INSTALLED) from error
        return statistics.fmean(
            float(dnsmos.run(_prepared(one), RATE_HZ)["ovrl_mos"]) for one in speech
        )


def _prepared(utterance: Utterance) -> np.ndarray:
    samples = resample(utterance.samples, utterance.sample_rate_hz, RATE_HZ)
    # It refuses what exceeds full scale; resampling may, by a little.
    return samples / max(1.0, float(np.abs(samples).max(initial=0.0)))
