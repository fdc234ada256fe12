"""Which judges there are, and where their models lie."""

from collections.abc import Callable, Iterator, Sequence

from kvoicewalk.config import ENCODER_NAMES, JudgesConfig
from kvoicewalk.environment import read_environment
from kvoicewalk.judges import speaker, words
from kvoicewalk.judges.base import Judge
from kvoicewalk.judges.dnsmos import Dnsmos
from kvoicewalk.judges.encoder import encoder_judges
from kvoicewalk.languages import DEFAULT_LANG, ENGLISH
from kvoicewalk.models.pinned import WAVLM, WHISPER, WHISPER_ANY, cached_folder, fetch_file

MODELS = ((WAVLM, speaker.FILES), (WHISPER, words.FILES), (WHISPER_ANY, words.FILES))


def open_panel(
    config: JudgesConfig, lang: str = DEFAULT_LANG, leading: Sequence[str] = ENCODER_NAMES
) -> list[Judge]:
    """Returns all judges; nothing is loaded, and nothing fetched, before one is heard.

    Args:
        config: where their models lie.
        lang: of what they are to hear.
        leading: speaker encoders that led the search; the others judge.
    """
    folder = config.wavlm_dir or read_environment().wavlm_dir
    folder = folder or cached_folder(WAVLM, speaker.FILES)
    return [
        *encoder_judges(leading),
        speaker.WavlmSpeaker(folder),
        Dnsmos(),
        words.WordError(open_listener(config, lang), lang),
    ]


def open_listener(config: JudgesConfig, lang: str | None = DEFAULT_LANG) -> words.Listener:
    """Returns Whisper, not loaded yet.

    It is that of the folder that the config names, else KVW_WHISPER_DIR, else of the hub's cache.

    Args:
        config: where its model lies.
        lang: of what it is to hear; None where it is to tell.
    """
    folder = config.whisper_dir or read_environment().whisper_dir
    if folder is None:
        repos = [WHISPER_ANY] if lang is None or lang not in ENGLISH else [WHISPER, WHISPER_ANY]
        if lang is None:  # better than nothing: most recordings are English
            repos.append(WHISPER)
        found = (cached_folder(repo, words.FILES) for repo in repos)
        folder = next(filter(None, found), None)
    return words.Listener(folder)


def fetch_judges(say: Callable[[str], None]) -> Iterator[str]:
    """Fetches the judges' models that the cache lacks (with progress bars); yields their names.

    Raises:
        ModelError: the hub cannot be reached, or lacks a file.
    """
    for repo, files in MODELS:
        if cached_folder(repo, files) is not None:
            continue
        say(f"fetching {repo.name} …")
        for name in files:
            fetch_file(repo, name, "Run 'kvw setup --judges' again.")
        yield repo.name
