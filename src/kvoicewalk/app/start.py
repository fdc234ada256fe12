"""Which voices a search starts from: those of a config, or the likest of a ranking made first."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.events import Events
from kvoicewalk.app.settings import section
from kvoicewalk.defaults import N_START_VOICES
from kvoicewalk.errors import StoreError, VoiceError

if TYPE_CHECKING:
    from kvoicewalk.app.session import Session
    from kvoicewalk.config import RunConfig
    from kvoicewalk.models.base import VoiceSource
    from kvoicewalk.store import Run, RunRecord
    from kvoicewalk.voices import Voice

MIN_VOICES = 2
RANKING_SHARE = 0.4  # of `clone --minutes`; the rest is for searching and judging


@dataclass(frozen=True)
class StartVoices:
    """What a search starts from.

    Attributes:
        names: what the config or the ranking calls them: stock voices' names, or files.
        voices: likest first, at least two.
        floor: the best stock voice.
        stock: all stock voices of the model, or of `--voices`.
        start: what a walk starts from; None leaves that to the population.
    """

    names: Sequence[str]
    voices: "Sequence[Voice]" = field(repr=False)
    floor: "Voice"
    stock: "Sequence[Voice]" = field(repr=False)
    start: "Voice | None" = field(default=None, repr=False)


def find_start_voices(session: "Session", run: "Run", events: Events) -> StartVoices:
    """Loads the config's population; where it names none, ranks the stock voices first.

    What was ranked is kept in the run, so that resuming takes the same.

    Raises:
        VoiceError: a voice cannot be loaded, or fewer than two are left.
        StoreError: the run began with voices of other numbers than are there now.
    """
    from kvoicewalk.app.session import stock_voices
    from kvoicewalk.app.voice_spec import find_voice, find_voices, tell_odd_voices

    config = session.config
    stock = stock_voices(session.model, config.rank.voices_path, events)
    begin = config.walk.start
    start = find_voice(begin, session.model.voices) if begin is not None else None
    tell_odd_voices([start] if start else [], session.model.identity, events.warning)
    source = voice_source(config, session.model.voices)
    kept = run.planned("population")
    if kept is None:
        names = list(config.population.voices) or _ranked(session, run, stock, events)
        floor = config.population.floor or names[0]
    else:
        names, floor = _kept_names(kept)
    voices = find_voices(names, source)
    if len(voices) < MIN_VOICES:
        raise VoiceError(f"a search needs at least two voices to start from; found {len(voices)}.")
    digest = _digest([*voices, *stock, *([start] if start else [])])
    if kept is None:
        run.plan("population", {"voices": names, "floor": floor, "hash": digest})
    elif kept.get("hash") != digest:
        raise StoreError(
            f"run {run.run_id} began with voices that are not the same now; start a new run."
        )
    return StartVoices(names, voices, find_voice(floor, source), stock, start)


def _digest(voices: "Sequence[Voice]") -> str:
    return hashlib.sha256("".join(voice.hash for voice in voices).encode()).hexdigest()


def voice_source(config: "RunConfig", stock: "VoiceSource") -> "VoiceSource":
    """Returns where the names of a population and of its floor are looked up.

    Args:
        config: with `--voices`, where they were given.
        stock: the model's own voices.
    """
    from kvoicewalk.voices import VoiceLibrary

    path = config.rank.voices_path
    return VoiceLibrary.open(path) if path is not None else stock


def known_floor(config: "RunConfig", stock: "VoiceSource") -> "Voice | None":
    """Returns the best stock voice that a config knows of; None where it is yet to be ranked.

    Raises:
        VoiceError: it is not there, or damaged.
    """
    from kvoicewalk.app.voice_spec import find_voice

    known = config.population
    name = known.floor or (known.voices[0] if known.voices else None)
    return None if name is None else find_voice(name, voice_source(config, stock))


def _ranked(session: "Session", run: "Run", stock: "Sequence[Voice]", events: Events) -> list[str]:
    from kvoicewalk.app.rank import hear
    from kvoicewalk.search.base import standings

    if len(stock) < MIN_VOICES:
        raise VoiceError(f"a search needs at least two voices to start from; found {len(stock)}.")

    def is_late() -> bool:
        minutes = session.config.walk.minutes if session.config.command == "clone" else None
        if minutes is None:
            return False
        return time.monotonic() > session.started_s + 60 * minutes * RANKING_SHARE

    # Where their likeness is known, nobody need be heard: the starts are, later.
    config = session.config.rank.model_copy(update={"n_known_heard": 0})
    steps = hear(session, run, stock, config, events, is_late=is_late)
    last = {step.stage: step for step in steps}
    if any(step.n_done < step.n_total for step in last.values()):
        events.note("the ranking was cut short to keep the time: the likest heard so far go on.")
    speaking = [step.voice_name for step in standings(steps) if not step.is_mute]
    if len(speaking) < MIN_VOICES:
        raise VoiceError(f"a search needs at least two voices that speak; found {len(speaking)}.")
    return speaking[: session.config.population.n_voices]


def _kept_names(kept: Mapping[str, Any]) -> tuple[list[str], str]:
    try:
        return [str(name) for name in kept["voices"]], str(kept["floor"])
    except (KeyError, TypeError) as error:
        raise StoreError("the run's list of voices is damaged; start a new run.") from error


def handed_on(
    run: "RunRecord", kept: Mapping[str, Any] | None, n_voices: int | None = None
) -> dict[str, Any]:
    """Returns what an earlier run hands on, nested like `RunConfig`: population and start.

    Files are looked up in the run's folder as it lies now, so that it may be moved, and used from
    any other folder. A ranking that was cut off hands nothing on: who was heard is no order yet.

    Args:
        run: the earlier one.
        kept: its own population, as `find_start_voices` kept it; None where it never had one.
        n_voices: at most so many; None takes as many as that run did.
    """
    from kvoicewalk.store.results import BlendRow, RankRow

    own: dict[str, Any] = dict(section(run.config, "population"))
    if n_voices is not None:
        own["n_voices"] = n_voices
    result = run.result or {}
    if run.command == "rank":
        voices = RankRow.read_all(result.get("voices")) if run.status == "done" else ()
        heard = [voice for voice in voices if voice.target_similarity is not None and voice.name]
        names = [voice.name for voice in heard[: own.get("n_voices", N_START_VOICES)]]
        return {"population": {**own, "voices": names}} if len(names) >= MIN_VOICES else {}
    names, floor = own.get("voices") or [], own.get("floor")
    if kept is not None:
        names, floor = _kept_names(kept)
    if run.command == "interpolate":
        kept_voices = BlendRow.read_all(result.get("population"))
        paths = [run.folder / "voices" / Path(one.voice_path).name for one in kept_voices]
        blends = [str(path.absolute()) for path in paths if path.is_file()]
        names = blends if len(blends) >= MIN_VOICES else names
    found = {"population": {**own, "voices": names[:n_voices], "floor": floor}}
    best = run.folder / "best.pt"
    if run.command in ("walk", "clone") and best.is_file():
        return {**found, "walk": {"start": str(best.absolute())}}
    return found
