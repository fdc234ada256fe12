"""Learns to guess a voice's timbre from what two speaker encoders hear of it.

    uv run python -m tools.train_timbre_prediction samples FOLDER [--n 1200] [--offset 0.8]
        [--seed 0]
    uv run python -m tools.train_timbre_prediction fit FOLDER…

`samples` lets Kokoro speak with voices that lie about where the stock voices lie (random mixes of a
few of them, with an offset outside of their plane), each one sentence, and keeps the voice's mean
timbre and both embeddings. It goes on where it stopped. `fit` chooses the ridge by voices left
out, prints how well it guesses, and writes src/kvoicewalk/models/kokoro_timbre.npz.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from kvoicewalk.config import ModelConfig, ScoreConfig
from kvoicewalk.environment import prepare_process
from kvoicewalk.models.stock_table import ENCODERS, TIMBRE_PATH
from tools.real_kokoro import kit_dir

N_MIXED = (1, 4)  # stock voices in a mix
MAX_OFFSET = 0.8  # standard deviations of each column, outside of the mix; people lie further out
MAX_REACH = 1.6  # a mix leaves the stock voices' mean by up to so much of its distance
RIDGES = 10.0 ** np.arange(-3, 3.5, 0.5)
N_FOLDS = 5
SAVE_EVERY = 20


def sample(folder: Path, n_samples: int, seed: int, max_offset: float) -> None:
    """Speaks until there are so many samples."""
    from kvoicewalk.models import open_model
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.scoring.speaker import open_encoders
    from kvoicewalk.search.space import describe_population
    from kvoicewalk.synth import KokoroSynthesizer
    from kvoicewalk.texts import texts_of
    from kvoicewalk.voices import TIMBRE, Voice

    model = open_model(ModelConfig(name=str(kit_dir() / "kokoro"), device="cpu"))
    synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, "espeak"))
    encoders = open_encoders(ScoreConfig(encoders=("resemblyzer", "campplus")))
    texts = [
        t
        for t in texts_of().lessons
        if 40 <= synthesizer.phonemizer.phonemize(t, "a").n_phonemes <= 62
    ]
    stock = [model.voices.load(name) for name in model.voices.names]
    population = describe_population(stock)
    rows = np.stack([voice.rows for voice in stock]).astype(np.float64)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"samples-{seed}.npz"
    kept: dict[str, list[np.ndarray]] = {"timbre": [], "resemblyzer": [], "campplus": []}
    if path.is_file():
        with np.load(path) as data:
            kept = {name: list(data[name]) for name in kept}
    for number in range(len(kept["timbre"]), n_samples):
        rng = np.random.default_rng((seed, number))
        mixed = rng.choice(len(stock), rng.integers(N_MIXED[0], N_MIXED[1] + 1), replace=False)
        weights = rng.dirichlet(np.ones(len(mixed)))
        own = np.tensordot(weights, rows[mixed], axes=1)
        reach = rng.uniform(0.6, MAX_REACH)
        own = population.mean + reach * (own - population.mean)
        offset = rng.normal(size=256) * population.column_spread * rng.uniform(0, max_offset)
        own[..., TIMBRE] += offset[TIMBRE]
        own[..., 128:] = rows[rng.integers(len(stock))][..., 128:]
        voice = Voice(f"sample-{number}", own.astype(np.float32))
        heard = encoders.embed(
            synthesizer.speak(texts[rng.integers(len(texts))], voice, seed=number)
        )
        kept["timbre"].append(own.mean(axis=(0, 1))[TIMBRE].astype(np.float32))
        for name, embedding in heard.items():
            kept[name].append(embedding)
        if (number + 1) % SAVE_EVERY == 0 or number + 1 == n_samples:
            np.savez(path, **{name: np.stack(values) for name, values in kept.items()})
            print(f"{number + 1}/{n_samples}", flush=True)


def fit(folders: list[Path]) -> None:
    """Fits and writes."""
    from kvoicewalk.models import open_model
    from kvoicewalk.search.space import describe_population
    from kvoicewalk.voices import TIMBRE

    model = open_model(ModelConfig(name=str(kit_dir() / "kokoro"), device="cpu"))
    population = describe_population([model.voices.load(name) for name in model.voices.names])
    parts = [np.load(path) for folder in folders for path in sorted(folder.glob("samples-*.npz"))]
    kept = {
        name: np.concatenate([part[name] for part in parts]).astype(np.float64)
        for name in ("timbre", *ENCODERS)
    }
    spread = population.column_spread[TIMBRE]
    wanted = (kept["timbre"] - population.row_means.mean(axis=0)[TIMBRE]) / spread
    arrays: dict[str, np.ndarray] = {}
    explained = {}
    for encoders in (ENCODERS, *((name,) for name in ENCODERS)):
        label = "+".join(encoders)
        heard = np.concatenate([kept[name] for name in encoders], axis=1)
        arrays[f"weights-{label}"], explained[label] = _fit_one(heard, wanted, label)
    means = {f"mean-{name}": kept[name].mean(axis=0).astype(np.float32) for name in ENCODERS}
    head = {"model": model.identity, "n_samples": len(wanted), "explained": explained}
    np.savez_compressed(
        TIMBRE_PATH,
        head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8),
        **arrays,
        **means,
    )
    print(f"{TIMBRE_PATH}: {TIMBRE_PATH.stat().st_size} bytes")


def _fit_one(heard: np.ndarray, wanted: np.ndarray, label: str) -> tuple[np.ndarray, float]:
    """Returns the weights, float16 (n_numbers, 128), and what they explain of left-out samples."""
    scale = heard.std(axis=0)
    keep = scale > 1e-6
    scale = np.where(keep, scale, 1.0)
    units = (heard - heard.mean(axis=0)) / scale * keep
    fold = np.arange(len(units)) % N_FOLDS
    errors = []
    for ridge in RIDGES:
        left = np.zeros_like(wanted)
        for k in range(N_FOLDS):
            left[fold == k] = units[fold == k] @ _ridge(units[fold != k], wanted[fold != k], ridge)
        errors.append(float(np.mean((left - wanted) ** 2)))
    best = int(np.argmin(errors))
    explained = 1 - errors[best] / float(np.mean((wanted - wanted.mean(axis=0)) ** 2))
    print(
        f"{label}: {len(units)} samples, ridge {RIDGES[best]:g}, explains {explained:.3f} of those "
        "left out"
    )
    weights = _ridge(units, wanted, RIDGES[best]) / scale[:, None] * keep[:, None]
    return weights.astype(np.float16), explained


def _ridge(units: np.ndarray, wanted: np.ndarray, ridge: float) -> np.ndarray:
    gram = units.T @ units / len(units) + ridge * np.eye(units.shape[1])
    return np.asarray(np.linalg.solve(gram, units.T @ wanted / len(units)))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("samples", "fit"))
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--n", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--offset", type=float, default=MAX_OFFSET)
    options = parser.parse_args()
    prepare_process()
    if options.what == "samples":
        sample(options.folders[0], options.n, options.seed, options.offset)
    else:
        fit(options.folders)


if __name__ == "__main__":
    main()
