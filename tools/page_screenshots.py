"""Takes the pictures of a listening page that docs/page.md shows.

Needs the development tools and a Chromium:

    kvw clone examples/target.wav --text-file examples/target.txt --model mini --minutes 2
    python -m tools.page_screenshots out/<run>/report.html docs/
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURES = (
    ("page-light.png", 1280, 1000, "light"),
    ("page-dark.png", 375, 812, "dark"),
)


def main() -> None:
    """Reads the arguments and takes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path, help="a run's report.html")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--whole", action="store_true", help="the whole page, not its first screen")
    arguments = parser.parse_args()
    take_pictures(arguments.page, arguments.folder, is_whole=arguments.whole)


def take_pictures(page_path: Path, folder: Path, *, is_whole: bool = False) -> None:
    """Writes the pictures of a page into a folder: light and wide, dark and narrow."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, width, height, scheme in PICTURES:
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.goto(page_path.resolve().as_uri())
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / name, full_page=is_whole)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
