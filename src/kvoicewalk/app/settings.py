"""Flags, files, the environment and defaults → a config."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kvoicewalk.config import RunConfig

EMBEDDED_OR_HUB = ("mini", "kokoro")


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
    from kvoicewalk.config_file import load_config, merge_config
    from kvoicewalk.environment import read_environment

    file = load_config(config_path) if config_path else (base or {})
    flags = _on_ray(flags, section(file, "workers"))
    named = flags.get("model", {}).get("name")
    if not named and not section(file, "model").get("name"):
        named = read_environment().model
    if named:
        flags = {**flags, "model": {**flags.get("model", {}), "name": absolute_model(named)}}
    return merge_config(command, flags, file)


def _on_ray(flags: dict[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the flags with Ray for an executor where one of them is of use to Ray alone.

    Raises:
        ConfigError: another executor is named beside it.
    """
    from kvoicewalk.errors import ConfigError, Setting

    own = flags.get("workers", {})
    if own.get("address") is not None:
        given = Setting("address")
    elif own.get("gpus_per_worker") is not None:
        given = Setting("gpus_per_worker")
    else:
        return flags
    if (own.get("executor") or file.get("executor")) == "ray":
        return flags
    if own.get("executor") is not None:
        ray = Setting("executor", "ray")
        raise ConfigError(given, " is for Ray; leave it out, or use ", ray, ".")
    return {**flags, "workers": {**own, "executor": "ray"}}


def absolute_model(name: str) -> str:
    """Returns a model's name so that it holds from any folder."""
    if name.lower() in EMBEDDED_OR_HUB and (name == name.lower() or not Path(name).is_dir()):
        return name.lower()
    return str(Path(name).expanduser().absolute())


def section(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Returns one part of a config as plain data, {} where it has none."""
    found = data.get(name)
    return found if isinstance(found, dict) else {}
