"""How bright speech is, and a loss that moves it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from kvoicewalk.audio import SAMPLE_RATE_HZ

SPLIT_HZ = 2500.0  # above lie the upper formants and the hiss of fricatives
LOW_HZ = 80.0
UNIT_DB = 3.0
FLOOR = 1e-12


def brightness_db(samples: torch.Tensor) -> torch.Tensor:
    """Returns the power above 2.5 kHz relative to that from 80 Hz to 2.5 kHz, in dB; a scalar.

    Args:
        samples: (n_samples,) at 24 kHz; differentiable.
    """
    power = torch.fft.rfft(samples).abs().square()
    hz = torch.fft.rfftfreq(samples.numel(), 1 / SAMPLE_RATE_HZ).to(samples.device)
    high, low = power[hz >= SPLIT_HZ].sum(), power[(hz >= LOW_HZ) & (hz < SPLIT_HZ)].sum()
    return 10 * torch.log10((high + FLOOR) / (low + FLOOR))


@dataclass(frozen=True)
class BrightnessTerm:
    """Asks for speech that is brighter than a voice's own by so many dB; see `loss.LossTerm`.

    Attributes:
        weight: of the squared difference in units of 3 dB.
        aims: in dB, by the phonemes of each text.
    """

    weight: float
    aims: dict[str, float] = field(repr=False)
    name: str = "brightness"

    def misses(
        self, samples: Sequence[torch.Tensor], phonemes: Sequence[str]
    ) -> list[torch.Tensor]:
        """See `loss.LossTerm.misses`."""
        return [
            self._miss(brightness_db(one) - self.aims[said])
            for one, said in zip(samples, phonemes, strict=True)
        ]

    @staticmethod
    def _miss(off_db: torch.Tensor) -> torch.Tensor:
        return torch.sqrt(1 + (off_db / UNIT_DB).square()) - 1
