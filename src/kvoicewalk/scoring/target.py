"""The recording to imitate, measured once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kvoicewalk.audio import Utterance
from kvoicewalk.errors import AudioError
from kvoicewalk.scoring.acoustics import FeatureTerm, FeatureValues
from kvoicewalk.scoring.speaker import Embeddings, EncoderSet, compare, joint_similarity, pool


@dataclass(frozen=True)
class Target:
    """One speaker, from one or several clips.

    Attributes:
        name: of the first clip.
        hash: SHA-256 of all samples, in hex.
        duration_s: of all clips together.
        embeddings: by each encoder's name: float32 (dimension,), centroid of the clips' embeddings.
        features: float32 (n_features,), mean of the clips' features.
        clip_similarities: each clip against the centroid of all, on Resemblyzer's scale; one clip:
            about 1.
    """

    name: str
    hash: str
    duration_s: float
    embeddings: Embeddings = field(repr=False)
    features: FeatureValues = field(repr=False)
    clip_similarities: tuple[float, ...]


def build_target(
    name: str, clips: Sequence[Utterance], encoders: EncoderSet, term: FeatureTerm
) -> Target:
    """Measures the clips of one speaker.

    Args:
        name: shown to people.
        clips: at least one recording, each of at least 1.6 s of speech.
        encoders: for the embeddings.
        term: which acoustic features.

    Raises:
        AudioError: no clip, or one without speech.
    """
    if not clips:
        raise AudioError("no target was given; name at least one recording.")
    embeddings = [encoders.embed(clip) for clip in clips]
    centroid = pool(embeddings)
    return Target(
        name=name,
        hash=_hash_clips(clips),
        duration_s=sum(clip.duration_s for clip in clips),
        embeddings=centroid,
        features=np.mean([term.extract(clip) for clip in clips], axis=0, dtype=np.float32),
        clip_similarities=tuple(joint_similarity(compare(one, centroid)) for one in embeddings),
    )


def _hash_clips(clips: Sequence[Utterance]) -> str:
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(f"{clip.sample_rate_hz}:{clip.samples.size}:".encode())
        digest.update(np.ascontiguousarray(clip.samples, dtype="<f4").tobytes())
    return digest.hexdigest()
