"""The repositories on the Hugging Face hub that models come from, and their files in the cache.

Each is fetched at one commit, so that nobody gets other files than those that were tested. A file
that the cache has from another commit is used as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants, hf_hub_download
from huggingface_hub.errors import (  # type: ignore[attr-defined]  # HTTPError
    EntryNotFoundError,
    HfHubHTTPError,
    HTTPError,
)
from huggingface_hub.file_download import repo_folder_name

from kvoicewalk.errors import ModelError

CONNECT_TIMEOUT_S = 4.0


@dataclass(frozen=True)
class Repo:
    """A repository on the hub.

    Attributes:
        name: owner/name.
        revision: full hash of the commit that is fetched.
    """

    name: str
    revision: str


KOKORO = Repo("hexgrad/Kokoro-82M", "f3ff3571791e39611d31c381e3a41a3af07b4987")
WAVLM = Repo("microsoft/wavlm-base-plus-sv", "feb593a6c23c1cc3d9510425c29b0a14d2b07b1e")
# Whisper for English, and for all languages; of one size.
WHISPER = Repo("Systran/faster-whisper-base.en", "3d3d5dee26484f91867d81cb899cfcf72b96be6c")
WHISPER_ANY = Repo("Systran/faster-whisper-base", "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66")


def snapshots(repo: Repo) -> list[Path]:
    """Returns the folders that the cache has of a repository, one for each commit.

    The pinned commit comes first, then the one that was "main" when the hub was last asked for it.
    """
    folder = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo.name, repo_type="model")
    main = folder / "refs" / constants.DEFAULT_REVISION
    preferred = [repo.revision, main.read_text().strip() if main.is_file() else ""]
    found = {path.name: path for path in sorted((folder / "snapshots").glob("*"))}
    first = [found.pop(name) for name in preferred if name in found]
    return [*first, *found.values()]


def cached_file(repo: Repo, name: str) -> Path | None:
    """Returns where the cache holds a file; None where it does not."""
    paths = (folder / name for folder in snapshots(repo))
    return next((path for path in paths if path.is_file()), None)


def cached_folder(repo: Repo, names: Sequence[str]) -> Path | None:
    """Returns the folder in the cache that holds all these files; None where there is none."""
    for folder in snapshots(repo):
        if all((folder / name).is_file() for name in names):
            return folder
    return None


def fetch_file(repo: Repo, name: str, advice: str) -> Path:
    """Fetches a file into the cache, with a progress bar; tries for half a minute to reach the hub.

    Several files are fetched one after the other, so that Ctrl-C ends it at once: the hub's
    `snapshot_download` waits until those under way are whole, Kokoro's weights with their 0.3 GB.

    Args:
        repo: where it is.
        name: of the file.
        advice: the end of the message where it fails, a sentence.

    Raises:
        ModelError: the hub cannot be reached, or lacks the file; names the file and the cache.
    """
    try:
        return Path(
            hf_hub_download(repo.name, name, revision=repo.revision, etag_timeout=CONNECT_TIMEOUT_S)
        )
    except (EntryNotFoundError, HfHubHTTPError, HTTPError, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise ModelError(
            f"{repo.name} {name} could not be fetched into {constants.HF_HUB_CACHE}: {reason}. ",
            advice,
        ) from error
