"""What a page says of a run in a sentence."""

from dataclasses import dataclass
from datetime import datetime

from kvoicewalk.report.page_facts import HeldOutFacts, RunFacts

# Share of the gap between the best stock voice and the recording itself → words, from the top.
GRADES = (
    (0.8, "Very close to the recording"),
    (0.5, "Much closer than any stock voice"),
    (0.2, "Closer than any stock voice"),
    (0.05, "A little closer than the best stock voice"),
)


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
    likeness = f"{top.target_similarity:.3f}"
    if n == 1:
        return Verdict(f"{top.name}: likeness {likeness}", "One voice was compared.")
    return Verdict(
        f"{top.name} is the closest of {n} voices",
        f"Its likeness to the recording is {likeness}: a stranger has about 0.6, the same person "
        "0.85 and more.",
    )


def _judged(found: HeldOutFacts) -> Verdict:
    if found.share is None or found.floor is None or found.ceiling is None:
        return Verdict(
            found.verdict or f"Likeness {found.value:.3f} on new texts",
            "Floor and ceiling leave no gap to compare it with.",
        )
    words = (name for least, name in GRADES if found.share >= least)
    headline = found.verdict or next(words, "No closer than the best stock voice")
    if found.share < 0:
        sentence = "On texts that the search never spoke it is less like the recording than the "
        return Verdict(headline, sentence + "best stock voice is.")
    return Verdict(
        headline,
        f"On texts that the search never spoke it closes {found.share:.0%} of the gap between the "
        "best stock voice and the recording itself.",
    )


def when(started_at: str) -> str:
    """Returns a time of the store for people, `25 November 2026, 16:20 UTC`; "" for no time."""
    try:
        moment = datetime.fromisoformat(started_at)
    except ValueError:
        return ""
    zone = " UTC" if moment.utcoffset() is not None else ""
    return f"{moment.day} {moment:%B %Y, %H:%M}{zone}"
