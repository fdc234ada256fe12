"""A speaker encoder that did not lead a search, as a judge of what that search found."""

from collections.abc import Sequence

import numpy as np

from kvoicewalk.audio import Utterance
from kvoicewalk.config import ENCODER_NAMES, EncoderName, ScoreConfig
from kvoicewalk.judges.base import UnavailableError
from kvoicewalk.judges.speaker import XVector, compare_speakers
from kvoicewalk.scoring.speaker import SpeakerEncoder, open_encoders
from kvoicewalk.scoring.speaker.encoders import find_campplus
from kvoicewalk.scoring.speaker.likeness import likeness_scales

LABELS = {"resemblyzer": "Resemblyzer", "campplus": "CAM++"}


class EncoderJudge:
    """Compares embeddings of one encoder."""

    def __init__(self, name: EncoderName) -> None:
        """Takes the encoder's name; nothing is loaded before it is asked."""
        scale = likeness_scales()[name]
        self.name: EncoderName = name
        self.label = (
            f"{LABELS[name]} speaker (strangers: {scale.strangers:.2f}, same: {scale.same:.2f})"
        )
        self._encoder: SpeakerEncoder | None = None

    def require(self) -> None:
        """See `Judge.require`."""
        if self.name == "campplus" and find_campplus() is None:
            raise UnavailableError("not fetched: kvw setup --encoders")

    def judge(self, speech: Sequence[Utterance], target: Sequence[Utterance]) -> float | None:
        """See `Judge.judge`; the recording itself is compared clip by clip with the others."""
        return compare_speakers(self._embed, speech, target)

    def _embed(self, utterance: Utterance) -> XVector:
        if self._encoder is None:
            self._encoder = self._load()
        return self._encoder.embed(utterance).astype(np.float64)

    def _load(self) -> SpeakerEncoder:
        return open_encoders(ScoreConfig(encoders=(self.name,))).members[0]


def encoder_judges(leading: Sequence[str]) -> list[EncoderJudge]:
    """Returns the encoders that did not lead, as judges."""
    return [EncoderJudge(name) for name in ENCODER_NAMES if name not in leading]
