"""Which channels of a file to use: their mean where they hold the same, else the best one.

The mean of two microphones that hear the same 10 ms apart is a comb filter; the mean of a voice
and of hiss is a voice in hiss; the mean of two people, each on a channel, is nobody.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

# A channel 40 dB below the loudest holds hiss or crosstalk, no speech of its own.
DEAD_SHARE = 1e-4
# Channels of opposite polarity leave less than this share of their mean power when averaged;
# independent ones leave half.
CANCELLED_SHARE = 0.05

WINDOW_S = 0.03
LONG_WINDOWS = 10  # 0.3 s: about a syllable and its pause
# By so much the loud windows of speech (95 %) stand above the quiet ones (10 %); steady noise
# varies by 2 dB, speech in noise of the same level by about 3.
SPEECH_DB, STEADY_DB, WORSE_DB = 15.0, 6.0, 12.0

MAX_DELAY_S, MIN_DELAY_S = 0.05, 0.001
DELAYED_LIKENESS, DELAY_GAIN = 0.5, 0.2

OWN_RATIO = 10.0  # one channel alone: 10 dB above the others, each by its own loudness
HEARD_SHARE = 1e-3  # of a channel's loud windows: below is pause
OWN_SHARE, OWN_MIN_S = 0.15, 1.0

Reason = Literal["", "dead", "late", "noise", "asked"]
Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """What to do with the channels.

    Attributes:
        is_used: bool (n_channels,); the samples are the mean of these.
        reason: why the others are not.
        own_s: seconds in which each channel alone is heard, where they hold different voices.
    """

    is_used: Mask
    reason: Reason = ""
    own_s: tuple[float, ...] = ()


class ChannelStatistics:
    """Gathers, block by block, what `choose` needs."""

    def __init__(self, n_channels: int, rate_hz: int) -> None:
        """Begins with nothing heard."""
        self._rate_hz = rate_hz
        self._n_window = max(round(WINDOW_S * rate_hz), 1)
        self._products = np.zeros((n_channels, n_channels))
        self._sums = np.zeros(n_channels)
        self._n_frames = 0
        self._rest = np.zeros((0, n_channels), dtype=np.float32)
        self._powers: list[npt.NDArray[np.float32]] = []
        self._loudest, self._loudest_power = self._rest, -1.0

    def add(self, block: npt.NDArray[np.float32]) -> None:
        """Adds a block, float32 (n_frames, n_channels)."""
        exact = block.astype(np.float64)
        products = exact.T @ exact
        self._products += products
        self._sums += exact.sum(axis=0)
        self._n_frames += len(block)
        if products.trace() > self._loudest_power:
            self._loudest, self._loudest_power = block, products.trace()
        joined = np.concatenate((self._rest, block))
        n_whole = len(joined) // self._n_window
        windows = joined[: n_whole * self._n_window].reshape(
            n_whole, self._n_window, self._sums.size
        )
        self._rest = joined[n_whole * self._n_window :]
        self._powers.append(windows.var(axis=1))

    def choose(self) -> Choice:
        """Chooses the channels to average."""
        n_channels = self._sums.size
        everything = np.ones(n_channels, dtype=bool)
        if not np.isfinite(self._products).all():
            return Choice(everything)
        # A constant offset is no sound: Σ(x − x̄)(y − ȳ) = Σxy − Σx Σy / n.
        products = self._products - np.outer(self._sums, self._sums) / max(self._n_frames, 1)
        energy = products.diagonal()
        if energy.max() <= 0:
            return Choice(everything)
        is_used: Mask = energy >= energy.max() * DEAD_SHARE
        # The energy of the channels' mean, Σᵢⱼ xᵢ·xⱼ / m²: all of it where m channels are alike,
        # 1 / m where they are independent, none where two are opposites.
        together = products[np.ix_(is_used, is_used)].mean()
        if together < CANCELLED_SHARE * energy[is_used].mean():
            return Choice(np.arange(n_channels) == int(energy.argmax()), "dead")
        reason: Reason = "" if is_used.all() else "dead"
        powers = np.concatenate(self._powers).astype(np.float64)
        if is_used.sum() < 2 or len(powers) < LONG_WINDOWS:
            return Choice(is_used, reason)
        contrast = _contrast_db(powers)
        contrast[~is_used] = -np.inf
        is_clear = is_used & ~_is_noise(contrast)
        if is_clear.sum() < is_used.sum():
            is_used, reason = is_clear, "noise"
        if self._is_delayed(is_used, int(np.where(is_used, energy, -1).argmax())):
            return Choice(np.arange(n_channels) == int(contrast.argmax()), "late")
        return Choice(is_used, reason, self._own_s(powers, is_used))

    def _is_delayed(self, is_used: Mask, reference: int) -> bool:
        """Tells whether a channel holds what another does, a millisecond or more apart."""
        n = len(self._loudest)
        if n < 2 or is_used.sum() < 2:
            return False
        samples = self._loudest[:, is_used].astype(np.float64)
        samples -= samples.mean(axis=0)
        # The cross-correlation is the inverse transform of X·Y*. Twice the length keeps one end
        # from meeting the other; negative delays stand at the end.
        spectra = np.fft.rfft(samples, 2 * n, axis=0)
        norms = np.sqrt(np.square(samples).sum(axis=0))
        at = int(is_used[:reference].sum())
        furthest = min(int(MAX_DELAY_S * self._rate_hz), n - 1)
        nearest = MIN_DELAY_S * self._rate_hz
        for i in range(samples.shape[1]):
            if i == at or norms[i] == 0 or norms[at] == 0:
                continue
            found = np.fft.irfft(spectra[:, i] * spectra[:, at].conj())
            around = np.concatenate((found[-furthest:], found[: furthest + 1]))
            likeness = around / (norms[i] * norms[at])
            best = int(likeness.argmax())  # `furthest` stands for no delay
            gain = likeness[best] - likeness[furthest]
            is_late = abs(best - furthest) >= nearest and gain >= DELAY_GAIN
            if is_late and likeness[best] >= DELAYED_LIKENESS:
                return True
        return False

    def _own_s(self, powers: Values, is_used: Mask) -> tuple[float, ...]:
        """Returns the seconds of each channel alone; () where fewer than two have some."""
        n_long = len(powers) // LONG_WINDOWS
        long = powers[: n_long * LONG_WINDOWS].reshape(n_long, LONG_WINDOWS, -1).mean(axis=1)
        loud = np.maximum(np.quantile(long, 0.95, axis=0), 1e-30)
        levels = np.where(is_used, long / loud, 0.0)
        order = np.sort(levels, axis=1)
        is_heard = order[:, -1] >= HEARD_SHARE
        is_own = is_heard & (order[:, -1] >= OWN_RATIO * order[:, -2])
        counts = np.bincount(levels.argmax(axis=1)[is_own], minlength=is_used.size)
        own_s = counts * LONG_WINDOWS * self._n_window / self._rate_hz
        has_own = (counts >= OWN_SHARE * is_heard.sum()) & (own_s >= OWN_MIN_S)
        return tuple(float(s) for s in own_s) if has_own.sum() >= 2 else ()


def _contrast_db(powers: Values) -> Values:
    """Returns by how much the loud windows of each channel stand above its quiet ones."""
    loud, quiet = np.quantile(powers, (0.95, 0.1), axis=0)
    ratio = np.maximum(loud, 1e-30) / np.maximum(quiet, 1e-12)
    found: Values = 10 * np.log10(ratio)
    return found


def _is_noise(contrast: Values) -> Mask:
    """Tells which channels hold steady noise while another holds speech."""
    best = contrast.max()
    if best < SPEECH_DB:
        return np.zeros(contrast.size, dtype=bool)
    least = best - WORSE_DB if contrast.size > 2 else STEADY_DB
    found: Mask = contrast < min(least, SPEECH_DB)
    return found
