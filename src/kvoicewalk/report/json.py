"""Runs as JSON for programs: snake_case, floats unrounded, one object a line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kvoicewalk.search.base import RankStep


def voice_entry(step: RankStep) -> dict[str, Any]:
    """Returns one voice's line of a ranking; what was not heard of it is null."""
    score = step.score
    return {
        "name": step.voice_name,
        "score": score.score if score else None,
        "target_similarity": step.target_similarity,
        "self_similarity": score.self_similarity if score else None,
        "feature_similarity": score.feature_similarity if score else None,
        "screening_similarity": step.screening_similarity,
    }


def ranking_object(
    run_id: str, model: str, target: str, standings: Sequence[RankStep], more: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns the object of `rank` and `score`, best voice first."""
    return {
        "run": run_id,
        "model": model,
        "target": target,
        "voices": [voice_entry(step) for step in standings],
        **more,
    }


def dump(data: Any) -> str:
    """Returns one line of strict JSON (no NaN)."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False)
