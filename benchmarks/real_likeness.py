"""How like a person does `kvw clone` get on the real Kokoro, and how fast?

    uv run --group real python benchmarks/real_likeness.py --out FOLDER
        [--minutes 2 5 15] [--steps 4] [--speakers 2414 …] [--seeds 1] [--from-seed 0]
        [--encoders both] [--config FILE]

Six speakers of ../shared/data: three with three clips as target and three others to judge by, three
with one clip whose first half is the target and whose second half judges. Judged are the best stock
voice, the guess from the embeddings alone, the start that `kvw clone` chose and corrected, and what
`kvw clone --minutes M` or `--steps N` finds (with several seeds, where asked), on sentences and
clips that no search heard: cosine by each encoder and the share of the gap between the stock voice
and the speaker's own clips, word error (Whisper tiny.en of the kit), DNSMOS, difference of pitch in
semitones, beside that of the target's own clips: a search knows no others. Steps take as long as
they take: what they find does not change with other work on the machine, so two processes may share
it. Needs `make real`. What is done is kept in FOLDER/results.jsonl and not done again; the table is
printed at the end.

For SIM-o and UTMOS, whose weights are not here, see benchmarks/sim_utmos.py.
"""

import argparse
import contextlib
import functools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kvoicewalk.config import ModelConfig, ScoreConfig
from kvoicewalk.environment import prepare_process
from tools.real_kokoro import kit_dir

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
TARGETS = ("2414", "1688", "2033")  # three clips of six are the target
COHORT = ("1069", "103", "1263")  # half of the one clip is
SENTENCES = (
    "Only a narrow path led from the orchard down to the mill.",
    "He wiped his glasses, looked at the letter once more, and put it back into the drawer.",
    "Could you hold this for a moment?",
    "By the time the musicians had found their seats, most of the guests were asleep, and the "
    "candles along the wall had burned down to almost nothing.",
    "Prices will rise again in spring, although nobody can say by how much.",
)
SEED = 11


@dataclass(frozen=True)
class Figures:
    """What is heard of one voice."""

    speaker: str
    condition: str
    similarity: dict[str, float]
    ceiling: dict[str, float]
    word_error: float | None
    dnsmos: float
    pitch_off: float | None
    seconds: float
    voice_path: str


class Judges:
    """Hears voices as no search does."""

    def __init__(self) -> None:
        from kvoicewalk.judges import Listener
        from kvoicewalk.models import open_model
        from kvoicewalk.phonemes import Phonemizer
        from kvoicewalk.scoring.speaker import open_encoders
        from kvoicewalk.synth import KokoroSynthesizer

        self.model = open_model(ModelConfig(name=str(kit_dir() / "kokoro"), device="cpu"))
        self.synthesizer = KokoroSynthesizer(self.model, Phonemizer(self.model.vocab, "espeak"))
        self.encoders = open_encoders(ScoreConfig(encoders=("resemblyzer", "campplus")))
        self.listener = Listener(kit_dir() / "whisper")

    def hear(self, voice: Any, clips: Sequence[Any]) -> dict[str, Any]:
        """Returns the figures of a voice against the judging clips."""
        from kvoicewalk.judges.dnsmos import Dnsmos
        from kvoicewalk.judges.words import WordError
        from kvoicewalk.scoring.prosody import measure_prosody
        from kvoicewalk.scoring.speaker import compare, mean_similarities, pool

        speech = [self.synthesizer.speak(text, voice, seed=SEED) for text in SENTENCES]
        centre = pool([self.encoders.embed(clip) for clip in clips])
        found = mean_similarities([compare(self.encoders.embed(one), centre) for one in speech])
        own, wanted = (measure_prosody(one).pitch_semitones for one in (speech, clips))
        return {
            "similarity": found,
            "word_error": WordError(self.listener).judge(speech, clips),
            "dnsmos": Dnsmos().judge(speech, clips),
            "pitch_off": None if own is None or wanted is None else own - wanted,
        }

    def ceiling(self, clips: Sequence[Any]) -> dict[str, float]:
        """Returns the clips against each other; of one clip, of its halves."""
        from kvoicewalk.held_out import make_yardstick

        return dict(make_yardstick(clips, self.encoders).by_encoder)


def split_clips(speaker: str, folder: Path) -> tuple[list[Path], list[Path]]:
    """Returns the files of the target and those that judge."""
    import soundfile

    found = sorted((DATA / "targets").glob(f"human_{speaker}-*.flac"))
    if found:
        return found[:3], found[3:]
    (path,) = sorted((DATA / "cohort").glob(f"{speaker}-*.flac"))
    samples, rate_hz = soundfile.read(path, dtype="float32")
    halves = [folder / f"{speaker}-{half}.wav" for half in ("target", "judge")]
    for half, part in zip(halves, np.array_split(samples, 2), strict=True):
        if not half.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            soundfile.write(half, part, rate_hz)
    return halves[:1], halves[1:]


def aim(speaker: str, folder: Path) -> tuple[float, float]:
    """Returns what a search aims at, being all that it knows of the speaker: the target's clips.

    Returns:
        How much higher they are than those that judge, in semitones, and their DNSMOS.
    """
    from kvoicewalk.audio import read_utterance
    from kvoicewalk.judges.dnsmos import Dnsmos
    from kvoicewalk.scoring.prosody import measure_prosody

    clips = [[read_utterance(path) for path in paths] for paths in split_clips(speaker, folder)]
    target, judging = (measure_prosody(some).pitch_semitones for some in clips)
    quality = Dnsmos().judge(clips[0], [])
    assert target is not None
    assert judging is not None
    assert quality is not None
    return target - judging, quality


def clone(
    clips: Sequence[Path], budget: Sequence[str], seed: int, out: Path, options: argparse.Namespace
) -> Path:
    """Runs `kvw clone` and returns the voice that it found."""
    command = [sys.executable, "-m", "kvoicewalk", "clone", *map(str, clips), "--json", *budget]
    command += ["--model", str(kit_dir() / "kokoro"), "--seed", str(seed)]
    command += ["--out", str(out), "--encoders", options.encoders]
    if options.config is not None:
        command += ["--config", str(options.config)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Path(json.loads(done.stdout.splitlines()[-1])["best"]["voice_path"])


@contextlib.contextmanager
def opened(
    clips: Sequence[Path], out: Path, settings: Mapping[str, Any] | None = None
) -> Iterator[tuple[Any, Any]]:
    """Opens a session on the kit, and its stock voices in the order of what is known of them."""
    from kvoicewalk.app.events import Events
    from kvoicewalk.app.session import open_session, stock_voices
    from kvoicewalk.app.start import StartVoices
    from kvoicewalk.app.stock import known_likeness
    from kvoicewalk.config_file import merge_config

    flags = {
        "model": {"name": str(kit_dir() / "kokoro")},
        "target": {"paths": [str(path) for path in clips]},
        "out_dir": str(out),
        **(settings or {}),
    }
    with open_session(merge_config("clone", flags, None), Events()) as session:
        stock = stock_voices(session.model, None)
        known = known_likeness(session, stock)
        assert known is not None
        ordered = sorted(stock, key=lambda voice: -known[voice.name])
        yield session, StartVoices([v.name for v in ordered], ordered, ordered[0], stock)


def guess(clips: Sequence[Path], out: Path) -> tuple[Path, Path]:
    """Saves the best stock voice and the guess from the embeddings; returns their files."""
    from kvoicewalk.app.stock import GUESS, candidates
    from kvoicewalk.voices import save_voice

    with opened(clips, out) as (session, population):
        guessed = dict(candidates(session, population))[GUESS]
    paths = out / "stock.pt", out / "guess.pt"
    for voice, path in zip((population.voices[0], guessed), paths, strict=True):
        save_voice(voice, path)
    return paths


def conditions(options: argparse.Namespace) -> Iterable[tuple[str, list[str], int]]:
    """Yields each search: its label, the options of its budget, its seed."""
    budgets = {f"{minutes:g} min": ["--minutes", f"{minutes:g}"] for minutes in options.minutes}
    # Judged here, and no time to keep: its own judgement would be heard by nobody.
    budgets |= {f"{n} steps": ["--steps", str(n), "--no-held-out"] for n in options.steps}
    for label, budget in budgets.items():
        for seed in range(options.from_seed, options.from_seed + options.seeds):
            yield label + (f", seed {seed}" if seed else ""), budget, seed


def make_voices(
    target: Sequence[Path], own: Path, options: argparse.Namespace
) -> Iterable[tuple[str, Callable[[], Path | None]]]:
    """Yields each voice of a speaker: what it is, and what makes its file; None for no voice."""
    yield "stock", lambda: guess(target, own)[0]
    yield "guess", lambda: guess(target, own)[1]
    for label, budget, seed in conditions(options):
        yield label, functools.partial(clone, target, budget, seed, own / "runs", options)
    first = next((one for one in sorted((own / "runs").glob("*/voices/start.pt"))), None)
    yield "start", lambda: first


def run(options: argparse.Namespace) -> Iterable[Figures]:
    """Yields the figures of each speaker and condition; those that are kept first."""
    from kvoicewalk.audio import read_utterance
    from kvoicewalk.voices import load_voice

    kept_path, judges = options.out / "results.jsonl", None
    options.out.mkdir(parents=True, exist_ok=True)
    lines = kept_path.read_text().splitlines() if kept_path.is_file() else []
    kept = {(one["speaker"], one["condition"]): Figures(**one) for one in map(json.loads, lines)}
    for speaker in options.speakers:
        own = options.out / speaker
        own.mkdir(exist_ok=True)
        target, judging = split_clips(speaker, own)
        for condition, make in make_voices(target, own, options):
            if (speaker, condition) in kept:
                yield kept[speaker, condition]
                continue
            started = time.monotonic()
            path = make()
            if path is None:
                continue
            seconds = time.monotonic() - started
            judges = judges or Judges()
            clips = [read_utterance(one) for one in judging]
            heard = judges.hear(load_voice(path), clips)
            top = judges.ceiling(clips)
            found = Figures(speaker, condition, ceiling=top, seconds=seconds,
                            voice_path=str(path), **heard)  # fmt: skip
            with kept_path.open("a") as file:
                file.write(json.dumps(asdict(found)) + "\n")
            print(row(found, None), file=sys.stderr, flush=True)
            yield found


def row(one: Figures, stock: Figures | None) -> str:
    """Returns a line of the table."""
    cells = [one.speaker, one.condition]
    for name, value in one.similarity.items():
        part = ""
        if stock is not None and stock is not one:
            part = f", {share(one, stock, name):.2f}"
        cells.append(f"{value:.3f}{part} ({one.ceiling[name]:.3f})")
    cells += ["·" if one.word_error is None else f"{one.word_error:.3f}", f"{one.dnsmos:.2f}"]
    cells += ["·" if one.pitch_off is None else f"{one.pitch_off:+.1f}", f"{one.seconds:.0f}"]
    return "| " + " | ".join(cells) + " |"


def share(one: Figures, stock: Figures, name: str) -> float:
    """Returns the share of the gap between stock voice and clips, by one encoder."""
    return shares(one.similarity, stock.similarity, one.ceiling)[name]


def shares(
    found: Mapping[str, float], below: Mapping[str, float], top: Mapping[str, float]
) -> dict[str, float]:
    """Returns by each encoder how much of the way from the one to the other was come."""
    return {name: (found[name] - below[name]) / (top[name] - below[name]) for name in top}


def table(found: Sequence[Figures], aims: Mapping[str, tuple[float, float]]) -> str:
    """Returns the table, the median shares over speakers, and the spread over seeds.

    Args:
        found: in the order of the lines.
        aims: by speaker, see `aim`.
    """
    names = list(found[0].similarity)
    lines = ["| speaker | voice | " + " | ".join(f"{n}, share (clips)" for n in names)]
    lines[0] += " | word error | DNSMOS | pitch | s |"
    lines.append("|---" * (len(names) + 6) + "|")
    stock = {one.speaker: one for one in found if one.condition == "stock"}
    lines += [row(one, stock[one.speaker]) for one in found]
    lines += [
        f"{name}: the target's clips themselves: pitch {off:+.1f}, DNSMOS {quality:.2f}"
        for name, (off, quality) in aims.items()
    ]
    for condition in dict.fromkeys(one.condition for one in found):
        if condition == "stock":
            continue
        heard = [one for one in found if one.condition == condition]
        medians = ", ".join(
            f"{name} {statistics.median(share(o, stock[o.speaker], name) for o in heard):.2f}"
            for name in names
        )
        lines.append(f"median share, {condition}: {medians} ({len(heard)} speakers)")
    return "\n".join([*lines, *spreads(found, stock)])


def spreads(found: Sequence[Figures], stock: Mapping[str, Figures]) -> Iterable[str]:
    """Yields a line for each speaker and time that was searched with several seeds."""
    groups: dict[tuple[str, str], list[Figures]] = {}
    for one in found:
        if one.condition not in ("stock", "guess", "start"):
            key = one.speaker, one.condition.partition(",")[0]
            groups.setdefault(key, []).append(one)
    for (speaker, label), ones in groups.items():
        if len(ones) < 2:
            continue
        told = []
        for name in ones[0].similarity:
            values = [share(one, stock[speaker], name) for one in ones]
            told.append(f"{name} {_spread(values)}")
        errors = [one.word_error for one in ones if one.word_error is not None]
        off = [one.pitch_off for one in ones if one.pitch_off is not None]
        told += [f"word error {_spread(errors, 3)}"] if len(errors) == len(ones) else []
        told.append(f"DNSMOS {_spread([one.dnsmos for one in ones])}")
        told += [f"pitch {_spread(off, 1)}"] if len(off) == len(ones) else []
        told.append(f"s {_spread([one.seconds for one in ones], 0)}")
        yield f"{speaker}, {label}, {len(ones)} seeds: " + "; ".join(told)


def _spread(values: Sequence[float], digits: int = 2) -> str:
    mean, deviation = statistics.fmean(values), statistics.stdev(values)
    low, high = min(values), max(values)
    return f"{mean:.{digits}f} ± {deviation:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, nargs="*", default=[])
    parser.add_argument("--steps", type=int, nargs="*", default=[])
    parser.add_argument("--speakers", nargs="*", default=[*TARGETS, *COHORT])
    parser.add_argument("--encoders", default="both")
    parser.add_argument("--seeds", type=int, default=1, help="so many searches of each")
    parser.add_argument("--from-seed", type=int, default=0, help="the first of the seeds")
    parser.add_argument("--config", type=Path, default=None, help="more settings of `kvw clone`")
    arguments = parser.parse_args()
    if not arguments.minutes and not arguments.steps:
        arguments.minutes = [2, 5, 15]
    prepare_process()
    everything = list(run(arguments))
    aims = {name: aim(name, arguments.out / name) for name in arguments.speakers}
    print(table(everything, aims))
