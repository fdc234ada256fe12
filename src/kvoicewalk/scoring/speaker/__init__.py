"""Who speaks: speaker encoders, their embeddings, and how alike two of them are."""

from kvoicewalk.scoring.speaker.base import (
    ENCODER_RATE_HZ,
    DifferentiableEncoder,
    Embedding,
    SpeakerEncoder,
    cosine,
    pool_embeddings,
    unit,
)
from kvoicewalk.scoring.speaker.encoders import (
    Embeddings,
    EncoderSet,
    compare,
    mean_similarities,
    open_encoders,
    pool,
)
from kvoicewalk.scoring.speaker.likeness import Similarities, joint_similarity, likeness
from kvoicewalk.scoring.speaker.resemblyzer import Resemblyzer, WindowedSpeech

__all__ = [
    "ENCODER_RATE_HZ",
    "DifferentiableEncoder",
    "Embedding",
    "Embeddings",
    "EncoderSet",
    "Resemblyzer",
    "Similarities",
    "SpeakerEncoder",
    "WindowedSpeech",
    "compare",
    "cosine",
    "joint_similarity",
    "likeness",
    "mean_similarities",
    "open_encoders",
    "pool",
    "pool_embeddings",
    "unit",
]
