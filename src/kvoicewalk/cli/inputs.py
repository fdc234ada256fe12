"""Options and text files → parts of a config, nested like `RunConfig`."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kvoicewalk.cli.output import Output
from kvoicewalk.errors import ConfigError

MAX_WORDS_BYTES = 1_000_000  # of what a recording says


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


def worker_flags(
    workers: int | None,
    executor: str | None,
    address: str | None,
    gpus_per_worker: float | None,
) -> dict[str, Any]:
    """Returns the options of who hears, nested like `RunConfig`."""
    return {
        "workers": {
            "n_workers": workers,
            "executor": executor,
            "address": address,
            "gpus_per_worker": gpus_per_worker,
        }
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


def read_text(
    text: str | None,
    text_file: Path | None,
    *,
    encoding: str | None = None,
    lang: str | None = None,
    max_bytes: int = MAX_WORDS_BYTES,
) -> str | None:
    """Returns the one text that is given, from a flag, a file or (`-`) standard input.

    Args:
        text: from a flag or an argument.
        text_file: from a flag.
        encoding: of bytes; None finds out, and tells where it is a guess.
        lang: language letter of the text, where it is known.
        max_bytes: refused above.

    Raises:
        ConfigError: both are given, or the file is no text.
    """
    from kvoicewalk.app.texts import read_text_file, read_text_stream

    if text is not None and text_file is not None:
        raise ConfigError("a text and --text-file are given; give one of them.")
    if text is not None and text != "-":
        return text
    tell = Output().warn
    if text_file is not None:
        return read_text_file(
            text_file, tell, encoding=encoding, lang=lang, max_bytes=max_bytes
        ).strip()
    if text is None:
        return None
    if sys.stdin is None:
        raise ConfigError("standard input is closed; give a text or --text-file FILE.")
    return read_text_stream(
        sys.stdin.buffer,
        "standard input",
        tell,
        encoding=encoding,
        lang=lang,
        max_bytes=max_bytes,
    )


def score_flags(scoring: str | None, encoders: str | None) -> dict[str, Any]:
    """Returns how likeness is counted, nested like `RunConfig`."""
    names = ["resemblyzer", "campplus"] if encoders == "both" else encoders and [encoders]
    return {"score": {"scoring": scoring, "encoders": names}}
