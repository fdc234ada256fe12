"""Long tables as JSON lines: one a finished case, so that they can be stopped and called again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Yields what is finished; nothing where the file is not there yet."""
    if path.is_file():
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def append_record(path: Path, record: dict[str, Any]) -> None:
    """Adds a finished case."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
