"""The figures of a page as rows."""

from dataclasses import dataclass
from pathlib import Path

from kvoicewalk.report import plain
from kvoicewalk.report.page_facts import HeldOutFacts, Parts, RunFacts
from kvoicewalk.report.words import speak_command, when

TEXT_CHARS = 3000
MAX_CLIPS = 20
PARTS = ("score", "target_similarity", "self_similarity", "feature_similarity")


@dataclass(frozen=True)
class ScoreRow:
    """One voice of the score table; `kind` is its colour, "gain" for a difference."""

    what: str
    kind: str
    parts: Parts


@dataclass(frozen=True)
class Gap:
    """Where a voice stands between the best stock voice and the recording, in percent of a bar."""

    floor: float
    value: float
    ceiling: float


def score_rows(facts: RunFacts) -> list[ScoreRow]:
    """Returns best stock voice, start and best voice as far as they are known, and the gain."""
    best = facts.best
    if best is None or best.score is None:
        return []
    floor, start = facts.floor, facts.start
    rows = []
    if floor is not None and floor.score is not None and floor.name != best.name:
        rows.append(ScoreRow("best stock voice", "floor", floor))
    is_other = start is not None and start.name not in {floor.name if floor else "", best.name}
    if start is not None and (is_other or not rows) and start.name != best.name:
        rows.append(ScoreRow("start", "start", start))
    rows.append(ScoreRow("the new voice" if rows else "the best voice", "best", best))
    if len(rows) > 1:
        rows.append(ScoreRow("gain", "gain", _difference(best, rows[0].parts)))
    return rows


def gap_of(found: HeldOutFacts | None) -> Gap | None:
    """Returns where the judged voice stands; None where floor and ceiling are not known."""
    if found is None or found.floor is None or found.ceiling is None:
        return None
    marks = (found.floor, found.value, found.ceiling)
    low, high = min(marks), max(marks)
    if high <= low:
        return None
    floor, value, ceiling = (round(100 * (mark - low) / (high - low), 1) for mark in marks)
    return Gap(floor, value, ceiling)


def details_of(facts: RunFacts) -> list[tuple[str, str]]:
    """Returns what identifies a run: (words, value), values that are not known left out."""
    record, sidecar, inputs = facts.record, facts.sidecar, facts.inputs
    config = plain.mapping(record.config)
    synth, target = plain.mapping(config.get("synth")), plain.mapping(config.get("target"))
    versions = plain.mapping(facts.material.get("versions"))
    best_path = record.folder / "best.pt"
    rows = [
        ("run", record.run_id),
        ("command", record.command),
        ("status", record.status + (f" ({record.note})" if record.note else "")),
        ("started", when(record.started_at)),
        ("finished", when(record.finished_at or "")),
        ("model", record.model),
        ("recording", _clip_names(target.get("paths")) or record.target),
        ("recording (hash)", inputs.get("target_hash") or sidecar.get("target_hash")),
        ("voice", sidecar.get("recipe")),
        ("best.pt (SHA-256)", facts.best_hash),
        ("seed", synth.get("seed")),
        ("language", sidecar.get("lang") or synth.get("lang")),
        ("scoring", facts.result.get("scoring") or sidecar.get("scoring")),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("speak with it", speak_command(best_path.name) if best_path.is_file() else ""),
    ]
    shown = [(words, plain.text(value)) for words, value in rows if value not in (None, "")]
    spoken = plain.text(target.get("text"), TEXT_CHARS) if record.command != "speak" else ""
    return [*shown, ("text spoken", spoken)] if spoken else shown


def _clip_names(paths: object) -> str:
    """Returns the names of several clips; "" for one, whose name the run has."""
    listed = paths if isinstance(paths, list) else []
    names = [Path(one).name for one in listed if isinstance(one, str)]
    return ", ".join(names[:MAX_CLIPS]) if len(names) > 1 else ""


def _difference(best: Parts, other: Parts) -> Parts:
    def gain(part: str) -> float | None:
        one, two = getattr(best, part), getattr(other, part)
        return one - two if one is not None and two is not None else None

    score, target, own, features, likeness = map(gain, (*PARTS, "likeness"))
    return Parts("", score, target, own, features, likeness)
