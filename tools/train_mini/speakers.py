"""The speakers to learn from: espeak-ng's training variants, spread out like people.

Each variant gets a pitch, a pitch range, a pace and a length of the vocal tract of its own, drawn
so that high voices have short tracts, as people's do. The stock voices are those of the speakers
that are least alike.
"""

import dataclasses
import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance
from kvoicewalk.scoring.speaker import Resemblyzer
from tools.train_mini.corpus import engine, frame_pitch_hz
from tools.train_mini.espeak import Manner, training_variants

N_SPEAKERS = 104
N_STOCK = 28  # candidates; `selection` keeps the best
FEMALE_ABOVE_HZ = 165.0
LOWEST_HZ, HIGHEST_HZ = 80.0, 280.0
HIGHEST_PITCH = 99
MISHEARD_HZ = 450.0  # a whispered variant, whose pitch cannot be measured
CALIBRATION_TEXT = "We were away a year ago, and nobody knew our names."
PROBE_TEXT = "Every evening the old sailors gathered by the fire and told each other stories."


@dataclasses.dataclass(frozen=True)
class Speaker:
    """One made-up speaker.

    Attributes:
        manner: how espeak-ng speaks as them.
        pitch_hz: median, measured.
        is_stock: True where the speaker becomes a stock voice.
    """

    manner: Manner
    pitch_hz: float
    is_stock: bool = False

    @property
    def is_female(self) -> bool:
        """By pitch alone."""
        return self.pitch_hz >= FEMALE_ABOVE_HZ


def make_speakers(seed: int) -> list[Speaker]:
    """Returns all speakers, (N_SPEAKERS,), with the stock ones marked."""
    rng = random.Random(seed)
    # Each variant once, those with high voices twice: most of espeak-ng's are men's.
    reach_hz = {v: median_pitch_hz(Manner(v, pitch=HIGHEST_PITCH)) for v in training_variants()}
    by_reach = sorted(
        (v for v, hz in reach_hz.items() if hz < MISHEARD_HZ), key=reach_hz.__getitem__
    )
    names = by_reach + by_reach[-(N_SPEAKERS - len(by_reach)) :]
    # Evenly spaced on the pitch scale, given out in the order of what the variants can reach.
    names.sort(key=lambda name: reach_hz[name] * rng.uniform(0.75, 1.33))
    targets_hz = np.geomspace(LOWEST_HZ, HIGHEST_HZ, len(names)).tolist()
    speakers = [_make_speaker(name, hz, rng) for name, hz in zip(names, targets_hz, strict=True)]
    stock = set(pick_spread(_embeddings(speakers), speakers))
    return [dataclasses.replace(s, is_stock=i in stock) for i, s in enumerate(speakers)]


def _make_speaker(variant: str, target_hz: float, rng: random.Random) -> Speaker:
    height = np.log2(target_hz / np.sqrt(LOWEST_HZ * HIGHEST_HZ))  # about −0.9 to 0.9 octaves
    scale = float(np.clip(1.0 + 0.1 * height + rng.uniform(-0.09, 0.09), 0.84, 1.2))
    manner = Manner(
        variant=variant,
        formant_scale=round(scale, 3),
        rate=rng.randint(135, 190),
        pitch_range=rng.randint(30, 80),
    )
    return _tune(manner, target_hz)


def _tune(manner: Manner, target_hz: float) -> Speaker:
    """Finds the pitch parameter that comes closest to a median pitch (it grows with it)."""
    low, high = 0, 99
    found: dict[int, float] = {}
    while low <= high:
        middle = (low + high) // 2
        found[middle] = median_pitch_hz(dataclasses.replace(manner, pitch=middle))
        if found[middle] < target_hz:
            low = middle + 1
        else:
            high = middle - 1
    best = min(found, key=lambda pitch: abs(np.log(max(found[pitch], 1.0) / target_hz)))
    return Speaker(dataclasses.replace(manner, pitch=best), found[best])


def median_pitch_hz(manner: Manner) -> float:
    """Returns the median pitch of a speaker's voiced frames."""
    pitch_hz = frame_pitch_hz(engine().speak(CALIBRATION_TEXT, manner).samples)
    voiced = pitch_hz[pitch_hz > 0]
    return float(np.median(voiced)) if voiced.size else 0.0


def _embeddings(speakers: Sequence[Speaker]) -> npt.NDArray[np.float32]:
    encoder = Resemblyzer()
    return np.stack(
        [
            encoder.embed(Utterance(engine().speak(PROBE_TEXT, s.manner).samples, SAMPLE_RATE_HZ))
            for s in speakers
        ]
    )


def pick_spread(embeddings: npt.NDArray[np.float32], speakers: Sequence[Speaker]) -> list[int]:
    """Returns N_STOCK indices: each time the speaker least like those picked, sexes in turn."""
    is_female = np.array([s.is_female for s in speakers])
    picked: list[int] = []
    nearest = embeddings @ embeddings.mean(axis=0)
    while len(picked) < N_STOCK:
        allowed = np.where(is_female == (len(picked) % 2 == 0), nearest, np.inf)
        allowed[picked] = np.inf
        picked.append(int(np.argmin(allowed)))
        nearest = (embeddings @ embeddings[picked].T).max(axis=1)
    return picked
