"""Which recordings a page plays, and what it calls them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kvoicewalk.report import plain
from kvoicewalk.report.page_facts import RunFacts, StepFacts

N_TIMELINE_ROWS = 40
N_TIMELINE_PLAYERS = 8

Kind = Literal["target", "best", "floor"]


@dataclass(frozen=True)
class Player:
    """A recording on a page.

    Attributes:
        key: unique on the page.
        kind: decides its colour and whether it is voted on; the target is not.
        title: what it is.
        voice: its name.
        path: of the recording; None where it is not there.
    """

    key: str
    kind: Kind
    title: str
    voice: str
    path: Path | None


@dataclass(frozen=True)
class Improvement:
    """A row of the timeline.

    Attributes:
        key: of its player.
        step: what was found.
        gain: over the improvement before it; None for the first.
        share: of the way from the first to the last score, 0 to 1.
        path: of its recording; None where it is not played.
    """

    key: str
    step: StepFacts
    gain: float | None
    share: float
    path: Path | None


def run_players(facts: RunFacts) -> dict[str, Player]:
    """Returns the players of one run by key: target, best voice, best stock voice.

    Those whose recordings are not there have no path.
    """
    target = plain.text(facts.record.target)
    best_name = facts.best.name if facts.best else ""
    if facts.record.command == "speak":
        spoken = plain.text(facts.result.get("voice")) or target
        sounds = (facts.wav(f"speech.{ending}") for ending in ("wav", "flac", "mp3", "opus"))
        path = next(filter(None, sounds), None)
        return _by_key(Player("best", "best", "The voice", spoken, path))
    is_stock = facts.record.command in ("rank", "demo")
    title = "The closest stock voice" if is_stock else "The new voice"
    floor_name = facts.floor.name if facts.floor else ""
    return _by_key(
        Player("target", "target", "The recording", target, facts.wav("target.wav")),
        Player("best", "best", title, best_name, facts.wav("best.wav")),
        Player("floor", "floor", "The best stock voice", floor_name, facts.wav("floor.wav")),
    )


def compared_players(runs: Sequence[RunFacts]) -> dict[str, Player]:
    """Returns the players of several runs by key: each target once, each run's best voice."""
    targets: dict[str, Player] = {}
    voices = []
    for place, facts in enumerate(runs, 1):
        own = run_players(facts)
        target = own.get("target")
        if target is not None and target.path is not None:
            identity = plain.text(facts.inputs.get("target_hash")) or target.voice
            key = f"target{len(targets) + 1}"
            targets.setdefault(
                identity, Player(key, "target", target.title, target.voice, target.path)
            )
        best = own["best"]
        title = f"{place}: {best.title.lower()} of {facts.record.command}"
        voices.append(Player(f"run{place}", "best", title, best.voice, best.path))
    return _by_key(*targets.values(), *voices)


def timeline_of(facts: RunFacts) -> tuple[list[Improvement], int]:
    """Returns the latest improvements, oldest first, and how many older ones are left out.

    Of those whose recordings are there, some are played, spread over all.
    """
    taken = [step for step in facts.steps if step.outcome == "accepted"]
    shown = taken[-N_TIMELINE_ROWS:]
    played = _spread([step.number for step in shown if step.wav_path is not None])
    scores = [step.parts.score or 0.0 for step in shown]
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    rows = []
    before = facts.start.score if facts.start and len(shown) == len(taken) else None
    for step, score in zip(shown, scores, strict=True):
        gain = score - before if before is not None else None
        share = (score - low) / (high - low) if high > low else 1.0
        path = step.wav_path if step.number in played else None
        rows.append(Improvement(f"step{step.number}", step, gain, share, path))
        before = score
    return rows, len(taken) - len(shown)


def _spread(numbers: Sequence[int]) -> set[int]:
    """Returns at most `N_TIMELINE_PLAYERS` of the numbers, the first and the last among them."""
    if len(numbers) <= N_TIMELINE_PLAYERS:
        return set(numbers)
    last = len(numbers) - 1
    return {numbers[round(i * last / (N_TIMELINE_PLAYERS - 1))] for i in range(N_TIMELINE_PLAYERS)}


def _by_key(*players: Player) -> dict[str, Player]:
    return {player.key: player for player in players}
