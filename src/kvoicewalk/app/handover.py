"""What a command without a target takes from the run before it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.app.events import Events
from kvoicewalk.app.settings import absolute_model, resolve, section
from kvoicewalk.app.start import handed_on
from kvoicewalk.errors import Call, Setting, StoreError

if TYPE_CHECKING:
    from kvoicewalk.config import RunConfig

SEARCH_COMMANDS = ("rank", "interpolate", "walk", "clone")
HANDED_ON = ("model", "target", "synth", "score", "rank")


def search_config(
    command: str, flags: dict[str, Any], config_path: Path | None, events: Events
) -> "RunConfig":
    """Resolves a search's config; without a target it goes on from the latest run.

    Args:
        command: that runs.
        flags: nested like `RunConfig`, None where not given.
        config_path: of `--config`.
        events: hear what was taken.

    Raises:
        ConfigError: the file or a value cannot be used.
        StoreError: there is neither a target nor an earlier run.
    """
    if section(flags, "target").get("paths") or config_path is not None:
        return resolve(command, flags, config_path)
    out_dir = Path(flags.get("out_dir") or resolve(command, {}).out_dir)
    base = latest_search(out_dir, events, section(flags, "population").get("n_voices"))
    base = fit_for_model(base, section(flags, "model").get("name"))
    if section(flags, "rank").get("voices_path") is not None:
        base = {key: value for key, value in base.items() if key not in ("population", "walk")}
    config = resolve(command, flags, None, base)
    start = section(base, "walk").get("start")
    if command == "walk" and start is not None and config.walk.start == start:
        events.note(f"Starting from its best voice, {start}.")
    return config


def fit_for_model(base: dict[str, Any], named: str | None) -> dict[str, Any]:
    """Returns what a run hands on to a model: voices of one are of no use to another.

    Args:
        base: from `latest_search`.
        named: the model asked for; None takes the run's own.
    """
    if named is None or absolute_model(named) == section(base, "model").get("name"):
        return base
    return {key: value for key, value in base.items() if key not in ("population", "walk", "rank")}


def latest_search(out_dir: Path, events: Events, n_voices: int | None = None) -> dict[str, Any]:
    """Returns what the latest finished or interrupted search hands on, and says which it was.

    Args:
        out_dir: where runs are kept.
        events: hear which run it is.
        n_voices: of the population; None takes as many as that run did.

    Returns:
        Nested like `RunConfig`: target, texts, model, synthesis, scoring, population and start.

    Raises:
        StoreError: there is none.
    """
    from kvoicewalk.config_file import upgrade_config
    from kvoicewalk.store import RunStore

    with RunStore.open(out_dir) as store:
        runs = store.list_runs(limit=1, commands=SEARCH_COMMANDS, statuses=("done", "interrupted"))
        if not runs:
            raise StoreError(
                f"no target was given and {out_dir} holds no earlier run to take it from. "
                "Name a recording, or run '",
                Call("rank", Setting("target")),
                "' first.",
            )
        place = f"the configuration of run {runs[0].run_id}"
        latest = replace(runs[0], config=upgrade_config(runs[0].config, place))
        population = store.planned(latest.run_id, "population")
    events.note(f"Going on from {latest.run_id}: target {latest.target}, model {latest.model}.")
    base = {key: latest.config[key] for key in HANDED_ON if key in latest.config}
    return {**base, **handed_on(latest, population, n_voices)}
