"""`config.json` ↔ `RunConfig`: read, joined with flags, checked; errors in words."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from kvoicewalk.config import CLASSIC_WALK, CONFIG_VERSION, RunConfig
from kvoicewalk.errors import ConfigError, Key, Message
from kvoicewalk.languages import DEFAULT_LANG, ENGLISH, LANGUAGES
from kvoicewalk.texts import texts_of

MAX_CONFIG_BYTES = 1_000_000


def load_config(path: Path) -> dict[str, Any]:
    """Reads a `config.json` as plain data of today's version, to be merged by `merge_config`.

    Raises:
        ConfigError: not there, too large, not JSON, not an object, or of a newer version.
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
    return upgrade_config(data, str(path))


def upgrade_config(data: dict[str, Any], place: str) -> dict[str, Any]:
    """Returns a configuration as today's version writes it; what it means stays the same.

    Args:
        data: nested like `RunConfig` of any version so far; without a `version` it is of 0.1.0 or
            earlier, or written by hand.
        place: where it comes from, for messages.

    Raises:
        ConfigError: it is of a newer version, or its version is no number.
    """
    version = data.get("version", 0)
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise ConfigError(f"{place}: version = {version!r:.60} cannot be used: expected a number.")
    if version > CONFIG_VERSION:
        raise ConfigError(
            f"{place} has version {version}, this kvw knows up to {CONFIG_VERSION}: "
            "it was written by a newer kvw; update kvw."
        )
    for upgrade in UPGRADES[version:]:
        data = upgrade(data)
    return {**data, "version": CONFIG_VERSION}


def merge_config(command: str, flags: dict[str, Any], file: dict[str, Any] | None) -> RunConfig:
    """Joins flag > file > default.

    Args:
        command: the command that runs; wins over the file's.
        flags: nested like `RunConfig`; None means not given.
        file: from `load_config` or `upgrade_config`, or None.

    Raises:
        ConfigError: a value is out of range or a key is unknown; the message lists valid keys.
    """
    file = _with_own_texts(_with_own_params(file or {}, flags), flags)
    data = _with_texts(overlay(file, flags))
    data["command"] = command
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_explain(error)) from error


def dump_config(config: RunConfig) -> dict[str, Any]:
    """Returns plain JSON data; `merge_config` makes an equal config of it."""
    return config.model_dump(mode="json")


def _name_the_words(data: dict[str, Any]) -> dict[str, Any]:
    """Version 0 began with one text: any but the default sentence is the recording's words, too."""
    target = data.get("target")
    if not isinstance(target, dict) or "words" in target:
        return data
    text = target.get("text")
    default = texts_of().target
    return data if text in (None, default) else {**data, "target": {**target, "words": text}}


def _name_the_texts(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had English texts alone: a run of it in another language goes on with them."""
    target, synth = data.get("target"), data.get("synth")
    if not isinstance(target, dict) or "command" not in data:
        return data  # no run wrote it
    if (_lang(synth, "lang") or DEFAULT_LANG) in ENGLISH:
        return data
    return {**data, "target": {"texts_lang": DEFAULT_LANG, **target}}


def _name_the_encoder(data: dict[str, Any]) -> dict[str, Any]:
    """Up to version 1 Resemblyzer led alone, lessons were float32, and their gains confirmed."""
    if "command" not in data:
        return data  # no run wrote it
    score, gradient = data.get("score"), data.get("gradient")
    if isinstance(score, dict):
        data = {**data, "score": {"encoders": ["resemblyzer"], **score}}
    if isinstance(gradient, dict):
        data = {**data, "gradient": {"precision": "float32", "is_confirmed": True, **gradient}}
    return data


Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
UPGRADES: tuple[Upgrade, ...] = (
    _name_the_words,
    lambda data: _name_the_encoder(_name_the_texts(data)),
)
"""What leads from version 0, 1, … to the next. Sections may be missing, or of a wrong type."""


def _with_own_params(file: dict[str, Any], flags: dict[str, Any]) -> dict[str, Any]:
    """Drops what followed from a file's `params` where a flag names other ones.

    A run's config.json spells out what `classic` implies, or what the others do.
    """
    walk, wanted = file.get("walk"), flags.get("walk", {}).get("params")
    if not isinstance(walk, dict) or wanted in (None, walk.get("params")):
        return file
    return {**file, "walk": {k: v for k, v in walk.items() if k not in CLASSIC_WALK}}


def _with_own_texts(file: dict[str, Any], flags: dict[str, Any]) -> dict[str, Any]:
    """Drops the texts that came with a file's language where a flag names another language.

    A run's config.json spells them out. What is not theirs was given, and stays.
    """
    wanted = _lang(flags.get("synth"), "lang")
    target, synth, rank = (file.get(name, {}) for name in ("target", "synth", "rank"))
    lang = _lang(synth, "lang") or DEFAULT_LANG
    if wanted in (None, lang) or not isinstance(target, dict) or not isinstance(rank, dict):
        return file
    whose = _lang(target, "texts_lang") or lang
    texts = texts_of(whose)
    theirs = {"text": texts.target, "probe_text": texts.probe, "texts_lang": whose}
    heard = {"screening_text": texts.screening}
    return {**file, "target": _without(target, theirs), "rank": _without(rank, heard)}


def _with_texts(data: dict[str, Any]) -> dict[str, Any]:
    """Puts the texts of the language that is spoken where none are given."""
    target, rank = data.get("target", {}), data.get("rank", {})
    lang = _lang(target, "texts_lang") or _lang(data.get("synth"), "lang")
    if lang is None or not isinstance(target, dict) or not isinstance(rank, dict):
        return data
    texts = texts_of(lang)
    target = {"probe_text": texts.probe, **target}
    if target.get("words") is None:  # else the text follows from them
        target = {"text": texts.target, **target}
    return {**data, "target": target, "rank": {"screening_text": texts.screening, **rank}}


def _lang(part: Any, key: str) -> str | None:
    """Returns a language that part of a config names; None where it names none that there is."""
    lang = part.get(key) if isinstance(part, dict) else None
    return lang if isinstance(lang, str) and lang in LANGUAGES else None


def _without(part: dict[str, Any], dropped: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in part.items() if k not in dropped or v != dropped[k]}


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


def _explain(error: ValidationError) -> Message:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        valid = ", ".join(sorted(_section(first["loc"][:-1]).model_fields))
        return Message(f"configuration: unknown key '{where}'. Valid keys there: {valid}.")
    reason = first["msg"].removeprefix("Value error, ")
    if isinstance(first["input"], dict):
        # What our own check raised: its words name settings.
        raised = first.get("ctx", {}).get("error")
        own = raised.args[0] if isinstance(raised, ValueError) else reason
        return Message("configuration: ", Key(where), " cannot be used: ", own, ".")
    shown = repr(first["input"])
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    reason = f"{reason[0].lower()}{reason[1:]}"
    return Message("configuration: ", Key(where), f" = {shown} cannot be used: {reason}.")


def _section(path: tuple[int | str, ...]) -> type[BaseModel]:
    section: type[BaseModel] = RunConfig
    for part in path:
        annotation = section.model_fields[str(part)].annotation
        assert isinstance(annotation, type)
        assert issubclass(annotation, BaseModel)
        section = annotation
    return section
