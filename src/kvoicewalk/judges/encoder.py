"""A speaker encoder that did not lead a search, as a judge of what that search found."""

import statistics
from collections.abc import Sequence

from kvoicewalk.audio import Utterance
from kvoicewalk.config import ENCODER_NAMES
from kvoicewalk.judges.base import UnavailableError
from kvoicewalk.score.speaker import Embedding, SpeakerEncoder, cosine, pool_embeddings
from kvoicewalk.score.speaker.encoders import find_campplus
from kvoicewalk.score.speaker.likeness import likeness_scales

LABELS = {"resemblyzer": "Resemblyzer", "campplus": "CAM++"}


class EncoderJudge:
    """Compares embeddings of one encoder."""

    def __init__(self, name: str) -> None:
        """Takes the encoder's name; nothing is loaded before it is asked."""
        scale = likeness_scales()[name]
        self.name = name
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
        if speech is target and len(target) == 1:
            return None
        known = [self._embed(clip) for clip in target]
        if speech is target:
            return statistics.fmean(
                cosine(one, pool_embeddings([*known[:i], *known[i + 1 :]]))
                for i, one in enumerate(known)
            )
        centre = pool_embeddings(known)
        return statistics.fmean(cosine(self._embed(one), centre) for one in speech)

    def _embed(self, utterance: Utterance) -> Embedding:
        if self._encoder is None:
            self._encoder = self._load()
        return self._encoder.embed(utterance)

    def _load(self) -> SpeakerEncoder:
        if self.name == "resemblyzer":
            from kvoicewalk.score.speaker import Resemblyzer

            return Resemblyzer()
        from kvoicewalk.score.speaker.campplus import load_campplus

        self.require()
        path = find_campplus()
        assert path is not None
        return load_campplus(path)


def encoder_judges(leading: Sequence[str]) -> list[EncoderJudge]:
    """Returns the encoders that did not lead, as judges."""
    return [EncoderJudge(name) for name in ENCODER_NAMES if name not in leading]
