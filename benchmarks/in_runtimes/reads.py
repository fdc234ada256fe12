"""Reads voices with a runtime's own code; run by that runtime's Python, without kvoicewalk.

    python reads.py kokoro|kokoro-onnx|mlx-audio|kokoro-mlx FILE…

Prints {name: SHA-256 of the float32 numbers} as JSON.
"""

import hashlib
import importlib.util
import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np


def digest(rows: Any) -> str:
    """Returns the hash that `Voice.hash` is compared with."""
    return hashlib.sha256(np.asarray(rows).astype("<f4").tobytes()).hexdigest()


def module(package: str, path: str) -> Any:
    """Loads one file of an installed package, without all that the package imports."""
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.submodule_search_locations
    file = Path(found.submodule_search_locations[0], path)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def kokoro(files: list[Path]) -> dict[str, str]:
    """Loads `.pt` files as KPipeline does."""
    from kokoro import KPipeline

    own = types.SimpleNamespace(voices={}, lang_code="a")
    return {one.stem: digest(KPipeline.load_single_voice(own, str(one))) for one in files}


def kokoro_onnx(files: list[Path]) -> dict[str, str]:
    """Reads every voice of an npz; the model is not looked at."""
    from kokoro_onnx import Kokoro

    own = Kokoro.__new__(Kokoro)
    own.voices = np.load(files[0])
    lengths = range(1, 511)
    return {
        name: digest([own._style_for(own.get_voice_style(name), n) for n in lengths])
        for name in own.voices
    }


def mlx_audio(files: list[Path]) -> dict[str, str]:
    """Loads `.safetensors` files as mlx-audio's pipeline does."""
    voice = module("mlx_audio", "tts/models/kokoro/voice.py")
    return {one.stem: digest(voice.load_voice_tensor(str(one))) for one in files}


def kokoro_mlx(files: list[Path]) -> dict[str, str]:
    """Loads the voices of a model's folder, whose `voices` they are in."""
    manager = module("kokoro_mlx", "voices.py").VoiceManager(files[0].parents[1])
    return {name: digest(manager.load_voice(name)) for name in manager.list_voices()}


if __name__ == "__main__":
    name, *given = sys.argv[1:]
    print(json.dumps(globals()[name.replace("-", "_")]([Path(one) for one in given])))
