"""What a page says of a run in a sentence."""

import shlex
from dataclasses import dataclass
from datetime import datetime

from kvoicewalk.report.page_facts import HeldOutFacts, RunFacts

HEADLINES = {
    "like": "Sounds like the recording",
    "uneven": "Sounds like the recording, not on every length",
    "partly": "Closer to the recording, not there yet",
    "no_closer": "No closer than the best stock voice",
    "overfitted": "Overfitted",
    "untold": "Cannot be told",
}


@dataclass(frozen=True)
class Verdict:
    """A headline, and the figures behind it in a sentence."""

    headline: str
    sentence: str


def verdict(facts: RunFacts) -> Verdict:
    """Returns what is to be said of a run first."""
    if facts.held_out is not None:
        return _judged(facts.held_out)
    best, result = facts.best, facts.result
    if facts.record.command == "speak":
        return Verdict(f"{str(result.get('voice') or 'A voice')[:80]} speaks", "")
    if facts.record.command in ("rank", "demo", "score"):
        return _ranked(facts)
    if best is None or best.score is None:
        return Verdict("Nothing was concluded", "The run has not come to a result.")
    before = facts.start.score if facts.start else None
    since = f", from {before:.1f} where it began" if before is not None else ""
    return Verdict(
        f"Score {best.score:.1f}",
        f"The search reached a score of {best.score:.1f}{since}. It was not judged on texts that "
        "the search never spoke, so trust your ears more than the number.",
    )


def _ranked(facts: RunFacts) -> Verdict:
    heard = [one for one in facts.voices if one.target_similarity is not None]
    if not heard:
        return Verdict("No voice was heard", "The run has not come to a result.")
    top, n = heard[0], len(heard)
    scale = "a stranger has about 0, the same person about 100%"
    if top.likeness is None:
        scale = "a stranger has about 0.6, the same person 0.85 and more"
    likeness = f"{top.target_similarity:.3f}" if top.likeness is None else f"{top.likeness:.0%}"
    if n == 1:
        return Verdict(f"{top.name}: likeness {likeness}", "One voice was compared.")
    return Verdict(
        f"{top.name} is the closest of {n} voices",
        f"Its likeness to the recording is {likeness}: {scale}.",
    )


def _judged(found: HeldOutFacts) -> Verdict:
    headline = HEADLINES.get(found.verdict_kind, f"Likeness {found.value:.3f} on new texts")
    words = f"On texts that the search never spoke: {found.verdict}" if found.verdict else ""
    return Verdict(headline, words)


def when(started_at: str) -> str:
    """Returns a time of the store for people, `25 November 2026, 16:20 UTC`; "" for no time."""
    try:
        moment = datetime.fromisoformat(started_at)
    except ValueError:
        return ""
    zone = " UTC" if moment.utcoffset() is not None else ""
    return f"{moment.day} {moment:%B %Y, %H:%M}{zone}"


def speak_command(voice_path: str) -> str:
    """Returns the command that speaks with a voice, ready to be pasted."""
    return f'kvw speak {shlex.quote(voice_path)} "Any text you like."'
