"""What else changes numbers: the packages that compute them."""

import functools
from importlib import metadata

PACKAGES = ("torch", "kokoro", "resemblyzer", "librosa", "numpy", "scipy", "soxr")


@functools.cache
def package_versions() -> str:
    """Returns the versions of all that computes speech, embeddings and features, in one line."""
    return " ".join(f"{name} {_version(name)}" for name in PACKAGES)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"
