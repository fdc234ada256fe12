"""What a page tells of a run, read from its record, its rows and its folder.

Nothing here fails on odd content: what cannot be read is left out, and said so. Of paths only names
are read, see `names`; a page is passed on.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kvoicewalk.errors import StoreError
from kvoicewalk.report import plain
from kvoicewalk.report.names import config_names, data_names, names_only
from kvoicewalk.store import RunRecord, RunStore
from kvoicewalk.store.files import from_json
from kvoicewalk.store.results import (
    EncoderRow,
    HeldOutRow,
    PartsRow,
    RankRow,
    SearchRow,
    StepRow,
)
from kvoicewalk.voices.sidecar import sidecar_path

MATERIAL_NAME = "page.json"
MAX_FILE_BYTES = 2_000_000
MAX_HASHED_BYTES = 64_000_000
MAX_STEPS = 200_000


@dataclass(frozen=True)
class Parts:
    """A voice's score and its parts; None where it was not heard out.

    Attributes:
        name: of the voice.
        score: 0 to 100, higher is better.
        target_similarity: at most 1, higher is better; so are the other two.
        likeness: what `target_similarity` means, 0 a stranger, 1 the same person; None for classic
            scoring and runs of earlier versions.
        is_screened: True where `target_similarity` comes from the short screening text.
    """

    name: str
    score: float | None = None
    target_similarity: float | None = None
    self_similarity: float | None = None
    feature_similarity: float | None = None
    likeness: float | None = None
    is_screened: bool = False


@dataclass(frozen=True)
class StepFacts:
    """One step of a search.

    Attributes:
        number: from 1.
        outcome: accepted, rejected or gated.
        parts: of its candidate.
        wav_path: of its speech; None where it was not kept.
    """

    number: int
    outcome: str
    parts: Parts
    wav_path: Path | None = None


@dataclass(frozen=True)
class LengthFacts:
    """Likeness at one text length: of the voice, and of the best stock voice where known."""

    n_phonemes: int
    value: float
    floor: float | None


@dataclass(frozen=True)
class JudgeFacts:
    """A second opinion that the search never asked for; `value` None where it was not there."""

    label: str
    value: float | None
    floor: float | None
    target: float | None
    note: str


@dataclass(frozen=True)
class HeldOutFacts:
    """The judgement on texts that the search never spoke; see `report.json.held_out_entry`."""

    value: float
    spread: float | None
    self_similarity: float | None
    floor: float | None
    floor_voice: str
    ceiling: float | None
    share: float | None
    verdict: str
    verdict_kind: str
    search_similarity: float | None
    prior_percentile: float | None
    by_length: tuple[LengthFacts, ...]
    encoders: tuple[EncoderRow, ...]
    judges: tuple[JudgeFacts, ...]


@dataclass(frozen=True)
class RunFacts:
    """All that a page tells of a run, as plain values that are safe to show.

    Attributes:
        record: as the store knows it, of paths the names.
        best: the best voice.
        floor: the best stock voice.
        start: what the search began with.
        voices: of a ranking, likest first.
        steps: of a search, in order.
        held_out: the judgement; None where there is none.
        sidecar: of the best voice.
        material: what the search left for the page: the map of voices, versions.
        inputs: hashes of model and target as the run began.
        best_hash: SHA-256 of `best.pt`; "" where it is not there.
        notes: what had to be left out.
    """

    record: RunRecord
    best: Parts | None = None
    floor: Parts | None = None
    start: Parts | None = None
    voices: tuple[Parts, ...] = ()
    steps: tuple[StepFacts, ...] = ()
    held_out: HeldOutFacts | None = None
    sidecar: Mapping[str, Any] = field(default_factory=dict)
    material: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    best_hash: str = ""
    notes: tuple[str, ...] = ()

    @property
    def result(self) -> dict[str, Any]:
        """What the command concluded; {} before."""
        return plain.mapping(self.record.result)

    def wav(self, name: str) -> Path | None:
        """Returns a recording of the run's folder, None where it is not there."""
        path = self.record.folder / name
        return path if path.is_file() else None


def read_facts(store: RunStore, record: RunRecord) -> RunFacts:
    """Reads what a page tells of a run.

    Args:
        store: where its rows stand.
        record: the run's.
    """
    notes: list[str] = []

    def rows(kind: str) -> list[tuple[str, dict[str, Any]]]:
        try:
            found = store.rows(record.run_id, kind)[:MAX_STEPS]
        except StoreError as error:
            notes.append(plain.text(names_only(str(error))))
            return []
        return [(row.name, data_names(row.payload)) for row in found]

    record = _with_names(record)
    folder, result = record.folder, plain.mapping(record.result)
    ranked = [RankRow.read(payload) for _, payload in rows("voice")]
    ranked = ranked or list(RankRow.read_all(result.get("voices")))
    voices = sorted(map(_voice, ranked), key=_likeness, reverse=True)
    start = next((_evaluated(payload) for _, payload in rows("start")), None)
    judged = HeldOutRow.read(result.get("held_out"))
    floor_name = plain.text(SearchRow.read(result).floor or judged.floor_voice)
    known = [*voices, *([start] if start else [])]
    found = {**result, **plain.mapping(result.get("best"))}
    best = _voice(RankRow.read(found)) if result.get("best") else None
    if record.command in ("rank", "demo") and best is not None:
        best = next((one for one in voices if one.name == best.name), best)
    return RunFacts(
        record=record,
        best=best,
        floor=next((one for one in known if one.name == floor_name), None)
        or (Parts(floor_name) if floor_name else None),
        start=start,
        voices=tuple(voices),
        steps=tuple(_step(payload, folder) for _, payload in rows("step")),
        held_out=_held_out(_of_the_best(result)),
        sidecar=_read_json(_sidecar_of_best(folder), notes),
        material=_read_json(folder / MATERIAL_NAME, notes),
        inputs=dict(rows("plan")).get("inputs", {}),
        best_hash=_hash_of(folder / "best.pt"),
        notes=tuple(dict.fromkeys(notes)),
    )


def _with_names(record: RunRecord) -> RunRecord:
    """Returns a record without any folder but its own."""
    return replace(
        record,
        target=names_only(record.target),
        model=names_only(record.model),
        note=names_only(record.note),
        config=config_names(record.config),
        result=data_names(record.result),
    )


def _voice(row: RankRow) -> Parts:
    likeness, screened = row.target_similarity, row.screening_similarity
    is_screened = likeness is None and screened is not None
    return replace(
        _parts(row.name, row),
        target_similarity=screened if is_screened else likeness,
        is_screened=is_screened,
    )


def _parts(name: str, row: PartsRow) -> Parts:
    return Parts(
        name=plain.text(name),
        score=row.score,
        target_similarity=row.target_similarity,
        self_similarity=row.self_similarity,
        feature_similarity=row.feature_similarity,
        likeness=row.likeness,
    )


def _evaluated(payload: Mapping[str, Any]) -> Parts:
    # As `store.checkpoint` keeps an evaluation; its own reader refuses a damaged one.
    row = PartsRow.read({**payload, **plain.mapping(payload.get("score"))})
    return _parts(plain.text(payload.get("voice_name")), row)


def _likeness(parts: Parts) -> tuple[float, bool, float]:
    # As the ranking orders them: scored voices first, screened ones last.
    return (parts.score or 0.0, not parts.is_screened, parts.target_similarity or 0.0)


def _step(payload: Mapping[str, Any], folder: Path) -> StepFacts:
    row = StepRow.read(payload)
    outcome = plain.text(row.outcome, 20)
    wav_path = folder / "voices" / f"step-{row.step:06d}.wav"
    has_wav = outcome == "accepted" and wav_path.is_file()
    parts = _parts(row.name, row)
    if row.heard == "glance":  # another quantity than the other steps'
        parts = replace(parts, target_similarity=None, likeness=None)
    return StepFacts(row.step, outcome, parts, wav_path if has_wav else None)


def _of_the_best(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns a run's judgement; of `score`, which has one a voice, that of the best scored."""
    entry = plain.mapping(result.get("held_out"))
    for voice in RankRow.read_all(result.get("voices"), 1):
        own = entry.get(voice.name)
        if isinstance(own, Mapping):
            return plain.mapping(own)
    return entry


def _held_out(entry: Mapping[str, Any]) -> HeldOutFacts | None:
    row = HeldOutRow.read(entry)
    if row.target_similarity is None:
        return None
    return HeldOutFacts(
        value=row.target_similarity,
        spread=row.spread,
        self_similarity=row.self_similarity,
        floor=row.floor,
        floor_voice=plain.text(row.floor_voice),
        ceiling=row.ceiling,
        share=row.share_of_gap,
        verdict=plain.text(row.verdict),
        verdict_kind=plain.text(row.verdict_kind),
        search_similarity=row.search_similarity,
        prior_percentile=row.prior_percentile,
        by_length=tuple(_lengths(row)),
        encoders=tuple(_shown_encoder(one) for one in row.encoders),
        judges=tuple(
            JudgeFacts(
                label=plain.text(one.label or one.name),
                value=one.value,
                floor=one.floor,
                target=one.target,
                note=plain.text(one.note),
            )
            for one in row.judges[:20]
        ),
    )


def _shown_encoder(row: EncoderRow) -> EncoderRow:
    return row.model_copy(update={"name": plain.text(row.name)})


def _lengths(row: HeldOutRow) -> Iterator[LengthFacts]:
    floors = {one.n_phonemes: one.target_similarity for one in row.floor_by_length}
    for one in row.by_length:
        if one.n_phonemes is not None and one.target_similarity is not None:
            yield LengthFacts(one.n_phonemes, one.target_similarity, floors.get(one.n_phonemes))


def _sidecar_of_best(folder: Path) -> Path:
    path = sidecar_path(folder / "best.pt")
    return path if path.is_file() else folder / "best.json"  # its name in earlier versions


def _read_json(path: Path, notes: list[str]) -> dict[str, Any]:
    try:
        if not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
            return {}
        found: dict[str, Any] = data_names(from_json(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, StoreError) as error:
        notes.append(plain.text(names_only(f"{path.name} cannot be read: {error}")))
        return {}
    return found


def _hash_of(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > MAX_HASHED_BYTES:
            return ""
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
