"""Lets a runtime speak with a voice that was put into it; run by that runtime's Python.

    python speaks.py kokoro|kokoro-onnx|sherpa-onnx PLACE VOICE MODEL WAV TEXT…

PLACE is the voice's file there (sherpa-onnx: the model's folder), VOICE its name (sherpa-onnx: its
number), MODEL the folder of Kokoro's weights, or the ONNX file. `%d` in WAV becomes the number of
the text.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile


def kokoro(place: Path, voice: str, model: Path, texts: list[str]) -> Iterator[Any]:
    """KPipeline with the voice's path; espeak's phonemes, for misaki's own need a spaCy model."""
    del voice
    from kokoro import KModel, KPipeline
    from misaki import espeak

    network = KModel(
        repo_id="local",
        config=str(model / "config.json"),
        model=str(next(model.glob("*.pth"))),
    ).eval()
    pipeline = KPipeline(lang_code="e", repo_id="local", model=network)
    pipeline.g2p = espeak.EspeakG2P(language="en-us")
    for text in texts:
        yield np.concatenate([one.audio.numpy() for one in pipeline(text, voice=str(place))])


def kokoro_onnx(place: Path, voice: str, model: Path, texts: list[str]) -> Iterator[Any]:
    """Kokoro(model, voices).create(text, voice=name)."""
    from kokoro_onnx import Kokoro

    own = Kokoro(str(model), str(place))
    for text in texts:
        yield own.create(text, voice=voice, lang="en-us")[0]


def sherpa_onnx(place: Path, voice: str, model: Path, texts: list[str]) -> Iterator[Any]:
    """OfflineTts with the model's folder, speaker number `voice`."""
    del model
    import sherpa_onnx as sherpa

    files = sherpa.OfflineTtsKokoroModelConfig(
        model=str(place / "model.onnx"),
        voices=str(place / "voices.bin"),
        tokens=str(place / "tokens.txt"),
        lexicon=str(place / "lexicon-us-en.txt"),
    )
    config = sherpa.OfflineTtsConfig(
        model=sherpa.OfflineTtsModelConfig(kokoro=files, num_threads=1)
    )
    if not config.validate():
        raise SystemExit("sherpa-onnx does not take the folder")
    own = sherpa.OfflineTts(config)
    for text in texts:
        yield np.array(own.generate(text, sid=int(voice)).samples, dtype=np.float32)


if __name__ == "__main__":
    name, place, voice, model, wav, *texts = sys.argv[1:]
    speak = globals()[name.replace("-", "_")]
    for i, samples in enumerate(speak(Path(place), voice, Path(model), texts)):
        soundfile.write(wav.replace("%d", str(i)), samples, 24_000)
