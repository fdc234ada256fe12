"""Runs as JSON for programs: snake_case, floats unrounded, one object a line."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for their types alone: `kvw runs list` needs none of what they load
    from kvoicewalk.evaluate import Evaluation, EvaluationCounts
    from kvoicewalk.held_out import HeldOut
    from kvoicewalk.judges.base import Reading
    from kvoicewalk.search.base import Outcome, RankStep
    from kvoicewalk.verdict import Standing, Verdict


def voice_entry(step: "RankStep") -> dict[str, Any]:
    """Returns one voice's line of a ranking; what was not heard of it is null."""
    score = step.score
    return {
        "name": step.voice_name,
        "score": score.score if score else None,
        "target_similarity": step.target_similarity,
        "self_similarity": score.self_similarity if score else None,
        "feature_similarity": score.feature_similarity if score else None,
        "screening_similarity": step.screening_similarity,
        "outcome": "gated" if step.is_mute else "heard",
    }


def parts_entry(evaluation: "Evaluation") -> dict[str, Any]:
    """Returns score and parts; what was not heard of it is null."""
    score = evaluation.score
    return {
        "score": score.score if score else None,
        "target_similarity": evaluation.target_similarity,
        "self_similarity": score.self_similarity if score else None,
        "feature_similarity": score.feature_similarity if score else None,
    }


def step_entry(number: int, evaluation: "Evaluation", outcome: "Outcome") -> dict[str, Any]:
    """Returns one step of a search, as it is kept and printed."""
    return {
        "step": number,
        "name": evaluation.voice_name,
        "outcome": outcome,
        "heard": heard(evaluation),
        **parts_entry(evaluation),
    }


def heard(evaluation: "Evaluation") -> str:
    """Returns what a step's `target_similarity` comes from.

    "all": it was scored; "target": by the target text alone; "glance": by half of its windows,
    which compares with neither.
    """
    if evaluation.score is not None:
        return "all"
    return "glance" if evaluation.is_glance else "target"


def held_out_entry(
    standing: "Standing",
    verdict: "Verdict",
    place: Mapping[str, float | None],
    readings: "Sequence[Reading]",
) -> dict[str, Any]:
    """Returns the held-out score of a voice between its floor and its ceiling.

    Args:
        standing: the figures.
        verdict: what they say.
        place: among the stock voices, `prior_distance` and `prior_percentile`.
        readings: of the second judges.
    """
    voice, floor = standing.voice, standing.floor
    return {
        "verdict": verdict.words,
        "verdict_kind": verdict.kind,
        "target_similarity": voice.target_similarity,
        "spread": voice.spread,
        "self_similarity": voice.self_similarity,
        "by_length": _by_length(voice),
        "floor": floor.target_similarity,
        "floor_voice": standing.floor_name,
        "floor_by_length": _by_length(floor),
        "ceiling": standing.ceiling,
        "share_of_gap": standing.share,
        "search_similarity": standing.voice_search,
        "floor_search_similarity": standing.floor_search,
        **place,
        "facts": asdict(voice.facts),
        "floor_facts": asdict(floor.facts),
        "judges": [asdict(reading) for reading in readings],
    }


def _by_length(found: "HeldOut") -> list[dict[str, Any]]:
    return [asdict(one) for one in found.by_length]


def timing_entry(counts: "EvaluationCounts") -> dict[str, Any]:
    """Returns what the evaluations of a run cost."""
    return {
        "n_spoken": counts.n_spoken,
        "n_remembered": counts.n_remembered,
        "spoken_s": counts.spoken_s,
        **{f"{stage}_s": seconds for stage, seconds in counts.stage_s.items()},
    }


def ranking_object(
    run_id: str, model: str, target: str, standings: "Sequence[RankStep]", more: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns the object of `rank` and `score`, best voice first."""
    return {
        "run": run_id,
        "model": model,
        "target": target,
        "voices": [voice_entry(step) for step in standings],
        **more,
    }


def dump(data: Any, is_unicode: bool = True) -> str:
    """Returns one line of strict JSON (no NaN).

    Args:
        data: plain.
        is_unicode: whether it goes where any sign can be written; else, and where a file's name is
            no valid Unicode, the line is ASCII and is read back to the same text.
    """
    line = json.dumps(data, ensure_ascii=not is_unicode, allow_nan=False)
    has_broken_names = any("\ud800" <= sign <= "\udfff" for sign in line)
    return json.dumps(data, allow_nan=False) if has_broken_names else line
