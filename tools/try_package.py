"""Builds the sdist and the wheel, checks what is in them, and installs them where nothing else is.

    python -m tools.try_package                     all of it: ten environments, one at a time
    python -m tools.try_package --only uv-3.12 pip-3.10
    python -m tools.try_package --only              builds and checks alone

In each environment `kvw --version`, `kvw --help` and `kvw demo` (which ranks the embedded model's
voices) run in an empty folder that is also HOME. A row is printed as each one ends; docs/install.md
has the table. An environment has the whole of torch, several gigabytes, and is deleted after use.
A Python that is not on the machine is named and left out. pip and pipx build webrtcvad: they need a
C compiler and Python's headers.
"""

import argparse
import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from kvoicewalk.version import __version__

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.10", "3.11", "3.12")
MAX_BYTES = 25_000_000
EXAMPLES = ("clone_with_events.py", "target.txt", "target.wav")  # the notebook is for a clone
INFO = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
EXTRAS = {"asr", "ja", "judge", "onnx", "ray", "zh"}
CACHES = ("__pycache__", ".venv", ".tools", ".mypy_cache", ".ruff_cache", ".pytest_cache", "out")
IN_SDIST = (
    "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "Makefile", "mkdocs.yml",
    "docs/api.md", "examples/quickstart.ipynb", "src/kvoicewalk/py.typed", "tests/conftest.py",
    "tools/try_package.py", "voices/af_beryl.pt",
)  # fmt: skip

Install = Callable[[Path, str, Path], Path]


def by_pip(folder: Path, python: str, package: Path) -> Path:
    """Installs into a new environment; returns the command."""
    call([python, "-m", "venv", folder / "env"])
    call([folder / "env/bin/pip", "install", "--quiet", package])
    return folder / "env/bin/kvw"


def by_uv(folder: Path, python: str, package: Path) -> Path:
    """Installs as a tool of uv's; returns the command."""
    places = {"UV_TOOL_DIR": folder / "tools", "UV_TOOL_BIN_DIR": folder / "bin"}
    call([find_uv(), "tool", "install", "--quiet", "--python", python, package], places)
    return folder / "bin/kvw"


def by_pipx(folder: Path, python: str, package: Path) -> Path:
    """Installs by pipx, which uv runs; returns the command."""
    places = {name: folder / name for name in ("PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR")}
    call([find_uv(), "tool", "run", "pipx", "install", "--python", python, package], places)
    return folder / "PIPX_BIN_DIR/kvw"


WAYS: Mapping[str, Install] = {"uv": by_uv, "pip": by_pip, "pipx": by_pipx}
# By uv first: its files are links into its cache. The sdist once: what it makes is the same wheel.
TRIALS = (*(f"{way}-{python}" for way in WAYS for python in PYTHONS), "sdist-3.11")


def main() -> None:
    """Builds, checks, tries, and prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=TRIALS, default=TRIALS, metavar="TRIAL")
    chosen = parser.parse_args().only
    with tempfile.TemporaryDirectory(prefix="kvw-try-") as scratch:
        call([find_uv(), "build", "--quiet", "--out-dir", scratch, ROOT])
        (wheel,), (sdist,) = Path(scratch).glob("*.whl"), Path(scratch).glob("*.tar.gz")
        faults = [*faults_of_wheel(wheel), *faults_of_sdist(sdist)]
        for path in (sdist, wheel):
            print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
        for fault in faults:
            print(f"fault: {fault}")
        print("\n| by | Python | --version, --help | demo: the best voice | size | installed in |")
        print("|---|---|---|---|---|---|", flush=True)
        outcomes = [try_one(name, wheel, sdist, Path(scratch)) for name in TRIALS if name in chosen]
    if faults or not all(outcomes):
        sys.exit(1)


def try_one(name: str, wheel: Path, sdist: Path, scratch: Path) -> bool:
    """Tries one way with one Python; prints its row; tells whether all is well."""
    way, version = name.split("-")
    python = find_python(version)
    if python is None:
        print(f"| {way} | {version} | not on this machine | | | |", flush=True)
        return True
    folder = scratch / name
    folder.mkdir()
    started = time.perf_counter()
    try:
        install, package = (by_pip, sdist) if way == "sdist" else (WAYS[way], wheel)
        kvw = install(folder, python, package)
        took_s = time.perf_counter() - started
        best = try_command(kvw, folder)
        size = f"{folder_bytes(folder) / 1e9:.1f} GB"
        row = f"| {way} | {version} | yes | {best} | {size} | {took_s:.0f} s |"
        print(row, flush=True)
    except (subprocess.CalledProcessError, AssertionError, OSError) as error:
        said = getattr(error, "stderr", None) or str(error)
        print(f"| {way} | {version} | **no**: {said.strip().splitlines()[-1]} | | | |", flush=True)
        return False
    finally:
        shutil.rmtree(folder)
    return True


def try_command(kvw: Path, folder: Path) -> str:
    """Runs the command in an empty folder; returns the name of the demo's best voice."""
    home = folder / "home"
    home.mkdir()
    places = {"HOME": home}

    def ask(*words: str) -> str:
        return call([kvw, *words], places, home)

    assert ask("--version").strip() == f"kvw {__version__}", "another version"
    assert "speak" in ask("--help"), "no help"
    found = json.loads(ask("demo", "--json", "--threads", "1"))
    assert Path(home / found["demo_wav_path"]).stat().st_size > 24_000, "the demo said nothing"
    return str(found["best"]["name"])


def faults_of_wheel(path: Path) -> Iterator[str]:
    """Yields what is wrong with a wheel: size, files, metadata."""
    yield from _too_large(path)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        info = f"kvoicewalk-{__version__}.dist-info"
        wanted = {f"{info}/{name}" for name in INFO} | set(_files_of_package())
        yield from (f"the wheel lacks {name}" for name in sorted(wanted - names))
        yield from (f"the wheel has {name}" for name in sorted(names - wanted))
        if f"{info}/METADATA" in names:
            text = archive.read(f"{info}/METADATA").decode("utf-8")
            yield from _faults_of_metadata(text)
        if f"{info}/entry_points.txt" in names:
            points = archive.read(f"{info}/entry_points.txt").decode("utf-8")
            if "kvw = kvoicewalk.__main__:main" not in points:
                yield "the wheel has no command kvw"


def faults_of_sdist(path: Path) -> Iterator[str]:
    """Yields what is wrong with an sdist: size, files."""
    yield from _too_large(path)
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    yield from (f"the sdist lacks {name}" for name in IN_SDIST if name not in names)
    for name in sorted(names):
        parts = PurePosixPath(name).parts
        if name.endswith(".pyc") or parts[:1] == ("site",) or set(parts) & set(CACHES):
            yield f"the sdist has {name}"


def _files_of_package() -> Iterator[str]:
    source = ROOT / "src"
    for path in (source / "kvoicewalk").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(source).as_posix()
    for path in (ROOT / "voices").iterdir():
        yield f"kvoicewalk/_bundle/voices/{path.name}"
    for name in EXAMPLES:
        yield f"kvoicewalk/_bundle/examples/{name}"


def _faults_of_metadata(text: str) -> Iterator[str]:
    data = email.message_from_string(text)
    wanted = {
        "Name": "kvoicewalk", "Version": __version__, "License-Expression": "Apache-2.0",
        "License-File": "LICENSE", "Description-Content-Type": "text/markdown",
    }  # fmt: skip
    for key, value in wanted.items():
        if data[key] != value:
            yield f"the metadata have {data[key]!r} as {key}, expected {value!r}"
    classifiers = data.get_all("Classifier", [])
    for version in PYTHONS:
        if f"Programming Language :: Python :: {version}" not in classifiers:
            yield f"the metadata do not name Python {version}"
    if set(data.get_all("Provides-Extra", [])) != EXTRAS:
        yield f"the metadata have other extras than {', '.join(sorted(EXTRAS))}"


def _too_large(path: Path) -> Iterator[str]:
    if path.stat().st_size >= MAX_BYTES:
        yield f"{path.name} has {path.stat().st_size} bytes, more than {MAX_BYTES}"


def find_uv() -> str:
    """Returns uv: that of the system, else what make installed."""
    return shutil.which("uv") or str(ROOT / ".tools/bin/uv")


def find_python(version: str) -> str | None:
    """Returns a Python that is on the machine, pyenv's first; None where there is none."""
    of_pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for path in sorted(of_pyenv.glob(f"{version}.*/bin/python"), reverse=True):
        return str(path)
    ask = [find_uv(), "python", "find", "--no-project", "--no-python-downloads", version]
    found = subprocess.run(ask, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else None


def folder_bytes(folder: Path) -> int:
    """Returns what a folder's files take, each once."""
    sizes = {
        path.stat().st_ino: path.stat().st_size for path in folder.rglob("*") if path.is_file()
    }
    return sum(sizes.values())


def call(
    command: list[str | Path], places: Mapping[str, str | Path] | None = None, cwd: Path = ROOT
) -> str:
    """Runs a program outside of any environment; returns what it prints."""
    ours = {"PYTHONPATH", "VIRTUAL_ENV", "KVW_MODEL", "KVW_CACHE_DIR"}
    env = {key: value for key, value in os.environ.items() if key not in ours}
    env |= {key: str(value) for key, value in (places or {}).items()}
    words = [str(word) for word in command]
    done = subprocess.run(words, env=env, cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    main()
