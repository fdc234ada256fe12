"""Which judges there are, and where their models lie."""

from collections.abc import Callable, Iterator

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (  # type: ignore[attr-defined]  # HTTPError
    HfHubHTTPError,
    HTTPError,
)

from kvoicewalk.config import JudgesConfig, read_environment
from kvoicewalk.errors import ModelError
from kvoicewalk.judges import speaker, words
from kvoicewalk.judges.base import Judge
from kvoicewalk.judges.dnsmos import Dnsmos
from kvoicewalk.models.pinned import WAVLM, WHISPER, cached_folder

MODELS = ((WAVLM, speaker.FILES), (WHISPER, words.FILES))
CONNECT_TIMEOUT_S = 4.0


def open_panel(config: JudgesConfig) -> list[Judge]:
    """Returns all judges; nothing is loaded, and nothing fetched, before one is heard."""
    folder = config.wavlm_dir or read_environment().wavlm_dir
    folder = folder or cached_folder(WAVLM, speaker.FILES)
    return [speaker.WavlmSpeaker(folder), Dnsmos(), words.WordError(open_listener(config))]


def open_listener(config: JudgesConfig) -> words.Listener:
    """Returns Whisper, not loaded yet.

    It is that of the folder that the config names, else KVW_WHISPER_DIR, else of the hub's cache.
    """
    folder = config.whisper_dir or read_environment().whisper_dir
    return words.Listener(folder or cached_folder(WHISPER, words.FILES))


def fetch_judges(say: Callable[[str], None]) -> Iterator[str]:
    """Fetches the judges' models that the cache lacks (with progress bars); yields their names.

    Raises:
        ModelError: the hub cannot be reached, or lacks a file.
    """
    for repo, files in MODELS:
        if cached_folder(repo, files) is not None:
            continue
        say(f"fetching {repo.name} …")
        try:
            snapshot_download(
                repo.name,
                revision=repo.revision,
                allow_patterns=list(files),
                etag_timeout=CONNECT_TIMEOUT_S,
            )
        except (HfHubHTTPError, HTTPError, OSError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ModelError(
                f"{repo.name} could not be fetched: {reason.rstrip('.')}. "
                "Run 'kvw setup --judges' again."
            ) from error
        yield repo.name
