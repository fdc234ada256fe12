"""Does a voice sound in other programs as it does here?

    uv run --group real python benchmarks/runtimes_speak.py VOICE --runtimes FOLDER --out FOLDER

Puts VOICE, a found one, into scratch copies of the runtimes' layouts as `kvw voices install` does,
lets each runtime speak three sentences with its own code, and compares with what `kvw speak` makes
of the same voice and words: cosine by both speaker encoders, and word error by the kit's Whisper.
Beside them the stock voice af_heart, spoken here: another voice. kokoro speaks with the kit's
float32 weights, the others with its int8 export. FOLDER of --runtimes: see docs/formats.md. Needs
`make real`. What is spoken already is not spoken again.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kvoicewalk.app.install import InstallResult, install_voice
from kvoicewalk.config import ModelConfig, ScoreConfig
from kvoicewalk.environment import prepare_process
from kvoicewalk.runtimes.onnx_metadata import copy_with_metadata
from kvoicewalk.voices import Voice, VoiceLibrary, load_voice, save_voices
from tools.real_kokoro import kit_dir

HERE = Path(__file__).parent / "in_runtimes"
NAME = "af_mine"
OTHER = "af_heart"
SEED = 11
SENTENCES = (
    "Only a narrow path led from the orchard down to the mill.",
    "He wiped his glasses, looked at the letter once more, and put it back into the drawer.",
    "By the time the musicians had found their seats, most of the guests were asleep, and the "
    "candles along the wall had burned down to almost nothing.",
)
# kokoro in the project's own environment; the folder of --runtimes has the others'.
PYTHONS = {"kokoro": "", "kokoro-onnx": "konnx", "sherpa-onnx": "sherpa"}


def layouts(out: Path, runtimes: Path) -> dict[str, Path]:
    """Makes a scratch copy of each runtime's place for voices; returns them."""
    stock = [VoiceLibrary.open(kit_dir() / "kokoro" / "voices").load(name) for name in names()]
    places = {
        "kokoro": out / "kokoro",
        "kokoro-onnx": out / "kokoro-onnx",
        "sherpa-onnx": out / "kokoro-multi-lang-v1_0",
        "kokoro-js": runtimes / "js",
    }
    for name, place in places.items():
        place.mkdir(parents=True, exist_ok=True)
        if name == "kokoro-onnx" and not (place / "voices-v1.0.bin").is_file():
            save_voices(stock, place / "voices-v1.0.bin", "npz")
        if name == "sherpa-onnx" and not (place / "voices.bin").is_file():
            make_sherpa(place, stock)
    return places


def names() -> list[str]:
    """Returns the stock voices' names, in the order of sherpa-onnx's speaker numbers."""
    return list(VoiceLibrary.open(kit_dir() / "kokoro" / "voices").names)


def make_sherpa(place: Path, stock: Sequence[Voice]) -> None:
    """Makes the folder of a model for sherpa-onnx, as its own scripts do."""
    from kvoicewalk.phonemes import Phonemizer

    named = [voice.name for voice in stock]
    metadata = {
        "model_type": "kokoro", "language": "English", "has_espeak": "1", "sample_rate": "24000",
        "version": "2", "voice": "en-us", "style_dim": "510,1,256",
        "n_speakers": str(len(named)), "speaker_names": ",".join(named),
        "id2speaker": ",".join(f"{i}->{name}" for i, name in enumerate(named)),
        "speaker2id": ",".join(f"{name}->{i}" for i, name in enumerate(named)),
    }  # fmt: skip
    with (place / "model.onnx").open("wb") as file:
        copy_with_metadata(kit_dir() / "kokoro-int8.onnx", metadata, file)
    config = json.loads((kit_dir() / "kokoro" / "config.json").read_text(encoding="utf-8"))
    lines = [f"{sign} {number}\n" for sign, number in config["vocab"].items()]
    (place / "tokens.txt").write_text("".join(lines), encoding="utf-8")
    # Since 2.0 it has no phonemizer of its own but a list of words, which is written for these.
    phonemizer = Phonemizer(config["vocab"], "espeak")
    words = sorted({word for text in SENTENCES for word in re.findall(r"[a-z']+", text.lower())})
    entries = [f"{word} {' '.join(''.join(phonemizer.phonemize(word).chunks))}\n" for word in words]
    (place / "lexicon-us-en.txt").write_text("".join(entries), encoding="utf-8")
    save_voices(stock, place / "voices.bin", "sherpa")


def placed(voice: Voice, places: Mapping[str, Path]) -> dict[str, InstallResult]:
    """Puts a voice into all of them."""
    return {
        name: install_voice(voice, name, folder=place, name=voice.name, replaces=True)
        for name, place in places.items()
    }


def speak_there(name: str, done: InstallResult, wav: Path, runtimes: Path) -> None:
    """Lets a runtime speak the sentences."""
    int8, folder = kit_dir() / "kokoro-int8.onnx", kit_dir() / "kokoro"
    if name == "kokoro-js":
        call = ["node", HERE / "kokoro_js.mjs", "speak", int8, folder / "config.json", done.name]
    else:
        place = done.path.parent if name == "sherpa-onnx" else done.path
        number = re.findall(r"--sid=(\d+)", done.say)[0] if name == "sherpa-onnx" else done.name
        own = PYTHONS[name]
        python = runtimes / own / "bin/python" if own else Path(sys.executable)
        model = folder if name == "kokoro" else int8
        call = [python, HERE / "speaks.py", name, place, number, model]
    call = [*call, wav, *SENTENCES]
    subprocess.run(list(map(str, call)), cwd=runtimes / "js", check=True)


def speak_here(voice: Voice, wav: Path) -> None:
    """Speaks the sentences as `kvw speak` does."""
    from kvoicewalk.audio import write_wav
    from kvoicewalk.models import open_model
    from kvoicewalk.phonemes import Phonemizer
    from kvoicewalk.synth import KokoroSynthesizer

    model = open_model(ModelConfig(name=str(kit_dir() / "kokoro"), device="cpu"))
    synthesizer = KokoroSynthesizer(model, Phonemizer(model.vocab, "espeak"))
    for i, text in enumerate(SENTENCES):
        write_wav(Path(str(wav).replace("%d", str(i))), synthesizer.speak(text, voice, seed=SEED))


def compared(out: Path, runtimes: Sequence[str]) -> str:
    """Returns the table: likeness of what is spoken there to what is spoken here, and the words."""
    from kvoicewalk.audio import read_utterance
    from kvoicewalk.judges import Listener
    from kvoicewalk.judges.words import WordError
    from kvoicewalk.scoring.speaker import compare, mean_similarities, open_encoders, pool

    encoders = open_encoders(ScoreConfig(encoders=("resemblyzer", "campplus")))
    listener = WordError(Listener(kit_dir() / "whisper"))

    def heard(voice: str, place: str) -> tuple[Any, Any, float | None]:
        from dataclasses import replace

        paths = [out / "wav" / f"{voice}-{place}-{i}.wav" for i in range(len(SENTENCES))]
        speech = [
            replace(read_utterance(path), text=text)
            for path, text in zip(paths, SENTENCES, strict=True)
        ]
        each = [encoders.embed(one) for one in speech]
        return each, pool(each), listener.judge(speech, [])

    lines = ["| voice | spoken by | " + " | ".join(encoders.names) + " | word error |"]
    lines.append("|---" * (len(encoders.names) + 3) + "|")
    _, centre, _ = heard(NAME, "kvw")
    for voice, place in ((NAME, "kvw"), *((NAME, one) for one in runtimes), (OTHER, "kvw")):
        each, _, error = heard(voice, place)
        found = mean_similarities([compare(one, centre) for one in each])
        cells = [f"{value:.3f}" for value in found.values()]
        lines.append(f"| {voice} | {place} | " + " | ".join(cells) + f" | {error:.3f} |")
    return "\n".join(lines)


def main(options: argparse.Namespace) -> None:
    """Speaks what is missing, and prints the table."""
    prepare_process()
    out, runtimes = options.out.absolute(), options.runtimes.absolute()
    (out / "wav").mkdir(parents=True, exist_ok=True)
    stock = VoiceLibrary.open(kit_dir() / "kokoro" / "voices")
    given = Voice(NAME, load_voice(options.voice).rows)
    places = layouts(out, runtimes)
    for voice in (given, stock.load(OTHER)):
        done = placed(voice, places) if voice.name == NAME else {}
        for name in ("kvw", *done):
            wav = out / "wav" / f"{voice.name}-{name}-%d.wav"
            if all(Path(str(wav).replace("%d", str(i))).is_file() for i in range(len(SENTENCES))):
                continue
            print(f"{voice.name} in {name} …", file=sys.stderr, flush=True)
            if name == "kvw":
                speak_here(voice, wav)
            else:
                speak_there(name, done[name], wav, runtimes)
    print(compared(out, list(places)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("voice", type=Path)
    parser.add_argument("--runtimes", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    main(parser.parse_args())
