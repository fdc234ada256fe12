"""The documentation's site: its links, and that a page loads nothing from elsewhere."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tools.docs_site import BESIDE, ROOT, linked_files, with_site_links

LOADS = re.compile(
    r"<(?:script|img|iframe|source|audio|video)\b[^>]*\bsrc=[\"']?([^\"'\s>]+)"
    r"|<link\b(?=[^>]*\brel=[\"']?(?:stylesheet|icon|preload|preconnect|modulepreload))"
    r"[^>]*\bhref=[\"']?([^\"'\s>]+)"
)


@pytest.mark.parametrize(
    ("place", "link", "led"),
    [
        ("index.md", "docs/api.md", "api.md"),
        ("index.md", "docs/scoring.md#ranking", "scoring.md#ranking"),
        ("contributing.md", "docs/architecture.md", "architecture.md"),
        ("api.md", "../examples/clone_with_events.py", "examples/clone_with_events.py"),
        ("api.md", "formats.md", "formats.md"),
        ("api.md", "#errors", "#errors"),
        ("runtimes/kokoro.md", "../../README.md", "../index.md"),
        ("runtimes/kokoro.md", "../runtimes.md#measured", "../runtimes.md#measured"),
        ("index.md", "https://docs.invalid/a.md", "https://docs.invalid/a.md"),
        ("index.md", "docs/nowhere.md", "docs/nowhere.md"),
        ("index.md", "/docs/", "/docs/"),
    ],
)
def test_a_link_is_led_to_its_place(place, link, led):
    assert with_site_links(f"See [this]({link}).", place) == f"See [this]({led})."


def test_files_that_are_linked_to_come_along():
    assert "examples/clone_with_events.py" in linked_files()
    assert not linked_files() & set(BESIDE)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mkdocs") is None, reason="needs the dependency group docs")
def test_the_site_is_whole_and_loads_nothing_from_elsewhere(tmp_path):
    build = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(
        [*build, "--site-dir", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    pages = sorted(tmp_path.rglob("*.html"))
    sources = [*(ROOT / "docs").rglob("*.md"), *map(Path, BESIDE)]
    assert len(pages) == len(sources) + 1  # and one for what is not found
    for page in pages:
        for found in LOADS.findall(page.read_text(encoding="utf-8")):
            loaded = "".join(found)
            assert not loaded.startswith(("http:", "https:", "//")), f"{page.name}: {loaded}"
    for sheet in tmp_path.rglob("*.css"):
        assert not re.search(r"url\([\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8"))
    assert "ranks the stock voices" in (tmp_path / "index.html").read_text(encoding="utf-8")
