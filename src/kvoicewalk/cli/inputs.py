"""Flags, files and earlier runs → a config: what every command resolves first."""

import codecs
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvoicewalk.cli.output import Output
from kvoicewalk.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from kvoicewalk.config import RunConfig

MAX_TEXT_BYTES = 1_000_000
EMBEDDED_OR_HUB = ("mini", "kokoro")
SEARCH_COMMANDS = ("rank", "interpolate", "walk", "clone")
# What a command without a target takes from the run before it.
HANDED_ON = ("model", "target", "synth", "score", "rank")


def resolve(
    command: str,
    flags: dict[str, Any],
    config_path: Path | None = None,
    base: dict[str, Any] | None = None,
) -> "RunConfig":
    """Joins flag > file > environment > default.

    Args:
        command: that runs.
        flags: nested like `RunConfig`, None where not given.
        config_path: of `--config`.
        base: what an earlier run used, from `upgrade_config`; where there is no file.

    Raises:
        ConfigError: the file or a value cannot be used.
    """
    from kvoicewalk.config import read_environment
    from kvoicewalk.config_file import load_config, merge_config

    file = load_config(config_path) if config_path else (base or {})
    named = flags.get("model", {}).get("name")
    if not named and not section(file, "model").get("name"):
        named = read_environment().model
    if named:
        flags = {**flags, "model": {**flags.get("model", {}), "name": absolute_model(named)}}
    return merge_config(command, flags, file)


def absolute_model(name: str) -> str:
    """Returns a model's name so that it holds from any folder."""
    if name.lower() in EMBEDDED_OR_HUB and (name == name.lower() or not Path(name).is_dir()):
        return name.lower()
    return str(Path(name).expanduser().absolute())


def section(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Returns one part of a config as plain data, {} where it has none."""
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def common_flags(
    model: str | None = None,
    device: str | None = None,
    threads: int | None = None,
    seed: int | None = None,
    out: Path | None = None,
    lang: str | None = None,
) -> dict[str, Any]:
    """Returns the shared options, nested like `RunConfig`."""
    return {
        "model": {"name": model, "device": device, "n_threads": threads},
        "synth": {"seed": seed, "lang": lang},
        "out_dir": str(out) if out else None,
    }


def target_flags(
    targets: Iterable[Path],
    text: str | None,
    text_file: Path | None,
    transcribe: bool = False,
    channel: str | None = None,
) -> dict[str, Any]:
    """Returns the target's options, nested like `RunConfig`.

    Raises:
        ConfigError: two texts are given, the file cannot be read, a target is an address, or there
            is no such channel.
    """
    targets = list(targets)
    for path in targets:
        if path.parts[:1] in (("http:",), ("https:",)):
            raise ConfigError(f"{path} is an address; download the recording and name the file.")
    paths = [str(path.expanduser().absolute()) for path in targets]
    given = read_text(text, text_file)
    if given is not None and transcribe:
        raise ConfigError("a text and --transcribe are given; give one of them.")
    return {
        "target": {
            "paths": paths or None,
            "words": given,
            "text": given,
            "is_text_open": True if given is not None else None,
            "is_transcribed": transcribe or None,
            "channel": read_channel(channel),
        }
    }


def read_channel(given: str | None) -> str | None:
    """Returns what `--channel` names: left, right or a number from 1.

    Raises:
        ConfigError: it is none of these.
    """
    from kvoicewalk.config import CHANNEL_PATTERN

    if given is None:
        return None
    name = given.strip().lower()
    if re.match(CHANNEL_PATTERN, name) is None:
        raise ConfigError(f"--channel {given}: give left, right or a number from 1 to 99.")
    return name


def read_text(text: str | None, text_file: Path | None) -> str | None:
    """Returns the one text that is given, from a flag, a file or (`-`) standard input.

    Raises:
        ConfigError: both are given, or the file is no text.
    """
    if text is not None and text_file is not None:
        raise ConfigError("a text and --text-file are given; give one of them.")
    if text == "-":
        return _read_stdin()
    if text_file is None:
        return text
    try:
        with text_file.open("rb") as stream:
            data = stream.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{text_file}: {error.strerror}. Give a text file.") from error
    return _decode(data, str(text_file)).strip()


def _read_stdin() -> str:
    if sys.stdin is None:
        raise ConfigError("standard input is closed; give a text or --text-file FILE.")
    return _decode(sys.stdin.buffer.read(MAX_TEXT_BYTES + 1), "standard input")


def _decode(data: bytes, place: str) -> str:
    """Returns UTF-8 text, or UTF-16 where its byte order mark says so."""
    if len(data) > MAX_TEXT_BYTES:
        raise ConfigError(f"{place} is too large for a text; at most 1 MB is read.")
    is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ConfigError(f"{place} is not UTF-8 text; save it as UTF-8.")
    return text


def search_flags(
    command: str, flags: dict[str, Any], config_path: Path | None, output: Output
) -> "RunConfig":
    """Resolves a search's config; without a target it goes on from the latest run.

    Args:
        command: that runs.
        flags: nested like `RunConfig`, None where not given.
        config_path: of `--config`.
        output: where it is said what was taken.

    Raises:
        ConfigError: the file or a value cannot be used.
        StoreError: there is neither a target nor an earlier run.
    """
    if flags["target"]["paths"] or config_path is not None:
        return resolve(command, flags, config_path)
    out_dir = Path(flags["out_dir"] or resolve(command, {}).out_dir)
    base = latest_search(out_dir, output, flags.get("population", {}).get("n_voices"))
    named = flags["model"]["name"]
    base = fit_for_model(base, named)
    if flags["rank"]["voices_path"] is not None:
        base = {key: value for key, value in base.items() if key not in ("population", "walk")}
    config = resolve(command, flags, None, base)
    start = section(base, "walk").get("start")
    if command == "walk" and start is not None and config.walk.start == start:
        output.note(f"Starting from its best voice, {start}.")
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


def latest_search(out_dir: Path, output: Output, n_voices: int | None = None) -> dict[str, Any]:
    """Returns what the latest finished or interrupted search hands on, and says which it was.

    Args:
        out_dir: where runs are kept.
        output: where it is said.
        n_voices: of the population; None takes as many as that run did.

    Returns:
        Nested like `RunConfig`: target, texts, model, synthesis, scoring, population and start.

    Raises:
        StoreError: there is none.
    """
    from kvoicewalk.cli.population import handed_on
    from kvoicewalk.config_file import upgrade_config
    from kvoicewalk.store import RunStore

    with RunStore.open(out_dir) as store:
        runs = store.list_runs(limit=1, commands=SEARCH_COMMANDS, statuses=("done", "interrupted"))
        if not runs:
            raise StoreError(
                f"no target was given and {out_dir} holds no earlier run to take it from. "
                "Name a recording, or run 'kvw rank TARGET' first."
            )
        place = f"the configuration of run {runs[0].run_id}"
        latest = replace(runs[0], config=upgrade_config(runs[0].config, place))
        plan = {row.name: row.payload for row in store.rows(latest.run_id, "plan")}
    output.note(f"Going on from {latest.run_id}: target {latest.target}, model {latest.model}.")
    base = {key: latest.config[key] for key in HANDED_ON if key in latest.config}
    return {**base, **handed_on(latest, plan.get("population"), n_voices)}
