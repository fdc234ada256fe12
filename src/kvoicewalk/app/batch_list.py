"""What `clone --batch` is to imitate: a table of recordings, or a folder of speakers."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kvoicewalk.errors import ConfigError

MAX_LIST_BYTES = 10_000_000
MAX_TARGETS = 100_000
COLUMNS = ("speaker", "path", "words")
SOUND_BYTES = 64


@dataclass(frozen=True)
class BatchTarget:
    """One speaker of a batch.

    Attributes:
        name: unique in its batch, whatever its case.
        paths: recordings.
        words: what the only recording says; None where that is not known.
    """

    name: str
    paths: tuple[Path, ...]
    words: str | None = None


def read_batch(path: Path) -> list[BatchTarget]:
    """Reads a list of targets.

    Args:
        path: a table with a head (`speaker,path,words`; commas, semicolons or tabs; several lines
            of one speaker are clips; paths count from the table's folder), or a folder, in which
            each recording is a speaker and each folder one with several recordings. The words of
            a recording may lie beside it: `anna.wav`, `anna.txt`.

    Raises:
        ConfigError: it cannot be read, a recording is not there, or nothing is.
    """
    try:
        found = _read_folder(path) if path.is_dir() else _read_table(path)
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}; name a table of recordings or a folder."
        ) from error
    if not found:
        raise ConfigError(f"{path} names no recording.")
    if len(found) > MAX_TARGETS:
        raise ConfigError(f"{path} names {len(found)} speakers; {MAX_TARGETS} are the most.")
    known: dict[tuple[Path, ...], str] = {}
    for one in found:
        other = known.setdefault(one.paths, one.name)
        if other != one.name:
            raise ConfigError(
                f"{path}: {other} and {one.name} have the same recording; leave one of them out."
            )
    return found


def _read_folder(folder: Path) -> list[BatchTarget]:
    targets = []
    for one in sorted(folder.iterdir()):
        if one.name.startswith("."):
            continue
        if one.is_dir():
            clips = tuple(path.absolute() for path in sorted(one.iterdir()) if _is_sound(path))
            if clips:
                targets.append(BatchTarget(one.name, clips))
        elif _is_sound(one):
            beside = one.with_suffix(".txt")
            words = _read_text(beside).strip() if beside.is_file() else None
            targets.append(BatchTarget(one.stem, (one.absolute(),), words or None))
    names = [target.name.casefold() for target in targets]
    twice = next((one for one in targets if names.count(one.name.casefold()) > 1), None)
    if twice is not None:
        raise ConfigError(f"{folder} holds {twice.name} twice; give one of them another name.")
    return targets


def _is_sound(path: Path) -> bool:
    from kvoicewalk.voices import is_sound

    if not path.is_file():
        return False
    with path.open("rb") as file:
        return is_sound(file.read(SOUND_BYTES))


def _read_text(path: Path) -> str:
    from kvoicewalk.voices import is_sound

    if path.stat().st_size > MAX_LIST_BYTES:
        raise ConfigError(f"{path} is larger than {MAX_LIST_BYTES // 1_000_000} MB.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        with path.open("rb") as file:
            is_recording = is_sound(file.read(SOUND_BYTES))
        if is_recording:
            raise ConfigError(
                f"{path} is a recording; a batch wants a table of recordings or a folder."
            ) from error
        raise ConfigError(f"{path} is no UTF-8 text; save the table as UTF-8.") from error


def _read_table(path: Path) -> list[BatchTarget]:
    lines = _read_text(path).splitlines()
    head = lines[0] if lines else ""
    delimiter = max(",;\t", key=head.count)
    rows = csv.DictReader(lines, delimiter=delimiter, restkey="more")
    names = [str(name).strip().lower() for name in rows.fieldnames or ()]
    if not {"speaker", "path"} <= set(names):
        raise ConfigError(
            f"{path} is no list of targets: its first line must name the columns speaker and path "
            "(and words, where they are known)."
        )
    unknown = sorted(set(names) - set(COLUMNS))
    if unknown:
        raise ConfigError(f"{path} has a column {unknown[0]!r}; known: {', '.join(COLUMNS)}.")
    rows.fieldnames = names
    by_name: dict[str, list[tuple[str, Path, str]]] = {}
    try:
        for speaker, recording, words in _rows(rows, path):
            by_name.setdefault(speaker.casefold(), []).append((speaker, recording, words))
    except csv.Error as error:
        raise ConfigError(f"{path} cannot be read as a table ({error}).") from error
    return [
        BatchTarget(
            found[0][0],
            tuple(recording for _, recording, _ in found),
            (found[0][2] or None) if len(found) == 1 else None,
        )
        for found in by_name.values()
    ]


def _rows(rows: "csv.DictReader[str]", path: Path) -> Iterator[tuple[str, Path, str]]:
    for row in rows:
        where = f"{path}, line {rows.line_num}"
        values = {key: (value or "").strip() for key, value in row.items() if key in COLUMNS}
        if "more" in row:
            raise ConfigError(f"{where} has more cells than the head.")
        if not any(values.values()):
            continue
        if not values["speaker"] or not values["path"]:
            raise ConfigError(f"{where} lacks its speaker or its path.")
        recording = (path.parent / Path(values["path"]).expanduser()).absolute()
        if not recording.is_file():
            raise ConfigError(f"{where}: {recording} is not there.")
        yield values["speaker"], recording, values.get("words", "")
