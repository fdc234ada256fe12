"""What is kept of a run, as plain values, and the rules for names that become paths."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeGuard, get_args

from kvoicewalk.errors import StoreError
from kvoicewalk.store.files import from_json
from kvoicewalk.store.lock import is_held
from kvoicewalk.voices.names import NAME_BYTES_MAX, is_file_name

RunStatus = Literal["running", "done", "interrupted", "failed"]
EndStatus = Literal["done", "interrupted", "failed"]
STATUSES: tuple[RunStatus, ...] = get_args(RunStatus)

# One order of columns for writing and for reading, see `read_record` and `read_row`.
INSERT_RUN = """
    INSERT INTO runs (run_id, command, target, model, status, started_at, finished_at,
        config, result, note)
    VALUES (?, ?, ?, ?, 'running', ?, NULL, ?, NULL, '')
"""
SELECT_RUNS = """
    SELECT run_id, command, target, model, status, started_at, finished_at,
        config, result, note
    FROM runs ORDER BY started_at DESC, rowid DESC
"""
SELECT_ROWS = """
    SELECT position, name, payload FROM rows
    WHERE run_id = ? AND kind = ? ORDER BY position, rowid
"""

SLUG_LENGTH_MAX = 40
_RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,199}")

PLAN = "plan"
"""Kind of the rows that hold what a run began with; see `Run.plan`."""


@dataclass(frozen=True)
class RunRecord:
    """One run as the database knows it.

    Attributes:
        run_id: name of its folder, for example "20260131-142500-rank-lighthouse".
        folder: its folder; may be gone (see `note`).
        command: name of the kvw command.
        target: the target's name as given.
        model: text identity of the model, for example "mini@0123456789ab".
        status: "running" only while the process that owns the run lives.
        started_at: ISO 8601 in UTC.
        finished_at: ISO 8601 in UTC; None while it runs or if it was cut off.
        config: the resolved configuration.
        result: what the command concluded; None before.
        note: what the reader should know; "" for nothing.
    """

    run_id: str
    folder: Path
    command: str
    target: str
    model: str
    status: RunStatus
    started_at: str
    finished_at: str | None
    config: dict[str, object]
    result: dict[str, object] | None
    note: str


@dataclass(frozen=True)
class RunRow:
    """One named entry of a run, for example the scores of one voice.

    Attributes:
        position: place in the order of its kind, from 0.
        name: unique within run and kind.
        payload: its values.
    """

    position: int
    name: str
    payload: dict[str, object]


def slug(text: str) -> str:
    """Turns any text into a part of a folder name: [a-z0-9] and single inner hyphens.

    At most 40 characters, never empty; letters of other scripts are left out.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    hyphened = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return hyphened[:SLUG_LENGTH_MAX].rstrip("-") or "target"


def is_run_id(value: object) -> TypeGuard[str]:
    """Tells whether a value can name a run's folder: one plain path part, nothing else."""
    return isinstance(value, str) and _RUN_ID.fullmatch(value) is not None


def run_folder(out_dir: Path, run_id: object) -> Path:
    """Returns the folder of a run; it lies in `out_dir` whatever a database says.

    Raises:
        StoreError: the value is no name of a run.
    """
    if not is_run_id(run_id):
        raise StoreError(f"{out_dir}: {str(run_id)[:80]!a} is no name of a run; left out")
    return out_dir / run_id


def read_record(out_dir: Path, fields: tuple[object, ...]) -> RunRecord:
    """Checks what `SELECT_RUNS` gives and corrects its status by what is really there.

    Args:
        out_dir: where the runs' folders lie.
        fields: as the database gives them.

    Raises:
        StoreError: a field makes no sense.
    """
    folder = run_folder(out_dir, fields[0])
    what = f"{out_dir}: run {folder.name}"
    command, target, model, status, started_at, finished_at, config, result, note = fields[1:]
    texts = (command, target, model, started_at, note)
    if status not in STATUSES or not all(isinstance(text, str) for text in texts):
        raise StoreError(f"{what}: its entry is damaged; left out")
    live_status, live_note = _live(status, str(note), folder)
    return RunRecord(
        run_id=folder.name,
        folder=folder,
        command=str(command),
        target=str(target),
        model=str(model),
        status=live_status,
        started_at=str(started_at),
        finished_at=finished_at if isinstance(finished_at, str) else None,
        config=_parsed(config, f"{what}: its config"),
        result=None if result is None else _parsed(result, f"{what}: its result"),
        note=live_note,
    )


def read_row(what: str, fields: tuple[object, ...]) -> RunRow:
    """Checks what `SELECT_ROWS` gives.

    Args:
        what: which run and kind, for messages.
        fields: as the database gives them.

    Raises:
        StoreError: a field makes no sense.
    """
    position, name, payload = fields
    if not isinstance(position, int) or not isinstance(name, str):
        raise StoreError(f"{what} has a damaged row; start the run anew")
    return RunRow(position, name, _parsed(payload, f"{what}: {name!a}"))


def check_file_name(name: str) -> str:
    """Returns a voice's name if it can be a file's name on every system.

    Raises:
        StoreError: it is empty, too long or reserved, or has a character that leads elsewhere.
    """
    if not is_file_name(name):
        raise StoreError(
            f"the voice name {name[:80]!a} cannot be a file name; expected 1 to "
            f'{NAME_BYTES_MAX} bytes, no leading dot, none of / \\ : * ? " < > |'
        )
    return name


def _live(status: RunStatus, note: str, folder: Path) -> tuple[RunStatus, str]:
    # A process that was killed wrote no ending.
    notes = [note] if note else []
    if not folder.is_dir():
        notes.append("its folder is gone")
    if status == "running":
        held = is_held(folder)
        if held is False:
            status = "interrupted"
            notes.append("its process ended without a word")
        elif held is None:
            notes.append("whether it still runs cannot be told here")
    return status, "; ".join(notes)


def _parsed(text: object, what: str) -> dict[str, object]:
    if not isinstance(text, str):
        raise StoreError(f"{what} is damaged; left out")
    try:
        return from_json(text)
    except StoreError as error:
        raise StoreError(f"{what} is damaged: {error}") from error
