"""Which judges there are, and where their models lie."""

from collections.abc import Callable, Iterator
from pathlib import Path

from huggingface_hub import snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import (  # type: ignore[attr-defined]  # HTTPError
    HfHubHTTPError,
    HTTPError,
)

from kvoicewalk.config import JudgesConfig, read_environment
from kvoicewalk.errors import ModelError
from kvoicewalk.judges import speaker, words
from kvoicewalk.judges.base import Judge
from kvoicewalk.judges.dnsmos import Dnsmos

MODELS = ((speaker.REPO_ID, speaker.FILES), (words.REPO_ID, words.FILES))
CONNECT_TIMEOUT_S = 4.0


def open_panel(config: JudgesConfig) -> list[Judge]:
    """Returns all judges; nothing is loaded, and nothing fetched, before one is heard."""
    folder = config.wavlm_dir or read_environment().wavlm_dir
    folder = folder or cached_folder(speaker.REPO_ID, speaker.FILES)
    return [speaker.WavlmSpeaker(folder), Dnsmos(), words.WordError(open_listener(config))]


def open_listener(config: JudgesConfig) -> words.Listener:
    """Returns Whisper, not loaded yet.

    It is that of the folder that the config names, else KVW_WHISPER_DIR, else of the hub's cache.
    """
    folder = config.whisper_dir or read_environment().whisper_dir
    return words.Listener(folder or cached_folder(words.REPO_ID, words.FILES))


def cached_folder(repo_id: str, files: tuple[str, ...]) -> Path | None:
    """Returns the folder in the Hugging Face cache that holds all files; None where one lacks."""
    found = [try_to_load_from_cache(repo_id, name) for name in files]
    paths = [Path(path) for path in found if isinstance(path, str)]
    return paths[0].parent if len(paths) == len(files) else None


def fetch_judges(say: Callable[[str], None]) -> Iterator[str]:
    """Fetches the judges' models that the cache lacks (with progress bars); yields their names.

    Raises:
        ModelError: the hub cannot be reached, or lacks a file.
    """
    for repo_id, files in MODELS:
        if cached_folder(repo_id, files) is not None:
            continue
        say(f"fetching {repo_id} …")
        try:
            snapshot_download(repo_id, allow_patterns=list(files), etag_timeout=CONNECT_TIMEOUT_S)
        except (HfHubHTTPError, HTTPError, OSError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ModelError(
                f"{repo_id} could not be fetched: {reason.rstrip('.')}. "
                "Run 'kvw setup --judges' again."
            ) from error
        yield repo_id
