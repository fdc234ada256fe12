"""Voices: load safely, check, save, mix; a folder of them.

A voice is one float32 array (510, 1, 256): a chunk of n phonemes is spoken with row n − 1.
Columns `TIMBRE` feed the decoder, columns `PROSODY` the duration, pitch and energy predictor.
"""

import difflib
import hashlib
import io
import math
import pickle
import re
import struct
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kvoicewalk.atomic import written_whole
from kvoicewalk.errors import Call, Setting, VoiceError
from kvoicewalk.languages import LETTERS

N_ROWS = 510
STYLE_DIM = 256
TIMBRE = slice(0, 128)
PROSODY = slice(128, 256)
MAX_FILE_BYTES = 64 * 2**20
MAX_ROWS = 65_536
RAW_BYTES = N_ROWS * STYLE_DIM * 4
SOUND_MARKS = (
    b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3", b"FORM", b".snd", b"caff", b"wvpk",
    b"\x1aE\xdf\xa3",
)  # fmt: skip
FLOAT_NAMES = ("float16", "bfloat16", "float32", "float64")

# All that torch.load(weights_only=True) and numpy raise on damaged or hostile bytes.
UNREADABLE = (
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    UnicodeError,
    ValueError,
)

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Voice:
    """A whole style pack.

    Two voices are equal when their numbers are; the name does not count.

    Attributes:
        name: shown to people; `af_heart`: a = American English, f = female.
        rows: float32 (510, 1, 256), read-only.
    """

    name: str
    rows: Rows = field(repr=False)

    def __post_init__(self) -> None:
        rows = self.rows
        if rows.shape != (N_ROWS, 1, STYLE_DIM) or rows.dtype != np.float32:
            raise VoiceError(
                f"voice {self.name} is {rows.dtype} {rows.shape}; expected float32 "
                f"{(N_ROWS, 1, STYLE_DIM)}."
            )
        if not np.isfinite(rows).all():
            raise VoiceError(f"voice {self.name} holds NaN or infinity; it is damaged.")
        own = np.array(rows, dtype=np.float32, order="C")
        own.flags.writeable = False
        object.__setattr__(self, "rows", own)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the numbers as little-endian bytes, in hex."""
        return hashlib.sha256(self.rows.astype("<f4").tobytes()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Voice) and np.array_equal(self.rows, other.rows)

    def __hash__(self) -> int:
        return hash(self.hash)


def load_voice(path: Path) -> Voice:
    """Loads a voice: Kokoro's `.pt`, or kokoro.js's `.bin` (raw little-endian float32).

    Shapes (N, 1, 256) and (N, 256) with N ≥ 510 are taken; the first 510 rows count. Half and
    double precision are converted. Nothing in the file is executed.

    Raises:
        VoiceError: not there, too large, unreadable, or not a voice.
    """
    data = _read_bytes(path)
    if path.suffix == ".bin":
        if len(data) != RAW_BYTES:
            raise VoiceError(
                f"{path} has {len(data)} bytes; a raw voice has {RAW_BYTES} (510 × 256 float32)."
            )
        values: Rows = np.frombuffer(data, dtype="<f4").astype(np.float32)
        return Voice(path.stem, values.reshape(N_ROWS, 1, STYLE_DIM))
    return Voice(path.stem, _to_rows(path, _load_tensor(path, data)))


def save_voice(voice: Voice, path: Path) -> None:
    """Writes Kokoro's `.pt` format, whole or not at all.

    Raises:
        VoiceError: the place cannot be written.
    """
    import torch

    buffer = io.BytesIO()
    torch.save(torch.from_numpy(voice.rows.copy()), buffer)
    try:
        with written_whole(path) as file:
            file.write(buffer.getvalue())
    except OSError as error:
        raise VoiceError(f"{path} cannot be written: {error.strerror}.") from error


@dataclass(frozen=True)
class VoiceLibrary:
    """The `.pt` voices of a folder, or one file.

    Attributes:
        path: folder or file.
        names: of the voices in it, sorted.
    """

    path: Path
    names: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> "VoiceLibrary":
        """Lists a folder's voices; loads none.

        Raises:
            VoiceError: nothing there, or no `.pt` file in the folder.
        """
        if path.is_dir():
            names = tuple(sorted(entry.stem for entry in path.glob("*.pt") if entry.is_file()))
            if not names:
                raise VoiceError(f"{path} holds no .pt files; name a folder of Kokoro voices.")
            return cls(path, names)
        if not path.exists():
            raise VoiceError(f"{path} is not there; name a voice file or a folder of them.")
        return cls(path, (path.stem,))

    def load(self, name: str) -> Voice:
        """Loads one by name.

        Raises:
            VoiceError: no such voice, or its file is damaged.
        """
        if name not in self.names:
            raise unknown_voice(name, self.names, str(self.path))
        return load_voice(self.path / f"{name}.pt" if self.path.is_dir() else self.path)

    def load_all(self) -> Iterator[Voice]:
        """Loads all, in the order of their names."""
        return map(self.load, self.names)


def load_readable(library: VoiceLibrary) -> tuple[list[Voice], list[VoiceError]]:
    """Returns the voices that can be loaded, in the order of their names, and why others cannot.

    Raises:
        VoiceError: none can be loaded.
    """
    voices: list[Voice] = []
    errors: list[VoiceError] = []
    for name in library.names:
        try:
            voices.append(library.load(name))
        except VoiceError as error:
            errors.append(error)
    if not voices:
        raise errors[0]
    return voices, errors


def unknown_voice(name: str, known: Sequence[str], where: str) -> VoiceError:
    """Returns the error for a name that is not there, with the nearest names that are."""
    close = difflib.get_close_matches(name, known, n=3)
    missing = f"no voice {name!r} in {where}. "
    if close:
        return VoiceError(f"{missing}Did you mean {', '.join(close)}?")
    return VoiceError(missing, "See 'kvw voices list'; ", Setting("model"), " says whose.")


def is_sound(data: bytes) -> bool:
    """Tells whether a file's first bytes are those of a sound file."""
    is_mp3 = data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xE6 == 0xE2
    return data.startswith(SOUND_MARKS) or data[4:8] == b"ftyp" or is_mp3


def recording_as_voice(name: str) -> VoiceError:
    """Returns the error for a recording that is given where a voice is expected."""
    compare = Call("score", Setting("voices"), Setting("target", name))
    return VoiceError(f"{name} is a recording, not a voice; to compare voices with it: ", compare)


def mean_voice(voices: Sequence[Voice], name: str) -> Voice:
    """Returns the mean of voices.

    Raises:
        VoiceError: there are none.
    """
    return mix_voices([(voice, 1.0) for voice in voices], name)


def mix_voices(parts: Sequence[tuple[Voice, float]], name: str) -> Voice:
    """Returns the weighted mean of voices; weights are scaled to sum to 1, and may be negative.

    Raises:
        VoiceError: no voices, or weights that are not finite or do not sum to more than 0.
    """
    total = math.fsum(weight for _, weight in parts)
    if not parts or not math.isfinite(total) or total <= 0:
        raise VoiceError("a mix needs at least one voice, and weights that sum to more than 0.")
    mixed = np.zeros((N_ROWS, 1, STYLE_DIM), dtype=np.float64)
    for voice, weight in parts:
        mixed += voice.rows.astype(np.float64) * (weight / total)
    return Voice(name, mixed.astype(np.float32))


def parse_mix(recipe: str) -> tuple[tuple[str, float], ...]:
    """Reads `af_heart:0.7,af_bella:0.3`; a weight left out is 1.

    Raises:
        VoiceError: an empty name or a weight that is no number.
    """
    parts = []
    for part in recipe.split(","):
        name, colon, number = (piece.strip() for piece in part.partition(":"))
        try:
            weight = float(number) if colon else 1.0
        except ValueError:
            weight = math.nan
        if not name or not math.isfinite(weight):
            raise VoiceError(
                f"{part.strip()!r} is no part of a mix; write name:weight, for example "
                "af_heart:0.7,af_bella:0.3."
            )
        parts.append((name, weight))
    return tuple(parts)


def voice_lang(name: str) -> str | None:
    """Returns the language letter of a name like `af_heart`, None for other names."""
    match = re.match(rf"([{LETTERS}])[fm]_", name)
    return match.group(1) if match else None


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise VoiceError(f"{path} is a folder; name a voice file.")
        if path.exists() and not path.is_file():
            raise VoiceError(f"{path} is no regular file; name a voice file.")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise VoiceError(
                f"{path} has {size / 2**20:.0f} MiB; a voice has about half a MiB. Name a voice."
            )
        if size == 0:
            raise VoiceError(f"{path} is empty; fetch or export the voice again.")
        with path.open("rb") as stream:
            return stream.read(MAX_FILE_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise VoiceError(f"{str(path)!a} cannot be read: {reason}.") from error


def _load_tensor(path: Path, data: bytes) -> object:
    import torch

    try:
        _refuse_zip_bomb(path, data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the file is decides, not torch's advice
            loaded: object = torch.load(  # noqa: TID251  (the one place, with weights_only)
                io.BytesIO(data), map_location="cpu", weights_only=True
            )
    except VoiceError:
        raise
    except UNREADABLE as error:
        if is_sound(data):
            raise recording_as_voice(str(path)) from error
        raise VoiceError(
            f"{path} is no readable voice file (damaged, or not made by torch.save); "
            "fetch or export it again."
        ) from error
    return loaded


def _refuse_zip_bomb(path: Path, data: bytes) -> None:
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_FILE_BYTES:
            raise VoiceError(f"{path} unpacks to far more than a voice; it was not opened.")


def _to_rows(path: Path, loaded: object) -> Rows:
    import torch

    if not isinstance(loaded, torch.Tensor):
        raise VoiceError(
            f"{path} holds a {type(loaded).__name__}, expected one tensor (510, 1, 256)."
        )
    shape = tuple(loaded.shape)
    kind = str(loaded.dtype).removeprefix("torch.")
    is_voice = (
        loaded.layout == torch.strided
        and kind in FLOAT_NAMES
        and (len(shape) == 2 or (len(shape) == 3 and shape[1] == 1))
        and shape[-1] == STYLE_DIM
        and N_ROWS <= shape[0] <= MAX_ROWS
    )
    if not is_voice:
        raise VoiceError(f"{path} is {kind} {shape}, expected float32 (510, 1, 256).")
    try:
        values = loaded.detach()[:N_ROWS].to(torch.float32).numpy()
    except UNREADABLE as error:
        raise VoiceError(f"{path} is no readable voice file; fetch it again.") from error
    if not np.isfinite(values).all():
        raise VoiceError(f"{path} holds NaN or infinity; fetch or export the voice again.")
    return np.ascontiguousarray(values, dtype=np.float32).reshape(N_ROWS, 1, STYLE_DIM)
