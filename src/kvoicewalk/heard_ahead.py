"""Several utterances embedded in one pass, before the voices that spoke them are scored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from kvoicewalk.audio import Utterance
from kvoicewalk.errors import AudioError
from kvoicewalk.scoring.scorer import Scorer
from kvoicewalk.scoring.speaker import Embedding, WindowedSpeech

Heard = TypeVar("Heard")
Found = TypeVar("Found")


@dataclass(frozen=True)
class HeardAhead:
    """An utterance that was made, and embedded, in one pass with others.

    Attributes:
        utterance: as it was spoken.
        listening: with all windows embedded; None where no encoder hears windows, or nobody speaks.
        embeddings: by the name of each encoder that hears the whole; empty where nobody speaks.
    """

    utterance: Utterance
    listening: WindowedSpeech | None = None
    embeddings: Mapping[str, Embedding] = field(default_factory=dict)


def hear_ahead(scorer: Scorer, spoken: Sequence[Utterance]) -> list[HeardAhead]:
    """Embeds utterances by each encoder in one pass.

    Where nobody speaks, that is left for whoever measures the voice to say.
    """
    if not spoken:
        return []
    encoders = scorer.encoders
    listening: list[WindowedSpeech | None] = [None] * len(spoken)
    if encoders.resemblyzer in encoders.members:
        listening = [_or_none(scorer.listen, one) for one in spoken]
        encoders.resemblyzer.hear_all([one for one in listening if one is not None])
    embeddings: list[dict[str, Embedding]] = [{} for _ in spoken]
    for encoder in encoders.members:
        if encoder is not encoders.resemblyzer:
            heard = _or_none(encoder.embed_all, spoken)
            if heard is not None:
                for own, found in zip(embeddings, heard, strict=True):
                    own[encoder.name] = found
    return [HeardAhead(*parts) for parts in zip(spoken, listening, embeddings, strict=True)]


def _or_none(hear: Callable[[Heard], Found], what: Heard) -> Found | None:
    try:
        return hear(what)
    except AudioError:
        return None
