"""The held-out score: a voice on texts that no search ever speaks, from short to long.

A search can please the encoder on its own texts alone. So a found voice is judged on these, at
about 10, 40, 100, 200 and 400 phonemes (one style row each), under several seeds; beside it stand
a floor (the best stock voice, judged alike) and a ceiling (the target against itself).
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from kvoicewalk.audio import SAMPLE_RATE_HZ, Utterance, middle_of_speech, speech_duration_s
from kvoicewalk.languages import DEFAULT_LANG
from kvoicewalk.scoring.speaker import (
    Embeddings,
    EncoderSet,
    compare,
    joint_similarity,
    mean_similarities,
    pool,
)
from kvoicewalk.seeds import held_out_seed
from kvoicewalk.synth import Synthesizer
from kvoicewalk.texts import texts_of
from kvoicewalk.voices import Voice

FULL_SCALE = 0.999
MIN_JOINED_S = 3.0  # shorter utterances are joined before they are embedded


@dataclass(frozen=True)
class LengthFigures:
    """Likeness at one text length.

    Attributes:
        n_phonemes: a text, about.
        target_similarity: mean over texts and seeds, on Resemblyzer's scale.
        self_similarity: mean over pairs of this length's speech and the other lengths', at most 1.
    """

    n_phonemes: int
    target_similarity: float
    self_similarity: float


@dataclass(frozen=True)
class SpeechFacts:
    """What can be heard to be wrong with speech, whoever speaks.

    Attributes:
        clipped_share: of the samples that are at full scale, 0 to 1.
        silence_share: of the time without speech, 0 to 1.
        speech_s: the rest of the time; against that of another voice on the same texts, the pace.
    """

    clipped_share: float
    silence_share: float
    speech_s: float


@dataclass(frozen=True)
class HeldOut:
    """How a voice does on texts that the search never spoke.

    Attributes:
        target_similarity: mean over lengths, by all encoders, on Resemblyzer's scale.
        spread: standard deviation over seeds of that mean; 0 for one seed.
        self_similarity: mean over lengths, at most 1.
        by_length: from short to long.
        duration_s: of all speech.
        facts: of all speech.
        by_encoder: mean cosine over lengths by each encoder, by its name.
    """

    target_similarity: float
    spread: float
    self_similarity: float
    by_length: tuple[LengthFigures, ...]
    duration_s: float
    facts: SpeechFacts = SpeechFacts(0.0, 0.0, 0.0)
    by_encoder: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SpokenTexts:
    """The held-out texts as a voice speaks them under one seed, whoever it is compared with.

    Attributes:
        embeddings: of each piece, by phonemes a text, from short to long.
        n_samples: of all speech.
        n_clipped: of these, at full scale.
        duration_s: of all speech.
        speech_s: of that, without silence.
    """

    embeddings: Mapping[int, Sequence[Embeddings]] = field(repr=False)
    n_samples: int
    n_clipped: int
    duration_s: float
    speech_s: float


def speak_held_out(
    voice: Voice,
    synthesizer: Synthesizer,
    encoders: EncoderSet,
    *,
    seed: int,
    lang: str = DEFAULT_LANG,
    texts: Mapping[int, Sequence[str]] | None = None,
    hear: Callable[[int, Utterance], None] | None = None,
) -> SpokenTexts:
    """Speaks the held-out texts and embeds what is heard.

    Args:
        voice: speaks.
        synthesizer: makes it speak.
        encoders: embed.
        seed: of the synthesis, from `seeds.held_out_seed`.
        lang: of the texts, as `Synthesizer.speak` takes it.
        texts: phonemes a text, about → texts; None: the language's own.
        hear: takes each utterance, with its text's length.

    Raises:
        SynthError: the voice does not speak on this model.
    """
    wanted = texts_of(lang).held_out if texts is None else texts
    embeddings: dict[int, list[Embeddings]] = {}
    n_samples, n_clipped, duration_s, speech_s = 0, 0, 0.0, 0.0
    for n_phonemes, said in wanted.items():
        heard = [synthesizer.speak(text, voice, seed=seed, lang=lang) for text in said]
        for one in heard:
            n_samples += one.samples.size
            n_clipped += int((np.abs(one.samples) >= FULL_SCALE).sum())
            duration_s += one.duration_s
            speech_s += speech_duration_s(one)
            if hear is not None:
                hear(n_phonemes, one)
        embeddings[n_phonemes] = [encoders.embed(one) for one in join_short(heard)]
    return SpokenTexts(embeddings, n_samples, n_clipped, duration_s, speech_s)


def compare_held_out(spoken: Sequence[SpokenTexts], references: Sequence[Embeddings]) -> HeldOut:
    """Compares what a voice spoke with the target.

    Args:
        spoken: under one seed each, the same texts.
        references: to the recording, see `Yardstick`; likeness is the mean over them.
    """
    likeness: list[list[float]] = []
    by_encoder: list[dict[str, float]] = []
    for one in spoken:
        at_length = [
            mean_similarities([compare(e, r) for e in found for r in references])
            for found in one.embeddings.values()
        ]
        by_encoder += at_length
        likeness.append([joint_similarity(figures) for figures in at_length])
    speech = [one.embeddings for one in spoken]
    by_length = tuple(
        LengthFigures(n, statistics.fmean(row[i] for row in likeness), _steadiness(speech, n))
        for i, n in enumerate(speech[0])
    )
    means = [statistics.fmean(row) for row in likeness]
    return HeldOut(
        target_similarity=statistics.fmean(means),
        spread=statistics.stdev(means) if len(means) > 1 else 0.0,
        self_similarity=statistics.fmean(one.self_similarity for one in by_length),
        by_length=by_length,
        duration_s=sum(one.duration_s for one in spoken),
        facts=_facts(spoken),
        by_encoder=mean_similarities(by_encoder),
    )


def measure_held_out(
    voice: Voice,
    references: Sequence[Embeddings],
    synthesizer: Synthesizer,
    encoders: EncoderSet,
    *,
    n_seeds: int,
    seed: int = 0,
    lang: str = DEFAULT_LANG,
    texts: Mapping[int, Sequence[str]] | None = None,
    hear: Callable[[int, Utterance], None] | None = None,
) -> HeldOut:
    """Speaks the held-out texts and compares them with the target.

    Args:
        voice: to be judged.
        references: to the recording, see `Yardstick`; likeness is the mean over them.
        synthesizer: speaks.
        encoders: embed.
        n_seeds: how often all of it is spoken.
        seed: of the search, which never comes to the seeds used here.
        lang: of the texts, as `Synthesizer.speak` takes it.
        texts: phonemes a text, about → texts; None: the language's own.
        hear: takes each utterance of the first seed, with its text's length.

    Raises:
        SynthError: the voice does not speak on this model.
    """
    spoken = [
        speak_held_out(
            voice,
            synthesizer,
            encoders,
            seed=held_out_seed(seed, k),
            lang=lang,
            texts=texts,
            hear=hear if k == 0 else None,
        )
        for k in range(n_seeds)
    ]
    return compare_held_out(spoken, references)


def _facts(spoken: Sequence[SpokenTexts]) -> SpeechFacts:
    n_samples, n_clipped = sum(s.n_samples for s in spoken), sum(s.n_clipped for s in spoken)
    duration_s, speech_s = sum(s.duration_s for s in spoken), sum(s.speech_s for s in spoken)
    # The detector rounds the last window up.
    return SpeechFacts(n_clipped / n_samples, max(0.0, 1 - speech_s / duration_s), speech_s)


def _steadiness(speech: Sequence[Mapping[int, Sequence[Embeddings]]], n_phonemes: int) -> float:
    pairs = [
        joint_similarity(compare(own, other))
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


@dataclass(frozen=True)
class Yardstick:
    """What a voice is held against, measured with the target alone.

    Attributes:
        references: several clips: the centroid of the others, for each clip. One clip: its halves.
            The ceiling is measured against the same, so that a perfect copy reaches it.
        ceiling: the target's likeness to itself, on Resemblyzer's scale: what a perfect voice could
            reach.
        by_encoder: the same as a cosine by each encoder, by its name.
    """

    references: tuple[Embeddings, ...] = field(repr=False)
    ceiling: float
    by_encoder: Mapping[str, float]


def make_yardstick(clips: Sequence[Utterance], encoders: EncoderSet) -> Yardstick:
    """Holds the target against itself, each clip left out in turn; one clip is halved.

    Raises:
        AudioError: a half holds no speech.
    """
    if len(clips) == 1:
        samples, rate_hz = clips[0].samples, clips[0].sample_rate_hz
        parts = np.split(samples, [middle_of_speech(clips[0])])  # as much speech in each
        embeddings = [encoders.embed(Utterance(part, rate_hz)) for part in parts]
        references = embeddings[::-1]
    else:
        embeddings = [encoders.embed(clip) for clip in clips]
        references = [pool([*embeddings[:i], *embeddings[i + 1 :]]) for i in range(len(clips))]
    by_encoder = mean_similarities(list(map(compare, embeddings, references)))
    return Yardstick(tuple(references), joint_similarity(by_encoder), by_encoder)


def share_of_gap(value: float, floor: float, top: float) -> float | None:
    """Returns (value − floor) / (top − floor); None where floor and ceiling leave no gap."""
    return (value - floor) / (top - floor) if top > floor else None
