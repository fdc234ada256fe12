"""Speech to learn from: what espeak-ng says, phoneme by phoneme, in the network's frames."""

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kvoicewalk.audio import SAMPLE_RATE_HZ
from kvoicewalk.models.mini import CONFIG_PATH
from tools.train_mini.espeak import Espeak, Manner, TimedSpeech

FRAMES_PER_S = 40  # of durations, as in Kokoro
FRAME_SAMPLES = SAMPLE_RATE_HZ // FRAMES_PER_S
CURVE_HOP_S = 0.0125  # pitch and energy: two values a frame
ENERGY_WINDOW_SAMPLES = 1_200
ENERGY_FLOOR = 1e-4
PITCH_FLOOR_HZ, PITCH_CEILING_HZ = 55.0, 600.0
LEAD_FRAMES, TAIL_FRAMES = 2, 3  # of the two pad tokens
STRESS_SHARE = 0.3  # a stress mark takes this much of a sound's time
PUNCTUATION = frozenset(';:,.!?—…"()“” ')
# misaki writes some pairs as one letter. Source: hexgrad/misaki misaki/espeak.py.
LETTERS = {
    "aɪ": "I", "aʊ": "W", "dʒ": "ʤ", "eɪ": "A", "oʊ": "O", "əʊ": "Q", "tʃ": "ʧ", "ɔɪ": "Y",
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One text spoken by one speaker.

    Attributes:
        speaker: index.
        phonemes: Kokoro's alphabet, n characters.
        durations: int16 (n + 2,), frames of 25 ms, with both pads.
        samples: int16 (600 · n_frames,) at 24 kHz.
        pitch_hz: float16 (2 · n_frames,), 0 where unvoiced.
        energy: float16 (2 · n_frames,), natural log of the root mean square.
    """

    speaker: int
    phonemes: str
    durations: npt.NDArray[np.int16]
    samples: npt.NDArray[np.int16]
    pitch_hz: npt.NDArray[np.float16]
    energy: npt.NDArray[np.float16]

    @property
    def n_frames(self) -> int:
        """Frames of 25 ms."""
        return len(self.samples) // FRAME_SAMPLES


@functools.cache
def engine() -> Espeak:
    """Returns this process's espeak-ng."""
    return Espeak()


@functools.cache
def _phonemizer() -> Any:
    from misaki.espeak import EspeakG2P

    return EspeakG2P(language="en-us")


@functools.cache
def _vocab() -> frozenset[str]:
    return frozenset(json.loads(CONFIG_PATH.read_text(encoding="utf-8"))["vocab"])


def make_item(text: str, speaker: int, manner: Manner) -> Item | None:
    """Speaks a text and lays it out in frames; None where times and letters cannot be matched."""
    phonemes = str(_phonemizer()(text)[0]).strip()
    speech = engine().speak(text, manner)
    ends_s = letter_ends(phonemes, speech)
    if ends_s is None or not phonemes:
        return None
    known = [index for index, letter in enumerate(phonemes) if letter in _vocab()]
    # A letter that the network lacks belongs to the sound before it.
    ends_s = [ends_s[next_known - 1] for next_known in [*known[1:], len(phonemes)]]
    phonemes = "".join(phonemes[index] for index in known)
    lead_s = float(speech.starts_s[0])
    # Silence is put before, so that the first pad ends on a frame and holds at least two.
    lead_frames = max(LEAD_FRAMES, round(lead_s * FRAMES_PER_S) + LEAD_FRAMES)
    shift_s = lead_frames / FRAMES_PER_S - lead_s
    edges = [0, lead_frames]
    for end_s in ends_s:
        edges.append(max(edges[-1] + 1, round((end_s + shift_s) * FRAMES_PER_S)))
    edges.append(edges[-1] + TAIL_FRAMES)
    samples = np.zeros(edges[-1] * FRAME_SAMPLES, np.float32)
    start = round(shift_s * SAMPLE_RATE_HZ)
    spoken = speech.samples[: samples.size - start]
    samples[start : start + spoken.size] = spoken
    return Item(
        speaker=speaker,
        phonemes=phonemes,
        durations=np.diff(edges).astype(np.int16),
        samples=np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16),
        pitch_hz=frame_pitch_hz(samples).astype(np.float16),
        energy=frame_energy(samples).astype(np.float16),
    )


def letter_ends(phonemes: str, speech: TimedSpeech) -> list[float] | None:
    """Returns when each letter ends, in seconds; None where the two transcriptions differ.

    A sound of several letters is shared out among them; a space or a mark lasts until the next
    sound begins.
    """
    total_s = speech.samples.size / SAMPLE_RATE_HZ
    stops_s = [*speech.starts_s[1:].tolist(), total_s]
    sounds = [
        (_letters(name), start, stop)
        for name, start, stop in zip(
            speech.phonemes, speech.starts_s.tolist(), stops_s, strict=True
        )
    ]
    spelled = [letter for letters, _, _ in sounds for letter in letters]
    if spelled != [letter for letter in phonemes if letter not in PUNCTUATION]:
        return None
    begins, ends = [], []
    for letters, start, stop in sounds:
        shares = np.array([STRESS_SHARE if letter in "ˈˌ" else 1.0 for letter in letters])
        marks = start + (stop - start) * np.concatenate(([0.0], np.cumsum(shares / shares.sum())))
        begins.extend(marks[:-1])
        ends.extend(marks[1:])
    found: list[float] = []
    index = 0
    for letter in phonemes:
        if letter in PUNCTUATION:
            found.append(float(begins[index]) if index < len(begins) else total_s)
        else:
            found.append(float(ends[index]))
            index += 1
    return found


def _letters(name: str) -> str:
    for pair, letter in LETTERS.items():
        name = name.replace(pair, letter)
    return name


def frame_pitch_hz(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Returns the pitch in the middle of each 12.5 ms, 0 where unvoiced (Boersma 1993)."""
    import parselmouth  # of the group `train`

    sound = parselmouth.Sound(samples.astype(np.float64), SAMPLE_RATE_HZ)
    track = sound.to_pitch_ac(
        time_step=CURVE_HOP_S, pitch_floor=PITCH_FLOOR_HZ, pitch_ceiling=PITCH_CEILING_HZ
    )
    times_s = (np.arange(2 * samples.size // FRAME_SAMPLES) + 0.5) * CURVE_HOP_S
    return np.nan_to_num(np.array([track.get_value_at_time(time) for time in times_s]))


def frame_energy(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Returns the log of the root mean square around each 12.5 ms."""
    hop = FRAME_SAMPLES // 2
    margin = (ENERGY_WINDOW_SAMPLES - hop) // 2
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(samples, margin), ENERGY_WINDOW_SAMPLES
    )[::hop][: 2 * samples.size // FRAME_SAMPLES]
    return np.log(np.sqrt((windows**2).mean(axis=1)) + ENERGY_FLOOR)


def make_items(jobs: Sequence[tuple[str, int, Manner]], n_processes: int) -> Iterator[Item | None]:
    """Makes items in the order of the jobs, on several processes."""
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(n_processes) as pool:
        yield from pool.imap(_job, jobs, chunksize=16)


def _job(job: tuple[str, int, Manner]) -> Item | None:
    return make_item(*job)
