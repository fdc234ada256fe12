"""Makes the embedded model from nothing: speakers, speech, training, voices, evaluation.

    uv run --group train python -m tools.train_mini [--work DIR]

Everything goes on from where it stopped: the speech is kept in the work folder, the training
saves itself every hundred steps. The same seed gives the same speakers, texts and order.
"""

import argparse
import json
import os
import pickle
import random
import time
from pathlib import Path

from kvoicewalk.models.mini import CONFIG_PATH

CONFIG = {
    "hidden_dim": 128,
    "style_dim": 128,
    "n_layer": 2,
    "max_dur": 50,
    "dropout": 0.1,
    "n_token": 178,
    "text_encoder_kernel_size": 5,
    "decoder": {"width": 192, "residual": 32},
    "plbert": {
        "hidden_size": 128,
        "embedding_size": 64,
        "num_attention_heads": 4,
        "intermediate_size": 256,
        "max_position_embeddings": 512,
        "num_hidden_layers": 2,
        "dropout": 0.1,
    },
}
N_STEPS = 4_200
N_TEXTS, N_STOCK_TEXTS = 24, 64
# Phonemes a text: mostly sentences, some as long as one chunk can be.
LENGTHS = (8, 15, 30, 50, 70, 70, 90, 90, 120, 200, 330, 480)
MAX_PHONEMES = 510


def main() -> None:
    """Runs what is not done yet."""
    parser = argparse.ArgumentParser(description="Makes the embedded model from nothing.")
    parser.add_argument("--work", type=Path, default=Path("out/train_mini"), help="kept between")
    parser.add_argument("--steps", type=int, default=N_STEPS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    from tools.train_mini.export import export
    from tools.train_mini.training import Plan, train

    started = time.monotonic()
    speakers, items = _corpus(options.work, options.seed, options.processes)
    config = {**CONFIG, "vocab": json.loads(CONFIG_PATH.read_text())["vocab"]}
    stock = frozenset(i for i, speaker in enumerate(speakers) if speaker.is_stock)
    path = options.work / "checkpoint.pt"
    plan = Plan(config, stock, len(speakers), options.steps, options.seed, path, options.processes)
    weights = train(plan, items)
    export(config, weights, speakers)
    from tools.train_mini.calibration import calibrate
    from tools.train_mini.evaluation import evaluate
    from tools.train_mini.selection import select
    from tools.train_mini.spectrograms import draw

    print(f"made in {(time.monotonic() - started) / 60:.0f} min; evaluating")
    select()
    calibrate()
    evaluate(options.processes)
    draw()


def _corpus(work: Path, seed: int, n_processes: int):
    path = work / "corpus.pkl"
    if path.is_file():
        return pickle.loads(path.read_bytes())  # our own file, written below
    from tools.train_mini.corpus import make_items
    from tools.train_mini.speakers import make_speakers
    from tools.train_mini.texts import dictionary_words, make_text

    speakers = make_speakers(seed)
    rng, rare = random.Random(seed), dictionary_words()
    jobs = [
        (make_text(rng, rare, rng.choice(LENGTHS)), index, speaker.manner)
        for index, speaker in enumerate(speakers)
        for _ in range(N_STOCK_TEXTS if speaker.is_stock else N_TEXTS)
    ]
    items = [item for item in make_items(jobs, n_processes) if item is not None]
    items = [item for item in items if len(item.phonemes) <= MAX_PHONEMES]
    hours = sum(item.n_frames for item in items) / 40 / 3600
    print(f"{len(speakers)} speakers, {len(items)} of {len(jobs)} texts, {hours:.1f} h of speech")
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(pickle.dumps((speakers, items)))
    temporary.replace(path)
    return speakers, items


if __name__ == "__main__":
    main()
