"""docs/architecture.md against the tree: every module has its place, and every path is there."""

import itertools
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "kvoicewalk"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LAYERS = TEXT.split("\n## ")[0]
NOT_SHOWN = {"__init__.py", "__main__.py", "py.typed", "__pycache__", "_bundle"}


def named(text):
    """Returns what stands between backticks and looks like a path of the package."""
    return {
        one.strip("`").rstrip("/")
        for one in re.findall(r"`[\w./]+(?:\.py|/)`", text)
        if "<" not in one
    }


def test_every_part_of_the_package_has_its_row():
    shown = {path.split("/")[0] for path in named(LAYERS)}
    assert {path.name for path in PACKAGE.iterdir()} - NOT_SHOWN <= shown


def test_every_path_that_is_named_is_there():
    for path in named(TEXT):
        places = (PACKAGE / path, ROOT / path, *PACKAGE.glob(f"*/{path}"))
        assert any(place.exists() for place in places), path


def test_the_order_is_that_of_the_import_contract():
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    layers = re.findall(r'^    "(kvoicewalk\.[\w.| ]+)",$', contract, re.MULTILINE)
    rank = {
        name.strip().removeprefix("kvoicewalk."): place
        for place, line in enumerate(layers)
        for name in line.split("|")
    }
    rows = [row.split("|")[1] for row in LAYERS.splitlines() if row.startswith("| `")]
    parts = [
        [one.rstrip("/").removesuffix(".py") for one in re.findall(r"`([\w./]+)`", row)]
        for row in rows
    ]
    assert {part for row in parts for part in row} == set(rank)
    for above, below in itertools.pairwise(parts):
        assert max(rank[one] for one in above) <= min(rank[one] for one in below)
