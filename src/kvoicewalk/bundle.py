"""Folders that travel with the package: stock voices of the embedded model, and examples."""

from pathlib import Path


def bundled_dir(name: str) -> Path:
    """Returns a bundled folder: inside the installed package, or the checkout's own.

    Args:
        name: `voices` or `examples`.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_bundle" / name, package.parents[1] / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"folder {name!r} is missing from the installation of kvoicewalk")
