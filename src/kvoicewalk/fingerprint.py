"""What else changes numbers: the packages that compute them."""

import functools
from importlib import metadata

PACKAGES = ("torch", "kokoro", "resemblyzer", "librosa", "numpy", "scipy", "soxr")
SPEECH_PACKAGES = (
    "torch", "kokoro", "numpy", "misaki", "phonemizer-fork", "espeakng-loader", "num2words",
)  # fmt: skip


@functools.cache
def package_versions() -> str:
    """Returns the versions of all that computes speech, embeddings and features, in one line."""
    return _versions(PACKAGES)


@functools.cache
def speech_versions() -> str:
    """Returns the versions of all that makes speech of a text, in one line."""
    return _versions(SPEECH_PACKAGES)


def _versions(names: tuple[str, ...]) -> str:
    return " ".join(f"{name} {_version(name)}" for name in names)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"
