"""Measures Kokoro-82M's stock voices once, for everybody: who they sound like, and how they speak.

    uv run python -m tools.measure_stock_voices [--model FOLDER] [--to FILE]

Each of the 54 voices speaks the default target text (about 11 s). Written are its embeddings by
Resemblyzer and CAM++, its pitch, range and pace, into src/kvoicewalk/models/kokoro_stock.npz. With
them a ranking knows where to look before it has heard anything. Takes about 5 minutes on 2 cores.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from kvoicewalk.config import ModelConfig, ScoreConfig
from kvoicewalk.environment import prepare_process
from tools.real_kokoro import kit_dir

TABLE_PATH = Path(__file__).parents[1] / "src" / "kvoicewalk" / "models" / "kokoro_stock.npz"
SEED = 0


def main() -> None:
    """Measures, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=None, help="a folder [the kit's]")
    parser.add_argument("--to", type=Path, default=TABLE_PATH)
    options = parser.parse_args()
    prepare_process()
    from kvoicewalk.models import open_model
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.scoring.prosody import measure_prosody
    from kvoicewalk.scoring.speaker import open_encoders
    from kvoicewalk.synth import KokoroSynthesizer
    from kvoicewalk.texts import texts_of

    model = open_model(ModelConfig(name=str(options.model or kit_dir() / "kokoro"), device="cpu"))
    synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, "espeak"))
    encoders = open_encoders(ScoreConfig(encoders=("resemblyzer", "campplus")))
    n_phonemes = synthesizer.phonemizer.phonemize(texts_of().target, "a").n_phonemes
    embeddings: dict[str, list[np.ndarray]] = {name: [] for name in encoders.names}
    prosody, hashes = [], []
    for number, name in enumerate(model.voices.names, 1):
        voice = model.voices.load(name)
        utterance = synthesizer.speak(texts_of().target, voice, seed=SEED)
        for encoder, embedding in encoders.embed(utterance).items():
            embeddings[encoder].append(embedding)
        found = measure_prosody([utterance], n_phonemes)
        prosody.append([found.pitch_semitones, found.range_semitones, found.pace_s])
        hashes.append(voice.hash)
        print(f"{number}/{len(model.voices.names)} {name}", flush=True)
    head = {"model": model.identity, "text": texts_of().target, "seed": SEED, "hashes": hashes}
    np.savez_compressed(
        options.to,
        head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8),
        prosody=np.array(prosody, dtype=np.float32),
        **{name: np.stack(rows).astype(np.float16) for name, rows in embeddings.items()},
    )
    print(f"{options.to}: {options.to.stat().st_size} bytes")


if __name__ == "__main__":
    main()
