"""The best 20 to 30 s of a long recording: in one piece, or joined from whole phrases.

What makes a part good: much speech, little noise, near to the speaker's centroid. Each counts
between 0 and 1, and the three are multiplied.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kvoicewalk.audio import Utterance
from kvoicewalk.config import RecordingLimits
from kvoicewalk.scoring.speaker import cosine, pool_embeddings, unit
from kvoicewalk.target.signal import WINDOW_S, Heard, noise_power, power_above_hum, snr_db
from kvoicewalk.target.speakers import PARTIAL_WINDOWS, Split, Trace

MIN_PAUSE_WINDOWS = 7  # 0.2 s, beyond the 5 windows of a pause that the detector fills
PAD_WINDOWS = 3  # of the pause that stay with a phrase
MIN_PHRASE_WINDOWS = 50  # 1.5 s; shorter ones are not joined
MAX_PHRASE_WINDOWS = 333  # 10 s; a longer one is cut where it is quietest
NOISE_BLOCK_WINDOWS = 167  # 5 s
CLEAN_SNR_DB = 30.0  # likeness loses next to nothing above
STRANGER = 0.6  # likeness of another speaker
# Pieces must be so much better than one: cuts are heard, and that they hold a tenth or two more
# speech, without pauses, makes them no better.
JOIN_GAIN = 1.3
PURE_SHARE = 0.85  # of the best phrase's purity: once there is enough, the rest stays out
FADE_S = 0.01

Span = tuple[int, int]  # from and to, in windows of 30 ms


@dataclass(frozen=True)
class Part:
    """What is used of a long recording.

    Attributes:
        utterance: it; without words, because nobody knows which of them it holds.
        pieces: from and to, in seconds of the recording, in order.
    """

    utterance: Utterance = field(repr=False)
    pieces: tuple[tuple[float, float], ...]

    def describe(self) -> str:
        """Names it in words: how long, and where."""
        first, last = clock(self.pieces[0][0]), clock(self.pieces[-1][1])
        length = f"the best {self.utterance.duration_s:.0f} s"
        if len(self.pieces) == 1:
            return f"{length}, {first} to {last}"
        return f"{length}, {len(self.pieces)} pieces between {first} and {last}"


def clock(seconds: float) -> str:
    """Returns 192.4 as 3:12."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def best_part(
    utterance: Utterance, heard: Heard, trace: Trace, split: Split | None, limits: RecordingLimits
) -> Part:
    """Picks what to use of a long recording; the same recording gives the same part.

    Where two voices are heard, only the one heard more, and clearer, is used. One piece that begins
    and ends in pauses is preferred to the best phrases joined.

    Args:
        utterance: longer than `limits.long_s`.
        heard: of it.
        trace: of it.
        split: of `trace`.
        limits: how long a part is.
    """
    longest, shortest = (int(s / WINDOW_S) for s in (limits.long_s, limits.part_min_s))
    has_two = split is not None and split.likeness < limits.voice_likeness[1]
    judge = _SpanQuality(heard, trace, split if has_two else None, longest)
    phrases = _phrases(heard)
    own = [judge.is_of_speaker(span) for span in phrases]
    joined = _join(
        [span for span, is_own in zip(phrases, own, strict=True) if is_own], judge, shortest
    )
    pieces = _stretches_of_speech(phrases, own, shortest, longest)
    piece = max(pieces, key=lambda span: judge.quality([span]), default=None)
    if piece is not None and judge.quality([piece]) * JOIN_GAIN >= judge.quality(joined):
        return _cut(utterance, [piece])
    return _cut(utterance, joined or [_most_speech(heard, longest)])


def _most_speech(heard: Heard, longest: int) -> Span:
    """Returns the span of that length with the most speech, where it comes in shreds."""
    sums = _sums(heard.is_speech)
    start = int(np.argmax(sums[longest:] - sums[:-longest]))
    return start, start + longest


class _SpanQuality:
    """Rates spans of a recording; each costs the same, however long."""

    def __init__(self, heard: Heard, trace: Trace, split: Split | None, longest: int) -> None:
        # Sums over [a, b) are differences of running sums, S[b] − S[a]: there are as many spans as
        # pairs of phrases. Noise is estimated by the block, since a low quantile cannot be summed.
        power = power_above_hum(heard.spectra) * heard.is_speech
        noise = np.zeros(power.size)
        for start in range(0, power.size, NOISE_BLOCK_WINDOWS):
            block = slice(start, start + NOISE_BLOCK_WINDOWS)
            noise[block] = noise_power(heard.spectra[block])
        self.longest = longest
        self._speech, self._power, self._noise = map(_sums, (heard.is_speech, power, noise))
        self._voices = _sums(trace.embeddings)
        self._middles = trace.middles
        self._is_main = self._find_main(split)
        self._centroid = pool_embeddings(list(trace.embeddings[self._is_main]))

    def _find_main(self, split: Split | None) -> npt.NDArray[np.bool_]:
        """Returns which stretches are the main speaker's; bool (n,).

        A noisy stretch counts less: loud noise makes one speaker sound like two, and the clear
        one is meant.
        """
        if split is None:
            return np.ones(self._middles.size, dtype=bool)
        half, last = PARTIAL_WINDOWS // 2, len(self._speech) - 1
        around = [(max(0, m - half), min(last, m + half)) for m in self._middles.tolist()]
        clear = np.array([self._clarity([span]) for span in around])
        is_main = split.is_main
        return is_main if clear[is_main].sum() >= clear[~is_main].sum() else ~is_main

    def is_of_speaker(self, span: Span) -> bool:
        """Tells whether the main speaker is the one who speaks."""
        return bool(self._is_main[self._stretches(span)].mean() >= 0.5)

    def quality(self, spans: Sequence[Span]) -> float:
        """Returns how good spans are together, 0 to 1."""
        n_speech = sum(float(self._speech[b] - self._speech[a]) for a, b in spans)
        return min(1.0, n_speech / self.longest) * self.purity(spans)

    def purity(self, spans: Sequence[Span]) -> float:
        """Returns the same whatever their length, 0 to 1."""
        clarity = self._clarity(spans)
        if clarity == 0:
            return 0.0
        stretches = [self._stretches(span) for span in spans]
        # The sum of the embeddings points where their mean does, and `unit` takes its length away.
        heard = np.sum([self._voices[s.stop] - self._voices[s.start] for s in stretches], axis=0)
        likeness = cosine(unit(heard.astype(np.float32)), self._centroid)
        # 0 at another speaker's likeness, 1 at the centroid itself.
        return clarity * min(1.0, max(0.0, (likeness - STRANGER) / (1 - STRANGER)))

    def _clarity(self, spans: Sequence[Span]) -> float:
        """Returns how far speech stands above the noise, 0 to 1: 30 dB and more."""
        n_speech, power, noise = (
            sum(float(sums[b] - sums[a]) for a, b in spans)
            for sums in (self._speech, self._power, self._noise)
        )
        if n_speech == 0:
            return 0.0
        snr = snr_db(power / n_speech, noise / sum(b - a for a, b in spans))
        return min(1.0, max(0.0, snr / CLEAN_SNR_DB))

    def _stretches(self, span: Span) -> slice:
        """Returns the stretches with their middle in a span, else the next one."""
        first, last = (int(i) for i in np.searchsorted(self._middles, span))
        first = min(first, self._middles.size - 1)
        return slice(first, max(last, first + 1))


def _sums(values: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Returns running sums along the first axis, 0 first."""
    found = np.cumsum(values, axis=0, dtype=np.float64)
    return np.concatenate((np.zeros_like(found[:1]), found))


def _phrases(heard: Heard) -> list[Span]:
    """Returns speech between pauses, with a little of the pauses, in order."""
    edges = np.flatnonzero(np.diff(heard.is_speech.astype(np.int8), prepend=0, append=0))
    runs: list[Span] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if runs and start - runs[-1][1] < MIN_PAUSE_WINDOWS:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    n_windows = heard.is_speech.size
    padded = [(max(0, a - PAD_WINDOWS), min(n_windows, b + PAD_WINDOWS)) for a, b in runs]
    power = power_above_hum(heard.spectra)
    return [piece for span in padded for piece in _shorten(span, power)]


def _shorten(span: Span, power: npt.NDArray[np.float64]) -> Iterator[Span]:
    """Cuts a long phrase into pieces of 5 to 10 s, each at its quietest moment, and a rest."""
    start, end = span
    while end - start > MAX_PHRASE_WINDOWS:
        half = start + MAX_PHRASE_WINDOWS // 2
        cut = half + int(np.argmin(power[half : start + MAX_PHRASE_WINDOWS]))
        yield start, cut
        start = cut
    yield start, end


def _stretches_of_speech(
    phrases: Sequence[Span], own: Sequence[bool], shortest: int, longest: int
) -> Iterator[Span]:
    """Yields all spans from a phrase's beginning to a phrase's end, without another speaker's."""
    for i, (start, _) in enumerate(phrases):
        for (_, end), is_own in zip(phrases[i:], own[i:], strict=True):
            if not is_own or end - start > longest:
                break
            if end - start >= shortest:
                yield start, end


def _join(phrases: Sequence[Span], judge: _SpanQuality, shortest: int) -> list[Span]:
    """Returns the best phrases that fit, in order; neighbours as one."""
    usable = [span for span in phrases if span[1] - span[0] >= MIN_PHRASE_WINDOWS]
    purity = {span: judge.purity([span]) for span in usable}
    n_taken = 0
    chosen: list[Span] = []
    for span in sorted(usable, key=lambda span: -purity[span]):
        is_enough = n_taken >= shortest and purity[span] < PURE_SHARE * purity[chosen[0]]
        if not is_enough and n_taken + span[1] - span[0] <= judge.longest:
            chosen.append(span)
            n_taken += span[1] - span[0]
    joined: list[Span] = []
    for start, end in sorted(chosen):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _cut(utterance: Utterance, spans: Sequence[Span]) -> Part:
    rate_hz = utterance.sample_rate_hz
    n_fade = round(FADE_S * rate_hz)
    rise = np.linspace(0, 1, n_fade, dtype=np.float32)
    cuts = []
    for start, end in spans:
        first, last = (round(i * WINDOW_S * rate_hz) for i in (start, end))
        cut = utterance.samples[first:last].copy()
        cut[:n_fade] *= rise
        cut[-n_fade:] *= rise[::-1]
        cuts.append(cut)
    pieces = tuple((start * WINDOW_S, end * WINDOW_S) for start, end in spans)
    return Part(Utterance(np.concatenate(cuts), rate_hz), pieces)
