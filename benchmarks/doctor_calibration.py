"""Prints what the limits of `kvw doctor` rest on: clean recordings, and defects put into them.

    python benchmarks/doctor_calibration.py [../shared/data]

`targets` holds 3 speakers × 6 clips and one text-to-speech recording, `cohort` one clip each of 30
others. "Likeness" is the spoiled recording's to the clean one by the speaker encoder: what the
defect costs before any search begins. Grades are those of `RecordingLimits` as it stands.
"""

import argparse
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfilt

from kvoicewalk.audio import SAMPLE_RATE_HZ, Recording, Samples, Utterance, read_recording, resample
from kvoicewalk.config import RecordingLimits
from kvoicewalk.decode import Source, clipped_share
from kvoicewalk.environment import prepare_process
from kvoicewalk.scoring.speaker import Resemblyzer, cosine
from kvoicewalk.target.examine import compare_clips, examine
from kvoicewalk.target.part import best_part
from kvoicewalk.target.signal import hear
from kvoicewalk.target.speakers import split_voices, trace_voice

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
LIMITS = RecordingLimits()
NOTE, CHORD = (0,), (0, 4, 7)  # in semitones
MIN_S = 5.0  # shorter clips are left out where defects are put in
QUANTILES = (0.0, 0.05, 0.5, 0.95, 1.0)
MEASURES = ("snr_db", "bandwidth_hz", "level_dbfs", "clipped_share", "tone_share", "voice_likeness")

Spoil = Callable[[Samples], Samples]


def as_recording(samples: Samples) -> Recording:
    """Returns what a mono file of these samples would be read as."""
    samples = np.asarray(samples, dtype=np.float32)
    source = Source(SAMPLE_RATE_HZ, 1, 1, clipped_share(samples))
    return Recording(Utterance(samples, SAMPLE_RATE_HZ), source)


def row(name: str, values: Iterable[float]) -> str:
    """Returns quantiles as a line of a table."""
    found = np.quantile(np.array(list(values), dtype=float), QUANTILES)
    return f"{name:16} " + " ".join(f"{value:9.4g}" for value in found)


def print_clean(clips: dict[str, Samples], encoder: Resemblyzer) -> None:
    """Prints each measure over clean recordings, and the grades that they get."""
    print(f"\nClean recordings, {len(clips)}; quantiles {QUANTILES}")
    found = [examine(as_recording(x), LIMITS, encoder, LIMITS.short_s) for x in clips.values()]
    for name in MEASURES:
        values = [getattr(one.figures, name) for one in found]
        print(row(name, (value for value in values if value is not None)))
    print(row("speech share", (one.figures.speech_s / one.figures.duration_s for one in found)))
    faults = Counter(f"{one.what} {one.grade}" for each in found for one in each.faults)
    print("graded down:", dict(faults) or "none")


def print_defect(
    what: str, name: str, spoil: Spoil, clips: Sequence[Samples], encoder: Resemblyzer
) -> None:
    """Prints what a defect costs, and how often it is found."""
    likeness, grades = [], Counter[str]()
    for clean in clips:
        spoiled = as_recording(spoil(clean))
        own = encoder.embed(Utterance(clean, SAMPLE_RATE_HZ))
        likeness.append(cosine(own, encoder.embed(spoiled.utterance)))
        found = examine(spoiled, LIMITS, encoder)
        grades.update(one.grade for one in found.findings if one.what == what)
    shares = " ".join(
        f"{grade} {grades[grade] / len(clips):4.0%}" for grade in ("ok", "note", "bad")
    )
    print(f"{name:32} likeness {np.median(likeness):.3f} (least {min(likeness):.3f})  {shares}")


def rms(samples: Samples) -> float:
    """Returns the root mean square."""
    return float(np.sqrt(np.mean(np.square(samples), dtype=np.float64)))


def add(samples: Samples, other: Samples, snr_db: float) -> Samples:
    """Adds a sound so many dB below the speech; both as heard below 8 kHz."""
    own, its = (rms(resample(x, SAMPLE_RATE_HZ, 16_000)) for x in (samples, other))
    return np.asarray(samples + other * (own / its * 10 ** (-snr_db / 20)), dtype=np.float32)


def noise(n_samples: int, colour: float) -> Samples:
    """Returns noise of power 1 / f^colour: 0 is white, 1 pink."""
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(size=n_samples))
    weights = np.r_[0.0, np.arange(1, spectrum.size) ** (-colour / 2)]
    return np.fft.irfft(spectrum * weights, n_samples).astype(np.float32)


def add_noise(samples: Samples, colour: float, snr_db: float) -> Samples:
    """Adds noise."""
    return add(samples, noise(samples.size, colour), snr_db)


def music(n_samples: int, note_s: float, intervals: Sequence[int]) -> Samples:
    """Returns decaying notes or chords, each of five harmonics."""
    t = np.arange(round(note_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    notes = []
    for step in itertools.cycle((0, 5, 7, 9, 4)):
        pitches = (220 * 2 ** ((step + interval) / 12) for interval in intervals)
        tones = [np.sin(2 * np.pi * f * k * t) / k for f in pitches for k in range(1, 6)]
        notes.append(np.sum(tones, axis=0) * np.exp(-t / note_s))
        if len(notes) * t.size >= n_samples:
            return np.concatenate(notes)[:n_samples].astype(np.float32)
    raise AssertionError


def add_music(samples: Samples, intervals: Sequence[int], snr_db: float) -> Samples:
    """Adds two notes or chords a second."""
    return add(samples, music(samples.size, 0.5, intervals), snr_db)


def quiet(samples: Samples, dbfs: float) -> Samples:
    """Brings the root mean square to a level, in steps of 16 bits."""
    raised = samples / rms(samples) * 10 ** (dbfs / 20)
    return np.asarray(np.round(raised * 32767) / 32767, dtype=np.float32)


def overdrive(samples: Samples, db: float) -> Samples:
    """Raises the highest peak so far beyond full scale, and clips."""
    return np.clip(samples / np.abs(samples).max() * 10 ** (db / 20), -1, 1)


def narrow(samples: Samples, rate_hz: int) -> Samples:
    """Takes a recording down to a sample rate and up again."""
    there = resample(samples, SAMPLE_RATE_HZ, rate_hz)
    return resample(there, rate_hz, SAMPLE_RATE_HZ)[: samples.size]


def telephone(samples: Samples) -> Samples:
    """Passes 300 to 3,400 Hz at 8 kHz."""
    sos = butter(4, (300, 3_400), "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    return narrow(np.asarray(sosfilt(sos, samples), dtype=np.float32), 8_000)


def make_defects() -> list[tuple[str, str, Spoil]]:
    """Returns what should find each defect, its name, and what puts it into a recording."""
    return [
        *(
            ("noise", f"{kind} noise at {snr} dB", partial(add_noise, colour=colour, snr_db=snr))
            for colour, kind in ((0, "white"), (1, "pink"))
            for snr in (30, 25, 20, 15, 10, 5)
        ),
        *(
            ("band", f"sample rate {rate}", partial(narrow, rate_hz=rate))
            for rate in (16_000, 11_025, 8_000)
        ),
        ("band", "telephone, 300 to 3,400 Hz", telephone),
        *(
            ("clipping", f"overdriven {db} dB", partial(overdrive, db=db))
            for db in (1, 3, 6, 10, 15)
        ),
        *(
            ("music", f"{kind} {snr} dB below", partial(add_music, intervals=chord, snr_db=snr))
            for kind, chord in (("notes", NOTE), ("chords", CHORD))
            for snr in (0, 10, 20)
        ),
        *(("level", f"{db} dBFS in 16 bits", partial(quiet, dbfs=db)) for db in (-50, -60)),
        ("length", "first 3 s", lambda x: x[: 3 * SAMPLE_RATE_HZ]),
    ]


def print_music_alone(encoder: Resemblyzer) -> None:
    """Prints the tones found in music without speech."""
    print("\nMusic alone, 12 s: share with steady tones")
    for note_s in (0.15, 0.25, 0.5, 1.0):
        found = [
            examine(as_recording(music(12 * SAMPLE_RATE_HZ, note_s, chord) / 8), LIMITS, encoder)
            for chord in (NOTE, CHORD)
        ]
        shares = " ".join(f"{one.figures.tone_share:5.2f}" for one in found)
        print(f"notes, chords of {note_s:g} s: {shares}")


def print_voices(clips: dict[str, Samples], encoder: Resemblyzer) -> None:
    """Prints the likeness of the two most different voices, for one speaker and for two."""
    traces = {
        name: trace_voice(hear(Utterance(x, SAMPLE_RATE_HZ)), encoder).embeddings
        for name, x in clips.items()
    }
    by_speaker = defaultdict(list)
    for name in traces:
        by_speaker[name.split("-")[0]].append(name)
    cases: dict[str, list[float]] = defaultdict(list)

    def keep(case: str, *parts: np.ndarray) -> None:
        split = split_voices(np.concatenate(parts))
        if split is not None:
            cases[case].append(split.likeness)

    for names in by_speaker.values():
        keep("one: a clip", traces[names[0]])
        for n in (2, 3, 6):
            for chosen in itertools.combinations(names, n):
                keep(f"one: {n} clips joined", *(traces[name] for name in chosen))
    longest = [max(names, key=lambda name: len(traces[name])) for names in by_speaker.values()]
    longest = [name for name in longest if len(traces[name]) >= 8]
    for one, other in itertools.combinations(longest, 2):
        keep("two: joined", traces[one], traces[other])
    for one, other in itertools.permutations(longest, 2):
        keep("two: one for a fifth", traces[one], traces[other][: max(3, len(traces[one]) // 4)])
    print(
        f"\nLikeness of the two most different voices; quantiles {QUANTILES}; note, bad below "
        f"{LIMITS.voice_likeness}"
    )
    for case, values in cases.items():
        note, bad = (np.mean(np.array(values) < limit) for limit in LIMITS.voice_likeness)
        print(f"{row(case, values)}  n {len(values)}, note or bad {note:.1%}, bad {bad:.1%}")


def print_clips(clips: dict[str, Samples], encoder: Resemblyzer) -> None:
    """Prints each clip's likeness to the others of its speaker, and a stranger's among them."""
    by_speaker = defaultdict(list)
    for name, x in clips.items():
        by_speaker[name.split("-")[0]].append(Utterance(x, SAMPLE_RATE_HZ))
    groups = [group for group in by_speaker.values() if len(group) > 1]
    strangers = [group[0] for group in by_speaker.values() if len(group) == 1]
    own, pairs, odd = [], [], []
    for group in groups:
        own += [x for x, _ in compare_clips([""] * len(group), group, encoder, LIMITS)]
        twos = itertools.combinations(group, 2)
        pairs += [compare_clips(["", ""], two, encoder, LIMITS)[0][0] for two in twos]
        mixed = ([*group, stranger] for stranger in strangers)
        odd += [compare_clips([""] * len(m), m, encoder, LIMITS)[-1][0] for m in mixed]
    print(
        f"\nClips against the others; quantiles {QUANTILES}; note, bad below {LIMITS.clip_likeness}"
    )
    print(row("same, of six", own))
    print(row("same, of two", pairs))
    print(
        row("a stranger", odd),
        f" note or bad {np.mean(np.array(odd) < LIMITS.clip_likeness[0]):.1%}",
    )


def print_parts(clips: dict[str, Samples], encoder: Resemblyzer) -> None:
    """Prints how near the picked part comes to the whole of what a speaker says."""
    print("\nThe best part of all clips of a speaker, beside the first 30 s: likeness to the whole")
    by_speaker = defaultdict(list)
    for name, x in clips.items():
        by_speaker[name.split("-")[0]].append(x)
    for name, group in by_speaker.items():
        whole = Utterance(np.concatenate(group), SAMPLE_RATE_HZ)
        if whole.duration_s <= LIMITS.long_s:
            continue
        heard = hear(whole)
        trace = trace_voice(heard, encoder)
        part = best_part(whole, heard, trace, split_voices(trace.embeddings), LIMITS)
        first = Utterance(whole.samples[: int(LIMITS.long_s * SAMPLE_RATE_HZ)], SAMPLE_RATE_HZ)
        picked, plain = (
            cosine(encoder.embed(one), encoder.embed(whole)) for one in (part.utterance, first)
        )
        print(f"{name}, {whole.duration_s:.0f} s: part {picked:.3f}, first 30 s {plain:.3f}")


def main() -> None:
    """Runs all of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    data = parser.parse_args().data
    prepare_process()
    encoder = Resemblyzer()
    paths = [*sorted((data / "targets").glob("*.*")), *sorted((data / "cohort").glob("*.*"))]
    clips = {path.stem: read_recording(path).utterance.samples for path in paths}
    clips = {
        name: x
        for name, x in clips.items()
        if hear(Utterance(x, SAMPLE_RATE_HZ)).speech_s >= LIMITS.min_speech_s
    }
    print_clean(clips, encoder)
    print_voices(clips, encoder)
    print_clips(clips, encoder)
    print_parts(clips, encoder)
    print_music_alone(encoder)
    spoilt = [x for x in clips.values() if x.size > MIN_S * SAMPLE_RATE_HZ][::2]
    print(f"\nDefects put into {len(spoilt)} clean recordings of {MIN_S:g} s and more")
    for what, name, spoil in make_defects():
        print_defect(what, name, spoil, spoilt, encoder)


if __name__ == "__main__":
    main()
