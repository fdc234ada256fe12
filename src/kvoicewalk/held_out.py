"""The held-out score: a voice on texts that no search ever speaks, from short to long.

A search can please the encoder on its own texts alone. So a found voice is judged on these, at
about 10, 40, 100, 200 and 400 phonemes (one style row each), under several seeds; beside it stand
a floor (the best stock voice, judged alike) and a ceiling (the target against itself).
"""

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, middle_of_speech
from kvoicewalk.phonemes import DEFAULT_LANG
from kvoicewalk.score.speaker import Embedding, SpeakerEncoder, cosine, pool_embeddings
from kvoicewalk.synth import Synthesizer
from kvoicewalk.voices import Voice

MIN_JOINED_S = 3.0  # shorter utterances are joined before they are embedded
# Far from the seeds that a search counts up from its own.
SEED_OFFSET = 500_000

# Written for this project; phonemes a text → texts. No search may speak them.
HELD_OUT_TEXTS: dict[int, tuple[str, ...]] = {
    10: (
        "Come in.",
        "A cold day.",
        "Please stay.",
        "What a view!",
        "Like that.",
        "Who knows?",
        "Turn it off.",
        "Good for you.",
    ),
    40: (
        "The children shared ripe plums at noon.",
        "Would you check if both doors are shut?",
        "Seven geese flew low over the marsh.",
        "His jacket smelled of orange peel.",
    ),
    100: (
        "When the museum closed, a guard found a tiny brass key under the third bench, and "
        "nobody knew what it opened.",
        "Mix the yeast with warm milk, leave it near the stove, and only then add sugar, a pinch "
        "of salt and some lemon.",
    ),
    200: (
        "My uncle repaired clocks in a narrow shop behind the theatre. He charged very little, "
        "talked to everyone as though they had met before, and kept a yellow bird that answered "
        "each chime with its own.",
    ),
    400: (
        "The ferry was late again, so the passengers gathered around the heater and began "
        "to trade stories. A nurse described the night when the power failed and she sang to "
        "her patients in the dark. A boy of nine explained how to catch crabs with nothing "
        "but string and bacon. Then the captain came in, shook the rain from his coat, and "
        "told us that the engine needed one more hour, and that the coffee would be free.",
    ),
}


@dataclass(frozen=True)
class LengthFigures:
    """Likeness at one text length.

    Attributes:
        n_phonemes: a text, about.
        target_similarity: mean over texts and seeds, at most 1.
        self_similarity: mean over pairs of this length's speech and the other lengths', at most 1.
    """

    n_phonemes: int
    target_similarity: float
    self_similarity: float


@dataclass(frozen=True)
class HeldOut:
    """How a voice does on texts that the search never spoke.

    Attributes:
        target_similarity: mean over lengths, at most 1.
        spread: standard deviation over seeds of that mean; 0 for one seed.
        self_similarity: mean over lengths, at most 1.
        by_length: from short to long.
        duration_s: of all speech.
    """

    target_similarity: float
    spread: float
    self_similarity: float
    by_length: tuple[LengthFigures, ...]
    duration_s: float


def measure_held_out(
    voice: Voice,
    target: Embedding,
    synthesizer: Synthesizer,
    encoder: SpeakerEncoder,
    *,
    n_seeds: int,
    seed: int = 0,
    lang: str = DEFAULT_LANG,
) -> HeldOut:
    """Speaks the held-out texts and compares them with the target.

    Args:
        voice: to be judged.
        target: float32 (256,), of the recording.
        synthesizer: speaks.
        encoder: embeds.
        n_seeds: how often all of it is spoken.
        seed: of the search, which never comes to the seeds used here.
        lang: of the texts, as `Synthesizer.speak` takes it.

    Raises:
        SynthError: the voice does not speak on this model.
    """
    duration_s = 0.0
    likeness: list[list[float]] = []
    speech: list[dict[int, list[Embedding]]] = []
    for k in range(n_seeds):
        spoken: dict[int, list[Embedding]] = {}
        for n_phonemes, texts in HELD_OUT_TEXTS.items():
            heard = [
                synthesizer.speak(text, voice, seed=SEED_OFFSET + seed + k, lang=lang)
                for text in texts
            ]
            duration_s += sum(one.duration_s for one in heard)
            spoken[n_phonemes] = [encoder.embed(one) for one in join_short(heard)]
        speech.append(spoken)
        likeness.append(
            [statistics.fmean(cosine(e, target) for e in found) for found in spoken.values()]
        )
    by_length = tuple(
        LengthFigures(n, statistics.fmean(row[i] for row in likeness), _steadiness(speech, n))
        for i, n in enumerate(HELD_OUT_TEXTS)
    )
    means = [statistics.fmean(row) for row in likeness]
    return HeldOut(
        target_similarity=statistics.fmean(means),
        spread=statistics.stdev(means) if len(means) > 1 else 0.0,
        self_similarity=statistics.fmean(one.self_similarity for one in by_length),
        by_length=by_length,
        duration_s=duration_s,
    )


def _steadiness(speech: Sequence[dict[int, list[Embedding]]], n_phonemes: int) -> float:
    pairs = [
        cosine(own, other)
        for spoken in speech
        for own in spoken[n_phonemes]
        for n_other, others in spoken.items()
        if n_other != n_phonemes
        for other in others
    ]
    return statistics.fmean(pairs)


def join_short(utterances: Sequence[Utterance], min_s: float = MIN_JOINED_S) -> list[Utterance]:
    """Joins neighbours until each piece lasts `min_s`; a short rest goes to the last piece."""
    groups: list[list[Utterance]] = []
    for utterance in utterances:
        if groups and sum(one.duration_s for one in groups[-1]) < min_s:
            groups[-1].append(utterance)
        else:
            groups.append([utterance])
    if len(groups) > 1 and sum(one.duration_s for one in groups[-1]) < min_s:
        groups[-2:] = [groups[-2] + groups[-1]]
    return [
        Utterance(np.concatenate([one.samples for one in group]), SAMPLE_RATE_HZ)
        for group in groups
    ]


def ceiling(clips: Sequence[Utterance], encoder: SpeakerEncoder) -> float:
    """Returns the target's likeness to itself, at most 1: what a perfect voice could reach.

    Several clips: each against the centroid of the others. One clip: its halves, with as much
    speech in each.

    Raises:
        AudioError: a half holds no speech.
    """
    if len(clips) == 1:
        samples, rate_hz = clips[0].samples, clips[0].sample_rate_hz
        halves = np.split(samples, [middle_of_speech(clips[0])])
        first, second = (encoder.embed(Utterance(half, rate_hz)) for half in halves)
        return cosine(first, second)
    embeddings = [encoder.embed(clip) for clip in clips]
    return statistics.fmean(
        cosine(one, pool_embeddings([*embeddings[:i], *embeddings[i + 1 :]]))
        for i, one in enumerate(embeddings)
    )


def share_of_gap(value: float, floor: float, top: float) -> float | None:
    """Returns (value − floor) / (top − floor); None where floor and ceiling leave no gap."""
    return (value - floor) / (top - floor) if top > floor else None


def held_out_texts() -> tuple[str, ...]:
    """Returns all of them, short ones first."""
    return tuple(itertools.chain.from_iterable(HELD_OUT_TEXTS.values()))
