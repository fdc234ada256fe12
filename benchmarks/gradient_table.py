"""How well the gradient search learns, and what each of its terms is for.

    uv run python -m benchmarks.gradient_table run [--targets linda,paul,m6,grandpa,rob,2033,1688]
        [--cases figures] [--file out/gradient.jsonl]
    uv run python -m benchmarks.gradient_table run --targets paul,1688 --cases all,no-prior,...
    uv run python -m benchmarks.gradient_table show [--file out/gradient.jsonl]

`figures` takes lessons for 3, 10 and 30 s of processor time and judges the voice after each; other
cases take 64 lessons with one thing changed (`all`: nothing). Each starts from the likest stock
voice by short texts, the floor. `run` appends a line a finished case and skips what is there.
"""

import argparse
import math
import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.bench_targets import BenchTarget, Desk, EspeakSpeaker, Recorder, open_target
from benchmarks.records import append_record, read_records
from kvoicewalk.audio import Utterance
from kvoicewalk.config import GradientConfig, ModelConfig, ScoreConfig
from kvoicewalk.evaluate import Evaluator
from kvoicewalk.held_out import join_short, measure_held_out, share_of_gap
from kvoicewalk.loss import GradientLoss, prosody_change, speaker_terms
from kvoicewalk.models import open_model
from kvoicewalk.scoring.prosody import Prosody, measure_prosody
from kvoicewalk.search.gradient import GradientDescent
from kvoicewalk.search.prior import StockPrior, fit_prior
from kvoicewalk.search.space import Population, describe_population, make_smooth_space
from kvoicewalk.texts import texts_of
from kvoicewalk.voices import Voice
from tools.train_mini.recognition import share_identified
from tools.train_mini.texts import TEST_SENTENCES

MARKS_S = (3, 10, 30)
N_ABLATION_LESSONS = 64
LESSONS_AT_ONCE = 4  # so that the marks are met closely
SENTENCES = TEST_SENTENCES[:20]
OWN_TEXTS = texts_of().lessons[::5]  # of all lengths
ONE_TEXT = texts_of().lessons[20:21]
SPEECH_SEED = 7
FIGURES = "figures"
# What an ablation changes in the config; two change something else, in `_searcher`.
ABLATIONS: dict[str, dict[str, float]] = {
    "all": {},
    "no-prior": {"prior_weight": 0.0},
    "one-text": {},
    "no-pitch": {"pitch_weight": 0.0},
    "no-range": {"range_weight": 0.0},
    "no-pace": {"pace_weight": 0.0},
    "pca": {},
    "prior-0.03": {"prior_weight": 0.03},  # the default, with words identified
    "prior-0.1": {"prior_weight": 0.1},
    "prior-0.2": {"prior_weight": 0.2},
    "prior-0.3": {"prior_weight": 0.3},
}


@dataclass(frozen=True)
class Bench:
    """One target with what is measured of it once."""

    desk: Desk
    target: BenchTarget
    evaluator: Evaluator
    start: Voice
    stock: Population
    prior: StockPrior
    reference: Prosody

    @classmethod
    def on(cls, desk: Desk, name: str) -> "Bench":
        """Ranks the stock voices and measures the target's speech that no search hears."""
        target = open_target(name, desk.encoders)
        evaluator = desk.evaluator(target, ScoreConfig(), is_short=True)
        start = desk.ranked(evaluator)[0]
        stock = describe_population(desk.voices)
        n_phonemes = None if name.isdigit() else _n_phonemes(desk, texts_of().all_held_out)
        reference = measure_prosody(target.other, n_phonemes)
        evaluator = replace(evaluator, text=target.clips[0].text or texts_of().target)
        return cls(desk, target, evaluator, start, stock, fit_prior(stock.row_means), reference)

    def judge(self, voice: Voice) -> dict[str, float | None]:
        """Returns likeness on held-out texts, and how that speech differs from the target's."""
        recorder, scorer = Recorder(self.desk.synthesizer), self.evaluator.scorer
        target, term, encoders = scorer.target, scorer.term, self.desk.encoders
        found = measure_held_out(voice, [target.embeddings], recorder, encoders, n_seeds=1)
        own = measure_prosody(recorder.heard, _n_phonemes(self.desk, texts_of().all_held_out))
        change = prosody_change(self.reference, own)
        features = [term.extract(piece) for piece in join_short(recorder.heard)]
        return {
            "likeness": found.target_similarity,
            "pitch": change.pitch_semitones,
            "range": change.range_semitones,
            "pace": None if change.pace_log is None else math.expm1(change.pace_log),
            "features": statistics.fmean(term.similarity(e, target.features) for e in features),
            "prior": self.prior.value(voice),
            "percentile": self.prior.percentile(voice),
        }

    def own_likeness(self, voice: Voice, texts: tuple[str, ...]) -> float:
        """Returns likeness on texts that the lessons speak."""
        scorer = self.evaluator.scorer
        pieces = join_short([self._say(text, voice) for text in texts])
        return statistics.fmean(
            scorer.target_similarity(self.desk.encoders.embed(piece)) for piece in pieces
        )

    def identified(self, voice: Voice | None) -> float | None:
        """Returns the share of sentences recognised; without a voice, of espeak-ng's own speech."""
        name = self.target.name
        if voice is None and name.isdigit():
            return None
        say = EspeakSpeaker(name).speak if voice is None else self._say
        spoken = [(text, say(text, voice).samples) for text in SENTENCES]
        return share_identified(spoken, SENTENCES, 1)

    def _say(self, text: str, voice: Voice) -> Utterance:
        return self.desk.synthesizer.speak(text, voice, seed=SPEECH_SEED)


def _n_phonemes(desk: Desk, texts: tuple[str, ...]) -> int:
    return sum(desk.synthesizer.phonemizer.phonemize(text).n_phonemes for text in texts)


def _searcher(bench: Bench, case: str) -> GradientDescent:
    """Returns the search as `kvw walk --method gradient` makes it; the clip's words are known."""
    config = GradientConfig(n_lessons=LESSONS_AT_ONCE, first_lessons=LESSONS_AT_ONCE).model_copy(
        update=ABLATIONS.get(case, {})
    )
    desk, evaluator, clips = bench.desk, bench.evaluator, bench.target.clips
    n_phonemes = _n_phonemes(desk, (evaluator.text,))
    wanted = measure_prosody(clips, n_phonemes if clips[0].text else None)
    own = measure_prosody([evaluator.speak(bench.start)], n_phonemes)
    loss = GradientLoss(
        desk.synthesizer,
        speaker_terms(desk.encoders, evaluator.scorer.target.embeddings, config),
        bench.start,
        prosody_change(own, wanted),
        ONE_TEXT if case == "one-text" else texts_of().lessons,
        config,
    )
    space = make_smooth_space("pca" if case == "pca" else "shared", bench.start, bench.stock)
    return GradientDescent(space, loss.sample, bench.prior, config)


def run_figures(bench: Bench) -> dict[str, Any]:
    """Returns the record of one search, judged at each mark."""
    searcher, used_s, marks = _searcher(bench, FIGURES), 0.0, []
    for mark_s in MARKS_S:
        while used_s < mark_s:
            before_s = time.process_time()
            voice = searcher.ask().voice
            used_s += time.process_time() - before_s
        marks.append({"s": used_s, "n_lessons": searcher.n_lessons, **bench.judge(voice)})
    return {
        "floor": bench.judge(bench.start),
        "marks": marks,
        "own": bench.own_likeness(voice, OWN_TEXTS),
        "identified": [bench.identified(one) for one in (None, bench.start, voice)],
    }


def run_ablation(
    bench: Bench, case: str, floor: dict[str, Any], n_lessons: int = N_ABLATION_LESSONS
) -> dict[str, Any]:
    """Returns the record of one search of a fixed number of lessons."""
    searcher = _searcher(bench, case)
    while searcher.n_lessons < n_lessons:
        voice = searcher.ask().voice
    own = bench.own_likeness(voice, ONE_TEXT if case == "one-text" else OWN_TEXTS)
    mark = {"n_lessons": searcher.n_lessons, **bench.judge(voice)}
    found = {"floor": floor, "marks": [mark], "own": own}
    if case.startswith("prior-"):
        found["identified"] = [bench.identified(one) for one in (None, bench.start, voice)]
    return found


def run(options: argparse.Namespace) -> None:
    """Runs what is not there yet; a human's words are not known, so nor is the pace."""
    done = {(record["target"], record["case"]) for record in read_records(options.file)}
    desk = Desk.on(open_model(ModelConfig(name="mini", device="cpu")))
    for name in options.targets.split(","):
        known = done | ({(name, "no-pace")} if name.isdigit() else set())
        cases = [case for case in options.cases.split(",") if (name, case) not in known]
        if not cases:
            continue
        bench = Bench.on(desk, name)
        floor = bench.judge(bench.start) if cases != [FIGURES] else {}
        for case in cases:
            found = (
                run_figures(bench)
                if case == FIGURES
                else run_ablation(bench, case, floor, options.lessons)
            )
            record = {"target": name, "case": case, "ceiling": bench.target.ceiling, **found}
            append_record(options.file, record)
            print(name, case, f"{_gap(record, record['marks'][-1]):.2f}", flush=True)


def _gap(record: dict[str, Any], mark: dict[str, Any]) -> float:
    return share_of_gap(mark["likeness"], record["floor"]["likeness"], record["ceiling"]) or 0.0


def _signed(value: float | None, form: str = "+.1f") -> str:
    return "–" if value is None else format(value, form)


def show(options: argparse.Namespace) -> None:
    """Prints three tables in Markdown: likeness over time, guards, ablations."""
    records = list(read_records(options.file))
    figures = [record for record in records if record["case"] == FIGURES]
    times = [f"{mark_s} s" for mark_s in MARKS_S]
    _print(["target", "floor", "ceiling", *times, "gap closed " + times[0], *times[1:]], [
        [r["target"], f"{r['floor']['likeness']:.3f}", f"{r['ceiling']:.3f}",
         *(f"{mark['likeness']:.3f}" for mark in r["marks"]),
         *(f"{_gap(r, mark):.2f}" for mark in r["marks"])]
        for r in figures
    ])  # fmt: skip
    ends = [record["marks"][-1] for record in figures]
    if ends:
        usual = statistics.median(end["s"] / end["n_lessons"] for end in ends)
        print(f"median {usual:.2f} s of processor time a lesson\n")
    _print(["target", "own − other texts", "F0 median", "pace", "features, start → found",
            "identified: target; start → found", "prior distance, percentile"], [
        [r["target"], *_guards(r), _identified(*r["identified"]),
         f"{r['marks'][-1]['prior']:.2f}, {r['marks'][-1]['percentile']:.0f}"]
        for r in figures
    ])  # fmt: skip
    _print(["case", "target", "gap closed", "own − other texts", "F0 median", "pace",
            "features, start → found", "F0 range", "prior distance", "identified"], [
        [r["case"], r["target"], f"{_gap(r, r['marks'][-1]):.2f}", *_guards(r),
         _signed(r["marks"][-1]["range"]), f"{r['marks'][-1]['prior']:.1f}",
         _identified(*r["identified"]) if "identified" in r else "·"]
        for case in ABLATIONS for r in records if r["case"] == case
    ])  # fmt: skip


def _guards(record: dict[str, Any]) -> list[str]:
    mark = record["marks"][-1]
    return [
        _signed(record["own"] - mark["likeness"], "+.3f"),
        _signed(mark["pitch"]),
        _signed(mark["pace"], "+.0%"),
        f"{record['floor']['features']:.2f} → {mark['features']:.2f}",
    ]


def _identified(target: float | None, start: float, found: float) -> str:
    return f"{_signed(target, '.2f')}; {start:.2f} → {found:.2f}"


def _print(header: list[str], rows: list[list[str]]) -> None:
    for cells in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(cells) + " |")
    print()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Tables of the gradient search.")
    parser.add_argument("action", choices=("run", "show"))
    parser.add_argument("--targets", default="linda,paul,m6,grandpa,rob,2033,1688")
    parser.add_argument("--cases", default=FIGURES)
    parser.add_argument("--lessons", type=int, default=N_ABLATION_LESSONS, help="an ablation")
    parser.add_argument("--file", type=Path, default=Path("out/gradient.jsonl"))
    chosen = parser.parse_args()
    {"run": run, "show": show}[chosen.action](chosen)
