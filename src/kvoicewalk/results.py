"""What the library's functions return; frozen, documented, made from what is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.results import Narrated, Ranked, Searched

if TYPE_CHECKING:
    from kvoicewalk.voices import Voice


@dataclass(frozen=True)
class Scores:
    """How a voice does on the texts of a search; higher is better.

    Attributes:
        score: 0 to 100; None where only the likeness was heard.
        target_similarity: likeness to the recording, at most 1; None where it was not heard.
        self_similarity: stability over two texts, at most 1; None with the score.
        feature_similarity: pitch, timbre and dynamics, 0 to 1; None with the score.
        likeness: what `target_similarity` means, 0 a stranger, 1 the same person; None for classic
            scoring.
        similarities: cosine by each speaker encoder, by its name; empty where it was not scored.
    """

    score: float | None
    target_similarity: float | None
    self_similarity: float | None
    feature_similarity: float | None
    likeness: float | None = None
    similarities: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class HeldOutResult:
    """How a voice does on texts that no search speaks; see docs/held-out.md.

    Attributes:
        verdict: in words.
        target_similarity: mean over text lengths, at most 1.
        floor: the same of the best stock voice.
        floor_voice: its name.
        ceiling: the recording against itself.
        share_of_gap: (target_similarity − floor) / (ceiling − floor).
        by_length: phonemes a text → target similarity.
        by_encoder: its name → cosine.
        data: all figures, as `--json` has them.
    """

    verdict: str
    target_similarity: float
    floor: float
    floor_voice: str
    ceiling: float
    share_of_gap: float
    by_length: Mapping[int, float]
    by_encoder: Mapping[str, float]
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class RankedVoice:
    """One voice of a ranking.

    Attributes:
        name: of the voice.
        scores: as far as it was heard.
        screening_similarity: on the short screening text; None where there was no screening.
        held_out: its judgement; None where none was asked for.
    """

    name: str
    scores: Scores
    screening_similarity: float | None = None
    held_out: HeldOutResult | None = None


@dataclass(frozen=True)
class RankResult:
    """Voices by likeness to a recording.

    Attributes:
        run_id: of the run.
        folder: of the run.
        model: its name and the hash of its weights.
        voices: best first.
        voice_path: the best stock voice; None where named voices were scored.
        wav_path: the best stock voice speaks; None likewise.
        page_path: the listening page; None where there is none.
        data: all of it, as `--json` has it.
    """

    run_id: str
    folder: Path
    model: str
    voices: tuple[RankedVoice, ...]
    voice_path: Path | None
    wav_path: Path | None
    page_path: Path | None
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes:
        run_id: of the run.
        folder: of the run.
        model: its name and the hash of its weights.
        voice_path: the best voice.
        wav_path: it speaks the target's text.
        page_path: the listening page; None where it could not be written.
        name: of the best voice.
        scores: of the best voice.
        n_steps: taken.
        held_out: its judgement; None where none was asked for.
        data: all of it, as the last line of `--json` has it.
    """

    run_id: str
    folder: Path
    model: str
    voice_path: Path
    wav_path: Path
    page_path: Path | None
    name: str
    scores: Scores
    n_steps: int
    held_out: HeldOutResult | None
    data: Mapping[str, Any] = field(repr=False)

    def load_voice(self) -> "Voice":
        """Returns the best voice."""
        from kvoicewalk.voices import load_voice

        return load_voice(self.voice_path)


@dataclass(frozen=True)
class NarrationResult:
    """A text in a sound file.

    Attributes:
        wav_path: of the file, whatever its format.
        duration_s: of the speech.
        resumed_s: of that, what an earlier call had spoken.
        voice: its name.
        model: its name and the hash of its weights.
        lang: language letter of the text.
        n_characters: that were spoken.
        data: all of it, as `--json` has it.
    """

    wav_path: Path
    duration_s: float
    resumed_s: float
    voice: str
    model: str
    lang: str
    n_characters: int
    data: Mapping[str, Any] = field(repr=False)


def _scores(entry: Mapping[str, Any]) -> Scores:
    return Scores(
        entry["score"],
        entry["target_similarity"],
        entry["self_similarity"],
        entry["feature_similarity"],
        entry.get("likeness"),
        entry.get("similarities", {}),
    )


def _held_out(entry: Mapping[str, Any] | None) -> HeldOutResult | None:
    if entry is None:
        return None
    return HeldOutResult(
        verdict=entry["verdict"],
        target_similarity=entry["target_similarity"],
        floor=entry["floor"],
        floor_voice=entry["floor_voice"],
        ceiling=entry["ceiling"],
        share_of_gap=entry["share_of_gap"],
        by_length={one["n_phonemes"]: one["target_similarity"] for one in entry["by_length"]},
        by_encoder={one["name"]: one["similarity"] for one in entry["encoders"]},
        data=entry,
    )


def _optional_path(value: str | None) -> Path | None:
    return Path(value) if value is not None else None


def ranked_result(ranked: Ranked) -> RankResult:
    """Returns a ranking as the library shows it."""
    data = ranked.data
    best, judged = data["best"] or {}, data.get("held_out") or {}
    return RankResult(
        run_id=data["run"],
        folder=ranked.folder,
        model=data["model"],
        voices=tuple(
            RankedVoice(
                one["name"],
                _scores(one),
                one["screening_similarity"],
                _held_out(judged.get(one["name"])),
            )
            for one in data["voices"]
        ),
        voice_path=_optional_path(best.get("voice_path")),
        wav_path=_optional_path(best.get("wav_path")),
        page_path=_optional_path(data.get("page_path")),
        data=data,
    )


def search_result(searched: Searched) -> SearchResult:
    """Returns a search as the library shows it."""
    data = searched.data
    best = data["best"]
    return SearchResult(
        run_id=data["run"],
        folder=searched.folder,
        model=data["model"],
        voice_path=Path(best["voice_path"]),
        wav_path=Path(best["wav_path"]),
        page_path=_optional_path(data["page_path"]),
        name=best["name"],
        scores=_scores(best),
        n_steps=data["step"],
        held_out=_held_out(data["held_out"]),
        data=data,
    )


def narration_result(narrated: Narrated) -> NarrationResult:
    """Returns a text in a file as the library shows it."""
    data = narrated.data
    return NarrationResult(
        wav_path=Path(data["wav_path"]),
        duration_s=data["duration_s"],
        resumed_s=data["resumed_s"],
        voice=data["voice"],
        model=data["model"],
        lang=data["lang"],
        n_characters=data["n_characters"],
        data=data,
    )
