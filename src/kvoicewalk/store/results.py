"""What runs conclude, row by row: written here alone, and read back however damaged or old.

A row is dumped with its fields in order, floats unrounded; these are the objects that `--json`
prints, too. Read with `Row.read`, it is never an error: a field that is missing, of another type or
not finite has its default, and fields of later versions are left out. Similarities are at most 1,
scores 0 to 100; higher is better; None where it was not heard.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError

if TYPE_CHECKING:
    from kvoicewalk.evaluate import Evaluation
    from kvoicewalk.evaluation_counts import EvaluationCounts
    from kvoicewalk.held_out import HeldOut
    from kvoicewalk.judges.base import Reading
    from kvoicewalk.search.base import Outcome, RankStep
    from kvoicewalk.search.sweep import SweepStep
    from kvoicewalk.verdict import Standing, Verdict

MAX_NUMBER = 1e9
MAX_LIST = 1000

Number = Annotated[float, Strict(), Field(ge=-MAX_NUMBER, le=MAX_NUMBER, allow_inf_nan=False)]
Heard = Literal["all", "target", "glance"]
R = TypeVar("R", bound="Row")


class Row(BaseModel):
    """A row of a run; every field has a default."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())

    @classmethod
    def read(cls: type[R], data: object) -> R:
        """Returns what can be read of a row; its defaults for the rest."""
        known = dict(data) if isinstance(data, Mapping) else {}
        while True:
            try:
                return cls.model_validate(known)
            except ValidationError as error:
                bad = {one["loc"][0] for one in error.errors() if one["loc"]}
                known = {key: value for key, value in known.items() if key not in bad}

    @classmethod
    def read_all(cls: type[R], data: object, n_max: int = MAX_LIST) -> tuple[R, ...]:
        """Returns the rows of a list, at most so many; () for anything else."""
        found = data[:n_max] if isinstance(data, list) else []
        return tuple(cls.read(one) for one in found if isinstance(one, Mapping))

    def dump(self) -> dict[str, Any]:
        """Returns plain data, as it is kept and printed."""
        return self.model_dump(mode="json")


# A base that stands last in a row's list of bases has its fields first.


class PartsRow(Row):
    """A score and its parts.

    Attributes:
        likeness: what `target_similarity` means: 0 a stranger, 1 the same person; None for classic
            scoring, and in rows of earlier versions.
        similarities: cosine by each speaker encoder, by its name.
    """

    score: Number | None = None
    target_similarity: Number | None = None
    self_similarity: Number | None = None
    feature_similarity: Number | None = None
    likeness: Number | None = None
    similarities: dict[str, Number] = Field(default_factory=dict)


class _NameRow(Row):
    name: str = ""


class _FileRow(_NameRow):
    voice_path: str = ""


class _FilesRow(_FileRow):
    wav_path: str = ""


class _StepHeadRow(Row):
    step: int = Field(0, ge=0)
    name: str = ""
    outcome: str = ""
    heard: str = "all"


class _RunHeadRow(Row):
    run: str = ""
    model: str = ""
    target: str = ""
    step: int = Field(0, ge=0)


class RankRow(PartsRow, _NameRow):
    """One voice of a ranking; "gated": it gave no speech."""

    screening_similarity: Number | None = None
    outcome: str = "heard"


class StepRow(PartsRow, _StepHeadRow):
    """One step of a search.

    Attributes:
        heard: what `target_similarity` comes from. "all": the candidate was scored; "target": by
            the target text alone; "glance": by half of its windows, which compares with neither.
        island: of several searches side by side, whose step it is.
    """

    island: int = Field(0, ge=0)


class SweepRow(StepRow):
    """One step of a sweep, with the pair of voices that it blends."""

    pair: tuple[str, ...] = ()
    alpha: Number | None = None


class BestRow(PartsRow, _FilesRow):
    """The best voice of a search: where it lies and what it scored."""


class BlendRow(PartsRow, _FileRow):
    """One voice of the population that a sweep keeps."""


class LengthRow(Row):
    """Likeness at one text length."""

    n_phonemes: int | None = None
    target_similarity: Number | None = None
    self_similarity: Number | None = None


class ReadingRow(Row):
    """What one second judge says; see `judges.base.Reading`."""

    name: str = ""
    label: str = ""
    value: Number | None = None
    floor: Number | None = None
    target: Number | None = None
    note: str = ""


class EncoderRow(Row):
    """What one speaker encoder hears of a judged voice: cosines to the recording.

    Attributes:
        likeness: of the voice, 0 a stranger, 1 the same person.
        share_of_gap: (similarity − floor) / (ceiling − floor); None where there is no gap.
    """

    name: str = ""
    similarity: Number | None = None
    floor: Number | None = None
    ceiling: Number | None = None
    likeness: Number | None = None
    share_of_gap: Number | None = None


class HeldOutRow(Row):
    """A voice on texts that no search speaks, between its floor and its ceiling."""

    verdict: str = ""
    verdict_kind: str = ""
    target_similarity: Number | None = None
    spread: Number | None = None
    self_similarity: Number | None = None
    by_length: tuple[LengthRow, ...] = ()
    floor: Number | None = None
    floor_voice: str = ""
    floor_by_length: tuple[LengthRow, ...] = ()
    ceiling: Number | None = None
    encoders: tuple[EncoderRow, ...] = ()
    share_of_gap: Number | None = None
    search_similarity: Number | None = None
    floor_search_similarity: Number | None = None
    prior_distance: Number | None = None
    prior_percentile: Number | None = None
    facts: dict[str, Number] = Field(default_factory=dict)
    floor_facts: dict[str, Number] = Field(default_factory=dict)
    judges: tuple[ReadingRow, ...] = ()

    @classmethod
    def read(cls, data: object) -> "HeldOutRow":
        """See `Row.read`; damaged rows of its lists are read like it."""
        found = dict(data) if isinstance(data, Mapping) else {}
        for key, kind in (
            ("by_length", LengthRow),
            ("floor_by_length", LengthRow),
            ("encoders", EncoderRow),
            ("judges", ReadingRow),
        ):
            found[key] = kind.read_all(found.get(key), 50)
        return super().read(found)


class SearchRow(PartsRow, _RunHeadRow):
    """What a search concludes; its page and its judgement come with it.

    Attributes:
        population_names: what a walk started from; None, and not written, for a sweep.
    """

    best: BestRow = BestRow()
    floor: str = ""
    population_names: tuple[str, ...] | None = None
    n_accepted: int = 0
    n_rejected: int = 0
    n_gated: int = 0
    scoring: str = ""
    timing: dict[str, Any] = Field(default_factory=dict)

    def dump(self) -> dict[str, Any]:
        """See `Row.dump`."""
        data = super().dump()
        if self.population_names is None:
            del data["population_names"]
        return data


def parts_of(evaluation: "Evaluation") -> dict[str, Any]:
    """Returns score and parts of an evaluation, by the names that rows have for them."""
    score = evaluation.score
    return {
        "score": score.score if score else None,
        "target_similarity": evaluation.target_similarity,
        "self_similarity": score.self_similarity if score else None,
        "feature_similarity": score.feature_similarity if score else None,
        "likeness": evaluation.likeness,
        "similarities": dict(evaluation.similarities),
    }


def rank_row(step: "RankStep") -> RankRow:
    """Returns one voice of a ranking."""
    score = step.score
    return RankRow(
        name=step.voice_name,
        score=score.score if score else None,
        target_similarity=step.target_similarity,
        self_similarity=score.self_similarity if score else None,
        feature_similarity=score.feature_similarity if score else None,
        likeness=step.likeness,
        similarities=dict(step.similarities),
        screening_similarity=step.screening_similarity,
        outcome="gated" if step.is_mute else "heard",
    )


def step_row(number: int, evaluation: "Evaluation", outcome: "Outcome", island: int = 0) -> StepRow:
    """Returns one step of a search."""
    return StepRow(
        step=number,
        name=evaluation.voice_name,
        outcome=outcome,
        heard=heard(evaluation),
        island=island,
        **parts_of(evaluation),
    )


def sweep_row(step: "SweepStep") -> SweepRow:
    """Returns one step of a sweep."""
    row = step_row(step.number, step.evaluation, step.outcome)
    return SweepRow(**row.model_dump(), pair=step.pair, alpha=step.alpha)


def heard(evaluation: "Evaluation") -> Heard:
    """Returns what an evaluation's likeness comes from; see `StepRow`."""
    if evaluation.score is not None:
        return "all"
    return "glance" if evaluation.is_glance else "target"


def held_out_row(
    standing: "Standing",
    verdict: "Verdict",
    place: Mapping[str, float | None],
    readings: "Sequence[Reading]",
) -> HeldOutRow:
    """Returns the held-out score of a voice.

    Args:
        standing: the figures.
        verdict: what they say.
        place: among the stock voices, `prior_distance` and `prior_percentile`.
        readings: of the second judges.
    """
    voice, floor = standing.voice, standing.floor
    return HeldOutRow(
        verdict=verdict.words,
        verdict_kind=verdict.kind,
        target_similarity=voice.target_similarity,
        spread=voice.spread,
        self_similarity=voice.self_similarity,
        by_length=_lengths(voice),
        floor=floor.target_similarity,
        floor_voice=standing.floor_name,
        floor_by_length=_lengths(floor),
        ceiling=standing.ceiling,
        encoders=tuple(_encoders(standing)),
        share_of_gap=standing.share,
        search_similarity=standing.voice_search,
        floor_search_similarity=standing.floor_search,
        prior_distance=place["prior_distance"],
        prior_percentile=place["prior_percentile"],
        facts=asdict(voice.facts),
        floor_facts=asdict(floor.facts),
        judges=tuple(ReadingRow(**asdict(reading)) for reading in readings),
    )


def _encoders(standing: "Standing") -> Iterator[EncoderRow]:
    from kvoicewalk.held_out import share_of_gap
    from kvoicewalk.scoring.speaker.likeness import likeness

    for name, top in standing.ceiling_by_encoder.items():
        own, floor = standing.voice.by_encoder[name], standing.floor.by_encoder[name]
        yield EncoderRow(
            name=name,
            similarity=own,
            floor=floor,
            ceiling=top,
            likeness=likeness({name: own}),
            share_of_gap=share_of_gap(own, floor, top),
        )


def _lengths(found: "HeldOut") -> tuple[LengthRow, ...]:
    return tuple(LengthRow(**asdict(one)) for one in found.by_length)


def timing_of(counts: "EvaluationCounts") -> dict[str, Any]:
    """Returns what the evaluations of a run cost."""
    return {
        "n_spoken": counts.n_spoken,
        "n_remembered": counts.n_remembered,
        "spoken_s": counts.spoken_s,
        **{f"{stage}_s": seconds for stage, seconds in counts.stage_s.items()},
    }


def ranking_data(
    run_id: str, model: str, target: str, standings: "Sequence[RankStep]", more: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns what `rank` and `score` conclude, best voice first."""
    return {
        "run": run_id,
        "model": model,
        "target": target,
        "voices": [rank_row(step).dump() for step in standings],
        **more,
    }
