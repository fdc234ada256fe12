"""Kokoro-82M from the Hugging Face cache, or from the hub when the cache lacks it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import (  # type: ignore[attr-defined]  # HTTPError
    EntryNotFoundError,
    HfHubHTTPError,
    HTTPError,
    LocalEntryNotFoundError,
)
from huggingface_hub.hf_api import ModelInfo

from kvoicewalk.errors import Message, ModelError, Setting
from kvoicewalk.models.base import ModelFiles, build_kokoro
from kvoicewalk.models.pinned import (
    CONNECT_TIMEOUT_S,
    KOKORO,
    cached_file,
    fetch_file,
    snapshots,
)
from kvoicewalk.voices import Voice, load_voice, unknown_voice

REPO_ID = KOKORO.name
CONFIG_NAME = "config.json"
WEIGHTS_NAME = "kokoro-v1_0.pth"
VOICES_FOLDER = "voices"
TRY_MINI = Message(", or try ", Setting("model", "mini"), " (embedded).")
ADVICE = Message("Run 'kvw setup' again", TRY_MINI)


@dataclass(frozen=True)
class HubFile:
    """A file of the model on the hub; `size_bytes` is None where the hub does not say."""

    name: str
    size_bytes: int | None
    is_cached: bool


def locate_hub() -> ModelFiles:
    """Finds Kokoro-82M's parts, fetching what the cache lacks.

    Raises:
        ModelError: not in the cache, and the hub cannot be reached.
    """
    return ModelFiles(
        name="kokoro",
        config_path=fetch(CONFIG_NAME),
        weights_path=fetch(WEIGHTS_NAME),
        voices=HubVoices(),
        build=build_kokoro,
    )


def cached_path(file_name: str) -> Path | None:
    """Returns where the cache holds a file of the model, None where it does not."""
    return cached_file(KOKORO, file_name)


def fetch(file_name: str) -> Path:
    """Returns a file of the model from the cache, else downloads it (with a progress bar).

    Raises:
        ModelError: neither works; names the file, the cache and the ways out.
    """
    cached = cached_path(file_name)
    if cached is not None:
        return cached
    _ask_hub(file_name)  # the download itself retries for half a minute before it gives up
    return fetch_file(KOKORO, file_name, ADVICE)


def fetch_all(file_names: Iterable[str]) -> None:
    """Fetches files of the model that `list_hub_files` found, one after the other.

    Raises:
        ModelError: the hub cannot be reached any more.
    """
    for name in file_names:
        fetch_file(KOKORO, name, ADVICE)


def list_hub_files() -> tuple[HubFile, ...]:
    """Asks the hub which files make up the model, with their sizes.

    Raises:
        ModelError: the hub cannot be reached.
    """
    return tuple(
        HubFile(entry.rfilename, entry.size, cached_path(entry.rfilename) is not None)
        for entry in _ask_hub("file list").siblings or ()
        if entry.rfilename in (CONFIG_NAME, WEIGHTS_NAME) or _is_voice(entry.rfilename)
    )


def _ask_hub(wanted: str) -> ModelInfo:
    try:
        return HfApi().model_info(
            REPO_ID, revision=KOKORO.revision, files_metadata=True, timeout=CONNECT_TIMEOUT_S
        )
    except (HfHubHTTPError, HTTPError, OSError) as error:
        raise ModelError(
            f"{REPO_ID} {wanted} is not in {constants.HF_HUB_CACHE} and the hub cannot be reached. "
            "Run 'kvw setup' once with a network",
            TRY_MINI,
        ) from error


class HubVoices:
    """The stock voices that the cache holds; a named one that it lacks is fetched."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the voices in the cache, sorted."""
        found = (folder.glob(f"{VOICES_FOLDER}/*.pt") for folder in snapshots(KOKORO))
        return tuple(sorted({path.stem for paths in found for path in paths}))

    def load(self, name: str) -> Voice:
        """Returns a stock voice.

        Raises:
            VoiceError: the hub has no such voice, or its file is damaged.
            ModelError: it is not in the cache and the hub cannot be reached.
        """
        if not name.replace("_", "").isalnum():
            raise unknown_voice(name, self.names, f"{REPO_ID}")
        try:
            return load_voice(fetch(f"{VOICES_FOLDER}/{name}.pt"))
        except ModelError as error:
            cause = error.__cause__
            if isinstance(cause, EntryNotFoundError) and not isinstance(
                cause, LocalEntryNotFoundError
            ):
                raise unknown_voice(name, self.names, f"{REPO_ID}") from error
            raise


def _is_voice(file_name: str) -> bool:
    return file_name.startswith(f"{VOICES_FOLDER}/") and file_name.endswith(".pt")
