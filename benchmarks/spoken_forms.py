"""Word error of sixty sentences full of figures and short forms, by English front end.

    python -m benchmarks.spoken_forms --model DIR --whisper DIR [--spacy NAME_OR_DIR] [--voice V]

Each sentence of spoken_forms.tsv is spoken and written down by Whisper; both sides are brought to
one spelling (Whisper writes figures, and so does its reader) before words are compared.
"""

import argparse
import os
import re
import sys
from pathlib import Path

SENTENCES = Path(__file__).with_suffix(".tsv")
SAME = (
    ("mr", "mister"), ("mrs", "missus"), ("misses", "missus"), ("dr", "doctor"),
    ("st", "saint"), ("ok", "okay"), ("a m", "am"), ("p m", "pm"), ("u s a", "usa"),
    ("us a", "usa"), ("prof", "professor"), ("per cent", "percent"), ("vs", "versus"),
    ("o clock", "o'clock"), ("celcius", "celsius"), ("canceled", "cancelled"),
    ("grey", "gray"), ("ave", "avenue"),
    ("jr", "junior"), ("centimetres", "centimeters"), ("kilometres", "kilometers"),
    ("zero", "oh"), ("et cetera", "etcetera"),
)  # fmt: skip


def unified(text: str) -> str:
    """Returns the words as heard: figures spelled out, one spelling for each word."""
    from kvoicewalk.english import spell_out

    # Whisper writes a time as 7.45, too.
    text = re.sub(r"\b(1?[0-9])\.([0-5][0-9])(?= ?(?:[ap]\.?m|in the))", r"\1:\2", text)
    words = spell_out(text).lower().replace("’", "'").replace("-", " ")
    words = " ".join(re.findall(r"[\w']+", words))
    words = re.sub(r"(?<=hundred) and (?=\w)", " ", words)
    for one, other in SAME:
        words = re.sub(rf"\b{one}\b", other, words)
    return words


def main() -> None:
    """Speaks, listens and prints the table."""
    options = _options()
    if options.spacy:
        os.environ["KVW_SPACY_MODEL"] = options.spacy
    import torch

    torch.set_num_threads(1)
    from kvoicewalk.config import ModelConfig
    from kvoicewalk.judges.words import Listener
    from kvoicewalk.models import open_model

    model = open_model(ModelConfig(name=options.model))
    pairs = [line.split("\t") for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
    listener = Listener(options.whisper)
    for english in options.front_ends:
        _report(model, listener, english, pairs, options.voice)
    listener.close()


def _report(model, listener, english, pairs, voice_name) -> None:
    import jiwer

    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.synth import KokoroSynthesizer

    phonemizer = Phonemizer(model.vocab)
    if english == "espeak":
        phonemizer.uses_misaki = False
    elif not phonemizer.uses_misaki:
        sys.exit("misaki's front end needs --spacy")
    synthesizer = KokoroSynthesizer(model, phonemizer, 1.0)
    voice = model.voices.load(voice_name)
    truth, heard = [], []
    for written, expected in pairs:
        said = listener.write_down(synthesizer.speak(written, voice, seed=0, lang="a"))
        truth.append(unified(expected))
        heard.append(unified(said))
        if truth[-1] != heard[-1]:
            print(
                f"  {english}: {written}\n    expected {truth[-1]}\n    heard    {heard[-1]}",
                flush=True,
            )
    n_right = sum(a == b for a, b in zip(truth, heard, strict=True))
    error = 100 * jiwer.wer(truth, heard)
    print(f"{english}: word error {error:.2f} %, {n_right} of {len(pairs)} sentences exact")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="folder with Kokoro-82M")
    parser.add_argument("--whisper", required=True, type=Path, help="folder with Whisper")
    parser.add_argument("--spacy", help="package or folder of spaCy's English model")
    parser.add_argument("--voice", default="af_heart")
    parser.add_argument("--front-ends", nargs="+", default=["espeak", "misaki"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
