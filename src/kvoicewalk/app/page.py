"""What a finished run leaves for its page, and the page itself. Neither can spoil the run."""

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.events import Events, InterruptedRunError
from kvoicewalk.errors import KvwError, VoiceError
from kvoicewalk.version import __version__

if TYPE_CHECKING:
    from kvoicewalk.app.session import Session
    from kvoicewalk.audio import Utterance
    from kvoicewalk.decode import Samples
    from kvoicewalk.store import RunStore
    from kvoicewalk.voices import Voice

TARGET_MAX_S = 30.0
PAUSE_S = 0.4  # between clips
VERSIONS_OF = ("torch", "kokoro", "resemblyzer", "librosa", "numpy")
# All that odd files, figures and full disks raise.
PAGE_ERRORS = (KvwError, OSError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


def write_page_inputs(
    session: "Session",
    folder: Path,
    stock: "Sequence[Voice]",
    floor: "Voice | None",
    voice: "Voice | None",
    events: Events,
) -> None:
    """Writes what a run's page needs besides the run: recordings, the map of voices, versions.

    Args:
        session: of the run.
        folder: of the run.
        stock: all stock voices.
        floor: the best of them, to be heard; None where it is the run's best voice.
        voice: that the search found; None where it made none.
        events: hear of trouble; it is no more than a warning.
    """
    from kvoicewalk.audio import write_wav
    from kvoicewalk.report.page_facts import MATERIAL_NAME
    from kvoicewalk.report.voice_map import voice_map
    from kvoicewalk.store import write_json_atomic

    try:
        write_wav(folder / "target.wav", joined(session.clips))
        if floor is not None:
            write_wav(folder / "floor.wav", session.evaluator.speak(floor))
        way = {} if voice is None else {**_improvements(folder), voice.name: voice.rows}
        places = voice_map({one.name: one.rows for one in stock}, way)
        write_json_atomic(folder / MATERIAL_NAME, {"map": places, "versions": _versions()})
    except PAGE_ERRORS as error:
        events.warning(f"the page lacks a part: {error}")


def write_page(store: "RunStore", run_id: str, events: Events) -> str | None:
    """Writes a finished run's page; returns its path, None (and a warning) where it cannot be."""
    from kvoicewalk.report.page import write_run_page

    try:
        return str(write_run_page(store, store.get(run_id)))
    except KeyboardInterrupt:
        raise InterruptedRunError(run_id, store.out_dir / run_id, lacks_page=True) from None
    except PAGE_ERRORS as error:
        events.warning(f"the page could not be written: {error}")
        return None


def joined(clips: "Sequence[Utterance]") -> "Utterance":
    """Returns clips one after the other with short pauses, `TARGET_MAX_S` at most.

    All have one sample rate, as `read_utterance` gives them.
    """
    import numpy as np

    from kvoicewalk.audio import Utterance

    rate_hz = clips[0].sample_rate_hz
    pause = np.zeros(round(PAUSE_S * rate_hz), dtype=np.float32)
    pieces: list[Samples] = []
    for clip in clips:
        pieces += [pause, clip.samples] if pieces else [clip.samples]
    samples = np.concatenate(pieces)[: round(TARGET_MAX_S * rate_hz)]
    return Utterance(samples, rate_hz)


def _improvements(folder: Path) -> dict[str, Any]:
    """Returns the rows of the improvements whose files were kept, oldest first."""
    from kvoicewalk.voices import load_voice

    found = {}
    for path in sorted((folder / "voices").glob("step-*.pt")):
        try:
            found[path.stem] = load_voice(path).rows
        except VoiceError:  # somebody's own file; the way goes on without it
            continue
    return found


def _versions() -> dict[str, str]:
    from importlib import metadata

    found = {"kvw": __version__, "Python": platform.python_version()}
    for name in VERSIONS_OF:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
