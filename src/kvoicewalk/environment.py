"""Environment variables: the one place where any is read or set. Brings no pydantic."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Environment:
    """What our own variables (KVW_…) say, and others that we heed; None where one is not set."""

    model: str | None
    is_debug: bool
    cache_dir: Path
    spacy_model: str | None
    numba_cache_dir: Path | None
    whisper_dir: Path | None
    wavlm_dir: Path | None
    campplus_dir: Path | None


def read_environment() -> Environment:
    """Returns what our own variables (KVW_…) say, and numba's NUMBA_CACHE_DIR."""
    cache_dir = os.environ.get("KVW_CACHE_DIR") or platformdirs.user_cache_dir("kvoicewalk")
    numba_cache_dir = os.environ.get("NUMBA_CACHE_DIR")
    return Environment(
        model=os.environ.get("KVW_MODEL") or None,
        is_debug=_is_true(os.environ.get("KVW_DEBUG")),
        cache_dir=Path(cache_dir),
        spacy_model=os.environ.get("KVW_SPACY_MODEL") or None,
        numba_cache_dir=Path(numba_cache_dir) if numba_cache_dir else None,
        whisper_dir=_folder(os.environ.get("KVW_WHISPER_DIR")),
        wavlm_dir=_folder(os.environ.get("KVW_WAVLM_DIR")),
        campplus_dir=_folder(os.environ.get("KVW_CAMPPLUS_DIR")),
    )


@dataclass(frozen=True)
class ShellFolders:
    """Where a person's shells keep what they read.

    Attributes:
        home: bash's files.
        zsh: zsh's files, ZDOTDIR or home.
        config: XDG_CONFIG_HOME, or below home.
        data: XDG_DATA_HOME, or below home.
    """

    home: Path
    zsh: Path
    config: Path
    data: Path


def read_shell_folders() -> ShellFolders:
    """Returns where a person's shells keep what they read."""
    home = Path.home()
    return ShellFolders(
        home=home,
        zsh=_folder(os.environ.get("ZDOTDIR")) or home,
        config=_folder(os.environ.get("XDG_CONFIG_HOME")) or home / ".config",
        data=_folder(os.environ.get("XDG_DATA_HOME")) or home / ".local" / "share",
    )


def prepare_process() -> None:
    """Sets what torch reads when it loads; call before its first import.

    oneDNN and the CPU convolution cache keep one plan per tensor length: without a bound,
    memory grows with every new text length. Threads that wait actively for each other come to
    a crawl where another program takes a core: measured 20 times slower on 2 cores.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
    os.environ.setdefault("LRU_CACHE_CAPACITY", "64")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")


def _folder(value: str | None) -> Path | None:
    return Path(value).expanduser().absolute() if value else None


def _is_true(value: str | None) -> bool:
    return (value or "").strip().lower() in {"1", "true", "yes", "on"}
