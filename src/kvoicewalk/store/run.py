"""One run while it works: its folder, its rows, its voices and how it ended."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from kvoicewalk.errors import Call, KvwError, StoreError
from kvoicewalk.store.files import reason_of, to_json, write_json_atomic
from kvoicewalk.store.lock import RunLock
from kvoicewalk.store.records import PLAN, EndStatus, RunRow, check_file_name

if TYPE_CHECKING:
    from kvoicewalk.audio import Utterance
    from kvoicewalk.voices import Voice

NewRow = tuple[str, str, str, int | None]
"""kind, name, payload as JSON text, position or None for its old place or the end."""


IMPROVEMENT = "improvement"
"""Kind of the rows that tell which files `save_improvement` wrote, and which it dropped."""


class RunTables(Protocol):
    """What a run needs of the database it stands in."""

    def put_rows(self, run_id: str, rows: list[NewRow]) -> None:
        """Inserts or overwrites rows in one transaction."""

    def rows(self, run_id: str, kind: str) -> tuple[RunRow, ...]:
        """Returns all rows of a kind, in the order of their positions."""

    def planned(self, run_id: str, name: str) -> dict[str, object] | None:
        """Returns what a run wrote down of its plan under a name, None for nothing."""

    def end_run(self, run_id: str, status: EndStatus, result: str | None, note: str) -> None:
        """Writes down how a run ended."""


class Run:
    """A run that this process works on; `RunStore.start` and `open_run` make it.

    As a context manager it ends the run by itself where `finish` was not called: as
    "interrupted" by Ctrl-C or when nothing was concluded, as "failed" by any other error.
    What was put stays, also when the process is killed.

    Attributes:
        run_id: name of the run, the same as its folder's.
        folder: where its files lie.
    """

    def __init__(self, run_id: str, folder: Path, tables: RunTables, lock: RunLock) -> None:
        """Wraps a run whose row exists and whose lock is held."""
        self.run_id = run_id
        self.folder = folder
        self._tables = tables
        self._lock = lock
        self._is_open = True
        self._batch: list[NewRow] | None = None

    def __enter__(self) -> "Run":
        """Returns the run itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the run if `finish` was not called."""
        if not self._is_open:
            return
        if error is None:
            self.finish("interrupted")
            return
        words = str(error) if isinstance(error, KvwError) else f"{type(error).__name__}: {error}"
        try:
            if isinstance(error, Exception):
                self.finish("failed", note=words)
            else:
                self.finish("interrupted")
        except StoreError:
            # The first error says more than a full disk met while writing it down.
            self._lock.release()

    def put(
        self, kind: str, name: str, payload: Mapping[str, object], position: int | None = None
    ) -> None:
        """Writes one row, over the row of the same kind and name if there is one.

        Outside `batch` it is on disk when this returns.

        Args:
            kind: what sort of row, for example "voice".
            name: unique within the kind.
            payload: plain values, see `to_json`.
            position: place in the order; None keeps the old place, or takes the end.

        Raises:
            StoreError: the run is finished, the payload is no JSON, or writing failed.
        """
        self._check_open()
        row = (kind, name, to_json(dict(payload)), position)
        if self._batch is None:
            self._tables.put_rows(self.run_id, [row])
        else:
            self._batch.append(row)

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """Writes all rows put inside in one transaction at the end, or none on an error.

        No lock is held meanwhile, so a batch may take as long as it likes; `rows` does not
        see it yet. A batch within a batch joins the outer one.
        """
        if self._batch is not None:
            yield
            return
        pending: list[NewRow] = []
        self._batch = pending
        try:
            yield
        finally:
            self._batch = None
        self._check_open()
        self._tables.put_rows(self.run_id, pending)

    def rows(self, kind: str) -> tuple[RunRow, ...]:
        """Returns all rows of a kind, in the order of their positions.

        Raises:
            StoreError: a row is damaged or the database cannot be read.
        """
        return self._tables.rows(self.run_id, kind)

    def plan(self, name: str, payload: Mapping[str, object]) -> None:
        """Writes down a part of the run's plan: what going on with it must find as it was.

        Raises:
            StoreError: see `put`.
        """
        self.put(PLAN, name, payload)

    def planned(self, name: str) -> dict[str, object] | None:
        """Returns what `plan` wrote down under a name, None for nothing.

        Raises:
            StoreError: see `rows`.
        """
        return self._tables.planned(self.run_id, name)

    def save_voice(self, voice: "Voice", sidecar: Mapping[str, object]) -> Path:
        """Writes `voices/<name>.pt` and `voices/<name>.kvw.json`; returns the voice's path.

        Raises:
            StoreError: the name cannot be a file's, or writing failed.
            VoiceError: the voice file could not be written.
        """
        self._check_open()
        folder = self.folder / "voices"
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} cannot be made ({reason_of(error)})") from error
        path = folder / f"{check_file_name(voice.name)}.pt"
        _write_voice(path, voice, sidecar)
        return path

    def save_best(
        self, voice: "Voice", utterance: "Utterance", sidecar: Mapping[str, object] | None = None
    ) -> Path:
        """Writes `best.pt`, `best.wav` and, with a sidecar, `best.kvw.json`; returns its path.

        The names stay the same from improvement to improvement; each file is replaced whole.

        Raises:
            StoreError: the run is finished or the sidecar could not be written.
            VoiceError: the voice file could not be written.
            AudioError: the wav could not be written.
        """
        # torch and the audio libraries load only where a file of theirs is written.
        from kvoicewalk.audio import write_wav

        self._check_open()
        path = self.folder / "best.pt"
        _write_voice(path, voice, sidecar)  # first: the wav can be made again, the voice not
        write_wav(path.with_suffix(".wav"), utterance)
        return path

    def save_improvement(
        self, voice: "Voice", utterance: "Utterance", sidecar: Mapping[str, object], n_kept: int
    ) -> Path:
        """Writes `voices/<name>.pt`, `.kvw.json` and `.wav`, and drops all but the last `n_kept`.

        The order of names is the order of age, as in `step-000042`. Only what earlier calls
        wrote is dropped, also those before the run was taken up again; other files in the
        folder are somebody's own.

        Raises:
            StoreError: the name cannot be a file's, or writing failed.
            VoiceError: the voice file could not be written.
            AudioError: the wav could not be written.
        """
        from kvoicewalk.audio import write_wav

        path = self.save_voice(voice, sidecar)
        write_wav(path.with_suffix(".wav"), utterance)
        rows = self.rows(IMPROVEMENT)
        kept = {row.name for row in rows if row.payload.get("is_kept")} | {voice.name}
        dropped = sorted(kept)[:-n_kept]
        for name in dropped:
            for suffix in (".kvw.json", ".json", ".wav", ".pt"):  # .json: of earlier versions
                (path.parent / f"{check_file_name(name)}{suffix}").unlink(missing_ok=True)
        with self.batch():
            for name in (*dropped, voice.name):
                self.put(IMPROVEMENT, name, {"is_kept": name not in dropped})
        return path

    def finish(
        self, status: EndStatus, result: Mapping[str, object] | None = None, note: str = ""
    ) -> None:
        """Writes down how the run ended and gives its lock back.

        Args:
            status: "done", "interrupted" or "failed".
            result: what it concluded; None keeps what an earlier part of the run concluded.
            note: one line for the reader.

        Raises:
            StoreError: the run is finished already, or writing failed; then it stays open.
        """
        self._check_open()
        text = None if result is None else to_json(dict(result))
        self._tables.end_run(self.run_id, status, text, " ".join(note.split()))
        self._is_open = False
        self._lock.release()

    def _check_open(self) -> None:
        if not self._is_open:
            raise StoreError(
                f"run {self.run_id} is finished; '", Call("resume"), "' opens it again"
            )


def _write_voice(path: Path, voice: "Voice", sidecar: Mapping[str, object] | None) -> None:
    from kvoicewalk.voices import save_voice, sidecar_path

    save_voice(voice, path)
    if sidecar is not None:
        write_json_atomic(sidecar_path(path), dict(sidecar))
