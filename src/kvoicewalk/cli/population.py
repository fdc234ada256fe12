"""Which voices a search starts from: those of a config, or the likest of a ranking made first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.cli.output import Output
from kvoicewalk.errors import VoiceError

if TYPE_CHECKING:
    from kvoicewalk.cli.session import Session
    from kvoicewalk.models.base import VoiceSource
    from kvoicewalk.store import Run
    from kvoicewalk.voices import Voice

MIN_VOICES = 2


@dataclass(frozen=True)
class Population:
    """What a search starts from.

    Attributes:
        names: what the config or the ranking calls them: stock voices' names, or files.
        voices: likest first, at least two.
        floor: the best stock voice.
        stock: all stock voices of the model, or of `--voices`.
    """

    names: Sequence[str]
    voices: "Sequence[Voice]" = field(repr=False)
    floor: "Voice"
    stock: "Sequence[Voice]" = field(repr=False)


def find_population(session: "Session", run: "Run", output: Output) -> Population:
    """Loads the config's population; where it names none, ranks the stock voices first.

    What was ranked is kept in the run, so that resuming takes the same.

    Raises:
        VoiceError: a voice cannot be loaded, or fewer than two are left.
    """
    from kvoicewalk.cli.session import stock_voices
    from kvoicewalk.cli.voice_args import find_voice, find_voices, refuse_other_models

    config = session.config
    stock = stock_voices(session.model, config.rank.voices_path)
    source = _source(session)
    kept = {row.name: row.payload for row in run.rows("plan")}.get("population")
    if kept is None:
        names = list(config.population.voices) or _ranked(session, run, stock, output)
        floor = config.population.floor or names[0]
        run.put("plan", "population", {"voices": names, "floor": floor})
    else:
        names, floor = _kept_names(kept)
    refuse_other_models([*names, floor], session.model.identity)
    voices = find_voices(names, source)
    if len(voices) < MIN_VOICES:
        raise VoiceError(f"a search needs at least two voices to start from; found {len(voices)}.")
    return Population(names, voices, find_voice(floor, source), stock)


def _source(session: "Session") -> "VoiceSource":
    from kvoicewalk.voices import VoiceLibrary

    path = session.config.rank.voices_path
    return VoiceLibrary.open(path) if path is not None else session.model.voices


def _ranked(session: "Session", run: "Run", stock: "Sequence[Voice]", output: Output) -> list[str]:
    from kvoicewalk.cli.ranking import hear
    from kvoicewalk.search.base import standings

    output.emit("stage", {"stage": "rank", "n_voices": len(stock)})
    steps = hear(session, run, stock, session.config.rank, output)
    return [step.voice_name for step in standings(steps)][: session.config.population.n_voices]


def _kept_names(kept: Mapping[str, Any]) -> tuple[list[str], str]:
    return [str(name) for name in kept["voices"]], str(kept["floor"])


def population_of_result(
    command: str, result: Mapping[str, Any], config: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns what an earlier run hands on, nested like `RunConfig`: population and start.

    Args:
        command: of that run.
        result: what it concluded; {} where it was cut off.
        config: of that run, as plain data.
    """
    own: dict[str, Any] = dict(config.get("population") or {})
    if command == "rank":
        heard = [v for v in result.get("voices", []) if v.get("target_similarity") is not None]
        names = [voice["name"] for voice in heard[: own.get("n_voices", 10)]]
        return {"population": {**own, "voices": names}} if len(names) >= MIN_VOICES else {}
    entries = result.get("population") or []
    paths = [entry["voice_path"] for entry in entries if Path(entry["voice_path"]).is_file()]
    found = {**own, "floor": result.get("floor") or own.get("floor")}
    if command == "interpolate":
        return {"population": {**found, "voices": paths}} if len(paths) >= MIN_VOICES else {}
    best = (result.get("best") or {}).get("voice_path")
    names = result.get("population_names") or own.get("voices") or []
    started = {"walk": {"start": best}} if best and Path(best).is_file() else {}
    return {"population": {**found, "voices": names}, **started}
