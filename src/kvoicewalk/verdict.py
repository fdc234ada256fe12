"""Held-out figures → one sentence that a person can act on.

A search can please the encoder on its own texts alone. What it won there over the best stock voice
must be there on new texts, too; and it must be there at every text length.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from kvoicewalk.held_out import HeldOut, share_of_gap

if TYPE_CHECKING:
    from kvoicewalk.judges import Reading

Kind = Literal["untold", "overfitted", "like", "uneven", "partly", "no_closer"]

# Likeness won on the search's text and not on new ones. Texts differ for every voice, so the drop
# of the voice itself must be clear, too. Figures: docs/held-out.md.
MAX_LOST, MAX_DROP = 0.03, 0.03
MIN_GAP = 0.03  # between floor and ceiling; less is noise
MIN_CEILING = 0.75  # below, the recording hardly resembles itself: a poor ruler
LIKE_SHARE, PARTLY_SHARE = 0.75, 0.1
MIN_LENGTH_SHARE = 0.5
# Against the best stock voice on the same texts.
MAX_CLIPPED_SHARE = 1e-3
MAX_MORE_SILENCE = 0.15
MAX_PACE_RATIO = 1.5
# By the second judges, against the same. Voices of clean searches lost at most 0.1 of DNSMOS and no
# word (docs/real-likeness.md).
MAX_MOS_LOST, MAX_WORDS_LOST = 0.3, 0.1


@dataclass(frozen=True)
class Verdict:
    """What the figures say.

    Attributes:
        kind: for programs.
        words: for people, one sentence.
    """

    kind: Kind
    words: str


@dataclass(frozen=True)
class Standing:
    """A voice and the best stock voice, judged alike.

    Attributes:
        voice: on new texts.
        floor: the best stock voice on the same.
        floor_name: its name.
        ceiling: the recording against itself, at most 1.
        voice_search, floor_search: likeness on the search's own text; None where not known.
        ceiling_by_encoder: the recording against itself as a cosine by each encoder, by its name.
    """

    voice: HeldOut
    floor: HeldOut
    floor_name: str
    ceiling: float
    voice_search: float | None = None
    floor_search: float | None = None
    ceiling_by_encoder: Mapping[str, float] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        """Share of the gap closed; None where floor and ceiling leave none."""
        return share_of_gap(
            self.voice.target_similarity, self.floor.target_similarity, self.ceiling
        )

    @property
    def encoder_shares(self) -> dict[str, float | None]:
        """Share of the gap closed by each encoder, by its name."""
        own, below = self.voice.by_encoder, self.floor.by_encoder
        return {
            name: share_of_gap(own[name], below[name], top)
            for name, top in self.ceiling_by_encoder.items()
        }

    @property
    def lost(self) -> float | None:
        """Likeness won over the floor on the search's text and not on new ones."""
        if self.voice_search is None or self.floor_search is None:
            return None
        won = self.voice.target_similarity - self.floor.target_similarity
        return self.voice_search - self.floor_search - won

    @property
    def length_shares(self) -> dict[int, float]:
        """Share of the whole gap that is won at each length, by phonemes a text."""
        gap = self.ceiling - self.floor.target_similarity
        return {
            own.n_phonemes: (own.target_similarity - below.target_similarity) / gap
            for own, below in zip(self.voice.by_length, self.floor.by_length, strict=True)
        }


def judge_standing(standing: Standing, readings: "Sequence[Reading]" = ()) -> Verdict:
    """Says how good a voice is.

    Args:
        standing: its figures.
        readings: what second judges say of quality and words.
    """
    kind, words = _likeness(standing)
    faults = [*_faults(standing), *_heard_faults(readings, standing.floor_name)]
    return Verdict(kind, "; ".join([words, *faults]) + ".")


def floor_verdict() -> Verdict:
    """Says what there is to say of the floor itself."""
    return Verdict("no_closer", "this is the floor, the best stock voice itself.")


def _likeness(standing: Standing) -> tuple[Kind, str]:
    return _doubt(standing) or _closeness(standing)


def _doubt(standing: Standing) -> tuple[Kind, str] | None:
    """Returns why the share of the gap cannot be trusted; None where it can."""
    if standing.ceiling < MIN_CEILING:
        return "untold", (
            f"cannot be told: the recording is only {standing.ceiling:.2f} like itself; give more "
            "or longer clips"
        )
    if _is_overfitted(standing):
        return "overfitted", (
            f"overfitted: {standing.voice_search:.2f} on the search's text, "
            f"{standing.voice.target_similarity:.2f} on new ones"
        )
    if standing.ceiling - standing.floor.target_similarity < MIN_GAP:
        return "untold", (
            f"cannot be told: {standing.floor_name} is as like the recording as it is itself; "
            "a longer or cleaner recording would tell more"
        )
    return None


def _closeness(standing: Standing) -> tuple[Kind, str]:
    share = standing.share
    assert share is not None  # there is a gap
    if share < PARTLY_SHARE:
        return "no_closer", f"no closer to the target than the stock voice {standing.floor_name}"
    is_like = share >= LIKE_SHARE
    shown = min(share, 1) if is_like else min(share, LIKE_SHARE - 0.01)  # never rounded up to it
    closed = f"{shown:.0%} of the gap closed"
    shares = standing.length_shares
    weakest = min(shares, key=lambda n: shares[n])
    weak = f"weakest on texts of about {weakest} phonemes"
    if not is_like:
        return "partly", f"closer to the target, not there yet: {closed}, {weak}"
    if shares[weakest] < MIN_LENGTH_SHARE:
        return "uneven", f"sounds like the target, not on every length: {closed}, {weak}"
    return "like", f"sounds like the target on every length: {closed}"


def _is_overfitted(standing: Standing) -> bool:
    searched, lost, share = standing.voice_search, standing.lost, standing.share
    if searched is None or lost is None or (share is not None and share >= LIKE_SHARE):
        return False
    return lost > MAX_LOST and searched - standing.voice.target_similarity > MAX_DROP


def _faults(standing: Standing) -> list[str]:
    own, below = standing.voice.facts, standing.floor.facts
    faults = []
    if own.clipped_share > MAX_CLIPPED_SHARE + below.clipped_share:
        faults.append(f"it clips ({own.clipped_share:.1%} of the samples)")
    if own.silence_share > below.silence_share + MAX_MORE_SILENCE:
        faults.append(f"{own.silence_share:.0%} of it is silence")
    if own.speech_s > 0 and below.speech_s > 0:
        ratio = own.speech_s / below.speech_s
        times, how = (ratio, "slowly") if ratio > 1 else (1 / ratio, "fast")
        if times > MAX_PACE_RATIO:
            faults.append(f"it speaks {times:.1f} times as {how} as {standing.floor_name}")
    return faults


def _heard_faults(readings: "Sequence[Reading]", floor_name: str) -> list[str]:
    faults = []
    for one in readings:
        if one.value is None or one.floor is None:
            continue
        if one.name == "dnsmos" and one.value < one.floor - MAX_MOS_LOST:
            faults.append(
                f"it sounds less clean than {floor_name} (DNSMOS {one.value:.1f}, not "
                f"{one.floor:.1f})"
            )
        if one.name == "word_error" and one.value > one.floor + MAX_WORDS_LOST:
            faults.append(
                f"it is harder to understand than {floor_name} ({one.value:.0%} of the words "
                f"misheard, not {one.floor:.0%})"
            )
    return faults
