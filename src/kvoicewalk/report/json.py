"""Runs as JSON for programs: snake_case, floats unrounded, one object a line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kvoicewalk.evaluate import Evaluation, EvaluationCounts
from kvoicewalk.held_out import HeldOut, share_of_gap
from kvoicewalk.search.base import Outcome, RankStep


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


def parts_entry(evaluation: Evaluation) -> dict[str, Any]:
    """Returns score and parts; what was not heard of it is null."""
    score = evaluation.score
    return {
        "score": score.score if score else None,
        "target_similarity": evaluation.target_similarity,
        "self_similarity": score.self_similarity if score else None,
        "feature_similarity": score.feature_similarity if score else None,
    }


def step_entry(number: int, evaluation: Evaluation, outcome: Outcome) -> dict[str, Any]:
    """Returns one step of a search, as it is kept and printed."""
    return {
        "step": number,
        "name": evaluation.voice_name,
        "outcome": outcome,
        **parts_entry(evaluation),
    }


def held_out_entry(voice: HeldOut, floor: HeldOut, floor_name: str, top: float) -> dict[str, Any]:
    """Returns the held-out score of a voice between its floor and its ceiling."""
    return {
        "target_similarity": voice.target_similarity,
        "spread": voice.spread,
        "self_similarity": voice.self_similarity,
        "by_length": _lengths(voice),
        "floor": floor.target_similarity,
        "floor_by_length": _lengths(floor),
        "floor_voice": floor_name,
        "ceiling": top,
        "share_of_gap": share_of_gap(voice.target_similarity, floor.target_similarity, top),
    }


def _lengths(found: HeldOut) -> list[dict[str, Any]]:
    return [
        {
            "n_phonemes": one.n_phonemes,
            "target_similarity": one.target_similarity,
            "self_similarity": one.self_similarity,
        }
        for one in found.by_length
    ]


def timing_entry(counts: EvaluationCounts) -> dict[str, Any]:
    """Returns what the evaluations of a run cost."""
    return {
        "n_spoken": counts.n_spoken,
        "n_remembered": counts.n_remembered,
        "spoken_s": counts.spoken_s,
        **{f"{stage}_s": seconds for stage, seconds in counts.stage_s.items()},
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
