"""A hook of mkdocs: pages that lie beside `docs/`, and the links between all of them.

README.md is the home page; it, the changelog and the like are read where they lie, so that there
is no second copy. Links are written so that they work in the repository; here they are led to the
same place on the site. What they lead to besides pages, such as an example, is put on the site.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCS = "docs"
# In the repository, and on the site.
BESIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
LINK = re.compile(r"(?<=\]\()([^)\s#]+)(?=#[^)\s]*\)|\))")


def on_files(files: Any, config: Any) -> Any:
    """Adds the pages beside `docs/`, and the files that any page links to."""
    from mkdocs.structure.files import File

    for source, place in BESIDE.items():
        files.append(File.generated(config, place, content=(ROOT / source).read_text("utf-8")))
    for source in sorted(linked_files()):
        files.append(File.generated(config, source, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Leads a page's links to their places on the site."""
    return with_site_links(markdown, page.file.src_uri)


def with_site_links(markdown: str, place: str) -> str:
    """Returns a page with its links as they have to be on the site.

    Args:
        markdown: as it is in the repository.
        place: of the page on the site, such as `runtimes/kokoro.md`.
    """
    source = next((one for one, to in BESIDE.items() if to == place), f"{DOCS}/{place}")

    def lead(match: "re.Match[str]") -> str:
        found = _in_repository(match[1], source)
        if found is None:
            return match[1]
        return posixpath.relpath(_on_site(found), posixpath.dirname(place) or ".")

    return LINK.sub(lead, markdown)


def linked_files() -> set[str]:
    """Returns what pages link to that is neither a page nor below `docs/`, from the root."""
    found = set()
    for source in _sources():
        for match in LINK.finditer((ROOT / source).read_text("utf-8")):
            path = _in_repository(match[1], source)
            if path is not None and path not in BESIDE and not path.startswith(f"{DOCS}/"):
                found.add(path)
    return found


def _sources() -> Iterator[str]:
    yield from BESIDE
    for path in (ROOT / DOCS).rglob("*.md"):
        yield path.relative_to(ROOT).as_posix()


def _in_repository(link: str, source: str) -> str | None:
    """Returns a link's file, from the root; None for an address, or where there is none."""
    if ":" in link or link.startswith("/"):
        return None
    path = posixpath.normpath(PurePosixPath(source).parent / link)
    return path if (ROOT / path).is_file() else None


def _on_site(path: str) -> str:
    return BESIDE.get(path, path.removeprefix(f"{DOCS}/"))
