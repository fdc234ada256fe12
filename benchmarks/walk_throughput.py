"""Evaluations a second of `walk` against a loop that does what the original does; where time goes.

    uv run python -m benchmarks.walk_throughput [--rounds 7] [--steps 20]
    uv run python -m benchmarks.walk_throughput --oracle 200 [--seeds 0,1,2]

The loop is a straight transcription of what RobViren/kvoicewalk does in each step: phonemes anew,
kokoro's own `KModel` call on both texts, three embeddings by Resemblyzer's own front end, 106
features with one librosa call each. For the pace it does all of that in each step. All take turns
on the same model, texts, target and machine. A walk's evaluations are the voices that it heard
under one seed: one a step, most of which its gate closes to after one text or at a glance, and
those that confirm an improvement; what it remembered is not counted. `--oracle` checks that the
walk with classic parameters accepts what the transcription accepts, step by step, with the same
draws.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from misaki.espeak import EspeakG2P
from resemblyzer import preprocess_wav

from benchmarks.bench_targets import BenchTarget, Desk, open_target
from benchmarks.original_features import original_features
from kvoicewalk.audio import SAMPLE_RATE_HZ
from kvoicewalk.config import ModelConfig, ScoreConfig, WalkConfig
from kvoicewalk.evaluate import Evaluation, Evaluator, Gate
from kvoicewalk.models import open_model
from kvoicewalk.scoring.acoustics import ClassicTerm
from kvoicewalk.scoring.combine import combine
from kvoicewalk.search.loop import Island, begin, search
from kvoicewalk.search.random_walk import RandomWalk
from kvoicewalk.search.space import describe_population, make_space
from kvoicewalk.store import MemoryCache
from kvoicewalk.torch_state import flushed_denormals
from kvoicewalk.voices import Voice, mean_voice
from kvoicewalk.workers.bench import Bench, SerialExecutor

N_POPULATION = 10
GATE = 0.98
LOW, HIGH = 0.01, 0.15

Rows = npt.NDArray[np.float32]


@dataclass
class Original:
    """What the original program does in one step, in its order.

    Attributes:
        best: rows of the walk's best voice so far.
    """

    desk: Desk
    evaluator: Evaluator
    voices: Sequence[Voice]
    seed: int
    gate: float = GATE

    def __post_init__(self) -> None:
        self._phonemize = EspeakG2P(language="en-us")
        self._term = ClassicTerm()
        self._target = self.evaluator.scorer.target
        self._aim = self._target.embeddings["resemblyzer"]
        self.best: Rows = mean_voice(self.voices, "mean").rows

    def speak(self, text: str, rows: Rows) -> npt.NDArray[np.float32]:
        """Phonemes, then kokoro's own call."""
        model = self.desk.synthesizer.model
        phonemes = str(self._phonemize(text)[0]).strip()
        ids = [model.vocab[letter] for letter in phonemes if letter in model.vocab]
        tokens = torch.tensor([[0, *ids, 0]])
        row = torch.from_numpy(rows[len(phonemes) - 1].copy())
        with torch.random.fork_rng(), flushed_denormals():
            torch.manual_seed(self.seed)
            audio, _ = model.network.forward_with_tokens(tokens, row, 1.0)
        return audio.reshape(-1).numpy()

    def embed(self, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Resemblyzer as its readme uses it."""
        speech = preprocess_wav(samples, SAMPLE_RATE_HZ)
        return self.desk.encoders.resemblyzer.network.embed_utterance(speech)

    def score(self, rows: Rows, floor: float) -> tuple[float, float | None]:
        """Returns target similarity, and the score where the gate was open."""
        spoken = self.speak(self.evaluator.text, rows)
        similarity = float(np.inner(self.embed(spoken), self._aim))
        if similarity < floor:
            return similarity, None
        probe = self.speak(self.evaluator.probe_text, rows)
        values = original_features(spoken, SAMPLE_RATE_HZ)
        features = np.array(list(values.values()), dtype=np.float32)
        stability = float(np.inner(self.embed(spoken), self.embed(probe)))
        likeness = self._term.similarity(features, self._target.features)
        weights = self.evaluator.scorer.config.weights
        return similarity, combine(similarity, stability, likeness, weights).score

    def walk(self) -> Iterator[bool]:
        """Yields, forever, whether a step was accepted."""
        rng = np.random.Generator(np.random.PCG64(self.seed))
        stacked = np.stack([voice.rows for voice in self.voices])
        best, spread = self.best, stacked.std(axis=0, ddof=1)
        best_similarity, best_score = self.score(best, 0.0)
        assert best_score is not None
        while True:
            size = np.float32(rng.uniform(LOW, HIGH))
            noise = rng.standard_normal(best.size, dtype=np.float32).reshape(best.shape)
            rows = best + noise * size * spread
            similarity, score = self.score(rows, self.gate * best_similarity)
            is_better = score is not None and score > best_score
            if is_better:
                best, best_similarity, best_score = rows, similarity, float(score or 0)
                self.best = best
            yield is_better


class CountingEvaluator(Evaluator):
    """Counts the evaluations for which something was spoken."""

    n_heard = 0

    def evaluate(
        self, voice: Voice, gate: Gate | None = None, seed: int | None = None
    ) -> Evaluation:
        """See `Evaluator.evaluate`."""
        before = self.counts.n_spoken
        try:
            return super().evaluate(voice, gate, seed)
        finally:
            self.n_heard += self.counts.n_spoken > before


def ours(
    desk: Desk, evaluator: Evaluator, voices: Sequence[Voice], config: WalkConfig, seed: int
) -> Iterator[bool]:
    """Yields whether each step of the walk was accepted."""
    is_classic = config.params == "classic"
    base = mean_voice(voices, "mean") if is_classic else voices[0]
    spread = describe_population(voices if is_classic else desk.voices)
    space = make_space(config.params, base, spread)
    executor = SerialExecutor(Bench(evaluator))
    island = Island(RandomWalk(space, config, seed), begin(space, executor))
    for step in search([island], executor, config, seed):
        yield step.outcome == "accepted"


def throughput(desk: Desk, target: BenchTarget, n_rounds: int, n_steps: int) -> None:
    """Prints evaluations a second, in turn, and the ratio of each round."""
    voices = desk.ranked(desk.evaluator(target, ScoreConfig()))[:N_POPULATION]
    classic = ScoreConfig(scoring="classic")
    evaluators = {
        name: CountingEvaluator(**vars(desk.evaluator(target, config)))
        for name, config in (("pca", ScoreConfig()), ("classic", classic))
    }
    endless = {n: WalkConfig(method="random", params=n, n_steps=10**9) for n in evaluators}
    walks: dict[str, Iterator[bool]] = {
        "original": Original(desk, evaluators["classic"], voices, 0, gate=0.0).walk(),
        **{n: ours(desk, e, voices, endless[n], 0) for n, e in evaluators.items()},
    }
    for walk in walks.values():
        next(walk)
    for evaluator in evaluators.values():
        evaluator.counts.stage_s.update(dict.fromkeys(evaluator.counts.stage_s, 0.0))
    rounds: dict[str, list[tuple[float, int]]] = {name: [] for name in walks}
    for _ in range(n_rounds):
        for name, walk in walks.items():
            evaluator = evaluators.get(name)
            before = evaluator.n_heard if evaluator else 0
            started = time.perf_counter()
            for _ in range(n_steps):
                next(walk)
            spent_s = time.perf_counter() - started
            rounds[name].append((spent_s, evaluator.n_heard - before if evaluator else n_steps))
    base = [n_steps / seconds for seconds, _ in rounds["original"]]
    for name, found in rounds.items():
        steps = [n_steps / seconds / own for (seconds, _), own in zip(found, base, strict=True)]
        paces = [n / seconds for seconds, n in found]
        ratios = [pace / own for pace, own in zip(paces, base, strict=True)]
        print(
            f"{name}: {statistics.median(paces):.2f} evaluations a second, "
            f"{statistics.median(ratios):.2f} times the original's ({min(ratios):.2f} to "
            f"{max(ratios):.2f}); {statistics.median(steps):.2f} times the steps"
        )
    for name, evaluator in evaluators.items():
        total = sum(seconds for seconds, _ in rounds[name])
        stages = {k: v / total for k, v in evaluator.counts.stage_s.items()}
        rest = 1 - sum(stages.values())
        print(f"{name} spends: " + ", ".join(f"{k} {v:.0%}" for k, v in stages.items())
              + f", all else {rest:.0%}")  # fmt: skip


def oracle(desk: Desk, target: BenchTarget, n_steps: int, seeds: Sequence[int]) -> None:
    """Prints whether both accept the same steps; short texts."""
    voices = desk.ranked(desk.evaluator(target, ScoreConfig(), is_short=True))[:N_POPULATION]
    for seed in seeds:
        evaluator = desk.evaluator(target, ScoreConfig(scoring="classic"), seed, is_short=True)
        config = WalkConfig(params="classic", n_steps=n_steps)
        found = list(ours(desk, replace(evaluator, memory=MemoryCache()), voices, config, seed))
        walk = Original(desk, evaluator, voices, seed).walk()
        wanted = [next(walk) for _ in range(n_steps)]
        n_other = sum(a != b for a, b in zip(found, wanted, strict=True))
        print(
            f"seed {seed}: {sum(wanted)} of {n_steps} steps accepted by the transcription, "
            f"{sum(found)} by the walk, {n_other} steps judged otherwise", flush=True,
        )  # fmt: skip


def main() -> None:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(description="Times walks, or checks the classic one.")
    parser.add_argument("--target", default="f4")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--oracle", type=int)
    parser.add_argument("--seeds", default="0,1,2")
    options = parser.parse_args()
    desk = Desk.on(open_model(ModelConfig(name="mini", device="cpu")))
    target = open_target(options.target, desk.encoders)
    if options.oracle:
        oracle(desk, target, options.oracle, tuple(map(int, options.seeds.split(","))))
    else:
        throughput(desk, target, options.rounds, options.steps)


if __name__ == "__main__":
    main()
