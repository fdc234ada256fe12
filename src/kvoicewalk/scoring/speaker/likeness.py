"""How alike two speakers are, by several encoders on one scale.

A cosine is no likeness: strangers have 0.6 by one encoder and 0.1 by another. So each encoder is
put on its own scale between two anchors measured on people, and their mean is taken:

    likeness = mean over encoders of (cosine − strangers) / (same − strangers)

0 is a stranger, 1 is another recording of the same person; both may be passed. The anchors are
fitted by `tools/fit_likeness_scales.py`.
"""

import functools
import json
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch

# The scale of scores: what they were before there was a second encoder.
SCORE_SCALE = "resemblyzer"

Similarities = Mapping[str, float]
Number = TypeVar("Number", float, "torch.Tensor")


@dataclass(frozen=True)
class LikenessScale:
    """What an encoder's cosines mean.

    Attributes:
        strangers: mean cosine of two recordings of two speakers.
        same: mean cosine of two recordings of one speaker.
    """

    strangers: float
    same: float

    @property
    def span(self) -> float:
        """From a stranger to the same speaker."""
        return self.same - self.strangers

    def likeness(self, similarity: Number) -> Number:
        """Returns 0 for a stranger, 1 for the same speaker, linear in the cosine."""
        return (similarity - self.strangers) / self.span

    def similarity(self, likeness: float) -> float:
        """Returns the cosine that has a likeness."""
        return self.strangers + likeness * self.span


@functools.cache
def likeness_scales() -> dict[str, LikenessScale]:
    """Returns each encoder's scale, by its name."""
    text = (
        resources.files("kvoicewalk.scoring.speaker").joinpath("likeness_scales.json").read_text()
    )
    return {
        name: LikenessScale(one["strangers"], one["same"])
        for name, one in json.loads(text)["encoders"].items()
    }


def likeness(similarities: Similarities) -> float:
    """Returns the likeness by all encoders, 0 a stranger, 1 the same person.

    Args:
        similarities: cosine by each encoder's name, at least one.
    """
    scales = likeness_scales()
    return statistics.fmean(scales[name].likeness(value) for name, value in similarities.items())


def joint_similarity(similarities: Similarities) -> float:
    """Returns the likeness by all encoders as a cosine on Resemblyzer's scale, at most about 1.

    That is the scale on which scores are counted: by Resemblyzer alone it is its own cosine, and a
    second encoder does not move the scale that users know.
    """
    if set(similarities) == {SCORE_SCALE}:
        return similarities[SCORE_SCALE]
    return likeness_scales()[SCORE_SCALE].similarity(likeness(similarities))


def likeness_of(joint: float) -> float:
    """Returns the likeness that a `joint_similarity` stands for."""
    return likeness_scales()[SCORE_SCALE].likeness(joint)
