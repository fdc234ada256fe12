"""`config.json` ↔ `RunConfig`: read, joined with flags, checked; errors in words."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from kvoicewalk.config import CLASSIC_WALK, RunConfig
from kvoicewalk.errors import ConfigError

MAX_CONFIG_BYTES = 1_000_000


def load_config(path: Path) -> dict[str, Any]:
    """Reads a `config.json` as plain data, to be merged with flags by `merge_config`.

    Raises:
        ConfigError: not there, too large, not JSON, or not an object.
    """
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise ConfigError(f"{path} is too large for a configuration; expected a config.json.")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise ConfigError(f"{path}: {reason}. Give a run's config.json.") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not JSON; expected a run's config.json.") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path} holds no JSON object; expected a run's config.json.")
    return data


def merge_config(command: str, flags: dict[str, Any], file: dict[str, Any] | None) -> RunConfig:
    """Joins flag > file > default.

    Args:
        command: the command that runs; wins over the file's.
        flags: nested like `RunConfig`; None means not given.
        file: from `load_config`, or None.

    Raises:
        ConfigError: a value is out of range or a key is unknown; the message lists valid keys.
    """
    data = overlay(_with_own_params(file or {}, flags), flags)
    data["command"] = command
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_explain(error)) from error


def dump_config(config: RunConfig) -> dict[str, Any]:
    """Returns plain JSON data; `merge_config` makes an equal config of it."""
    return config.model_dump(mode="json")


def _with_own_params(file: dict[str, Any], flags: dict[str, Any]) -> dict[str, Any]:
    """Drops what followed from a file's `params` where a flag names other ones.

    A run's config.json spells out what `classic` implies, or what the others do.
    """
    walk, wanted = file.get("walk"), flags.get("walk", {}).get("params")
    if not isinstance(walk, dict) or wanted in (None, walk.get("params")):
        return file
    return {**file, "walk": {k: v for k, v in walk.items() if k not in CLASSIC_WALK}}


def overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Returns nested data with what `over` has put in its place; None in it means not given."""
    merged = dict(base)
    for key, value in over.items():
        if isinstance(value, dict):
            below = base.get(key)
            # What should be an object and is none stays, for the check that names it.
            if below is None or isinstance(below, dict):
                merged[key] = overlay(below or {}, value)
        elif value is not None:
            merged[key] = value
    return merged


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        valid = ", ".join(sorted(_section(first["loc"][:-1]).model_fields))
        return f"configuration: unknown key '{where}'. Valid keys there: {valid}."
    reason = first["msg"].removeprefix("Value error, ")
    if isinstance(first["input"], dict):
        return f"configuration: {where} cannot be used: {reason}."
    shown = repr(first["input"])
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return f"configuration: {where} = {shown} cannot be used: {reason[0].lower()}{reason[1:]}."


def _section(path: tuple[int | str, ...]) -> type[BaseModel]:
    section: type[BaseModel] = RunConfig
    for part in path:
        annotation = section.model_fields[str(part)].annotation
        assert isinstance(annotation, type)
        assert issubclass(annotation, BaseModel)
        section = annotation
    return section
