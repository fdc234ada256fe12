"""Putting a voice into a program that speaks with Kokoro's voices, and checking what is there."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kvoicewalk.errors import VoiceError

if TYPE_CHECKING:
    from kvoicewalk.models.base import VoiceSource
    from kvoicewalk.runtimes import Placed, Runtime
    from kvoicewalk.voices import Voice

# Mean change from a row to the next, in parts of a row's length: 0.002 to 0.007 in Kokoro-82M's
# stock voices (tests/unit/app/test_install.py measures them).
MAX_STEP = 0.05


@dataclass(frozen=True)
class InstallResult:
    """A voice in its place in a runtime.

    Attributes:
        runtime: its name.
        name: of the voice there.
        path: the file that holds it.
        written_paths: all files that were written.
        backup_paths: what these files were before, where they were there.
        row: the row that the runtime takes for a text of n phonemes: "n - 1", as kvw, or "n".
        longest: phonemes of the longest text that it speaks in one piece.
        restart: what to do so that it sees the voice.
        say: how to have it speak.
        notes: what a user should know.
    """

    runtime: str
    name: str
    path: Path
    written_paths: tuple[Path, ...]
    backup_paths: tuple[Path, ...]
    row: str
    longest: int
    restart: str
    say: str
    notes: tuple[str, ...]


def install_voice(
    voice: "Voice",
    runtime_name: str,
    *,
    folder: Path | None = None,
    name: str | None = None,
    replaces: bool = False,
) -> InstallResult:
    """Writes a voice in the form and the place that a runtime reads, and reads it back.

    Args:
        voice: to put there.
        runtime_name: one of `runtimes.RUNTIME_NAMES`.
        folder: of the runtime; None looks where it usually is.
        name: of the voice there; None takes its own.
        replaces: True lets a voice of that name be replaced.

    Raises:
        VoiceError: no such runtime or place, a name that it cannot take, a voice of that name is
            there, or the place cannot be written; then nothing has changed.
    """
    from huggingface_hub import constants

    from kvoicewalk.atomic import replace_all
    from kvoicewalk.runtimes import Order, check_name, find_place, runtime_named

    runtime = runtime_named(runtime_name)
    wanted = replace(voice, name=check_name(name or voice.name, runtime))
    place = find_place(runtime, folder, Path(constants.HF_HUB_CACHE))
    placed = runtime.put(Order(wanted, place.absolute(), replaces))
    try:
        kept = replace_all(placed.files)
    except OSError as error:
        where = error.filename2 or error.filename or place
        raise VoiceError(f"{where} cannot be written: {error.strerror}.") from error
    _check(placed, wanted, runtime)
    return InstallResult(
        runtime=runtime.name,
        name=wanted.name,
        path=placed.path,
        written_paths=tuple(placed.files),
        backup_paths=tuple(kept.values()),
        row=runtime.row,
        longest=runtime.longest,
        restart=runtime.restart,
        say=runtime.say.format(
            name=wanted.name, path=placed.path, folder=placed.path.parent, **placed.words
        ),
        notes=tuple(_notes(placed, wanted, runtime)),
    )


def _check(placed: "Placed", voice: "Voice", runtime: "Runtime") -> None:
    """Checks that what the runtime will read is the voice, in the row for every length of text."""
    import numpy as np

    found = placed.read()
    first, last = (0, runtime.longest - 1) if runtime.row == "n - 1" else (1, runtime.longest)
    is_whole = last < len(found.rows) and np.array_equal(found.rows, voice.rows)
    if not is_whole or not np.isfinite(found.rows[first : last + 1]).all():
        raise VoiceError(
            f"{placed.path} was written, but does not read back as {voice.name}; "
            "put its copy (.bak) in its place."
        )


def _notes(placed: "Placed", voice: "Voice", runtime: "Runtime") -> list[str]:
    notes = [*voice.notes, *placed.notes]
    if runtime.row == "n" and mean_step(voice) > MAX_STEP:
        notes.append(
            f"{runtime.name} speaks a text of n phonemes with row n, kvw with row n - 1, and the "
            f"rows of {voice.name} differ from one to the next: it may sound otherwise there."
        )
    if "," in str(placed.path) and "{path}" in runtime.say:
        notes.append(
            f"{runtime.name} takes a comma in a path for the end of a voice's name; choose a "
            "folder without one."
        )
    return [*notes, runtime.note] if runtime.note else notes


def mean_step(voice: "Voice") -> float:
    """Returns how much a row differs from the one before it, in parts of its length; a mean."""
    import numpy as np

    rows = voice.rows[:, 0].astype(np.float64)
    steps = np.linalg.norm(np.diff(rows, axis=0), axis=1)
    lengths = np.linalg.norm(rows[:-1], axis=1)
    return float(np.mean(steps / np.maximum(lengths, 1e-9)))


def find_for_install(spec: str, stock: "VoiceSource | None" = None) -> "Voice":
    """Loads the voice that is to be put somewhere: a file, a stock voice's name, or a mix.

    Args:
        spec: what the user gave.
        stock: where names are looked up; None takes files alone.

    Raises:
        VoiceError: see `voice_spec.find_voice`; or a voice of the embedded model.
    """
    from kvoicewalk.app.voice_spec import find_voice, names_mini, parse_voice

    voice = find_voice(spec, stock)
    files = [one.path for one in parse_voice(spec).single() if one.kind == "file"]
    if names_mini(spec) or any(map(_was_made_for_mini, files)):
        raise VoiceError(
            f"{spec} is a voice of the embedded model mini; other programs speak with Kokoro-82M, "
            "on which it sounds like nobody. Make one with Kokoro-82M."
        )
    return voice


def _was_made_for_mini(path: Path) -> bool:
    from kvoicewalk.models.mini import is_mini_voice
    from kvoicewalk.voices import load_voice, read_sidecar

    made_for = str(read_sidecar(path).get("model", ""))
    return made_for.partition("@")[0] == "mini" or is_mini_voice(load_voice(path))
