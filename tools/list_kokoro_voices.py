"""Writes the hashes of Kokoro-82M's stock voices, by which `kvw` knows them again.

python -m tools.list_kokoro_voices [../shared/data/kokoro-voices]
"""

import argparse
import json
from pathlib import Path

from kvoicewalk.models.known import HASHES_PATH
from kvoicewalk.voices import VoiceLibrary

FOLDER = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "kokoro-voices"


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    library = VoiceLibrary.open(parser.parse_args().folder)
    hashes = {voice.name: voice.hash for voice in library.load_all()}
    HASHES_PATH.write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")
    print(f"{len(hashes)} voices in {HASHES_PATH}")


if __name__ == "__main__":
    main()
