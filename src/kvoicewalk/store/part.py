"""A long speech while it grows: its sound and a journal, in a folder beside the file to be.

    book.mp3.part/speech.wav      what is spoken so far; it can be listened to
    book.mp3.part/journal.jsonl   what makes it, then a line for each piece that is whole

The journal is written after the sound. Whatever happens, sound behind its last line is cut off and
spoken again, so that a speech which was broken off comes out as one that was not.
"""

import contextlib
import hashlib
import json
import os
import shutil
import struct
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from kvoicewalk.atomic import sync_folder
from kvoicewalk.errors import Setting, StoreError
from kvoicewalk.store.files import reason_of
from kvoicewalk.store.lock import LOCK_NAME, RunLock, is_held

if TYPE_CHECKING:
    from kvoicewalk.sound.writers import FormatName, Pcm

SUFFIX = ".part"
SOUND_NAME, JOURNAL_NAME = "speech.wav", "journal.jsonl"
LAYOUT = 1
MARK = b'{"layout": '  # what every journal begins with
HEADER_BYTES = 44
MAX_HEADER_BYTES = 2**32 - 2**12  # what it can say; more is there all the same
MAX_LINE_BYTES = 4096
BLOCK_SAMPLES = 1 << 16
MAX_NAME_BYTES = 200


@dataclass(frozen=True)
class Progress:
    """How much of a speech is there.

    Attributes:
        n_pieces: that are spoken whole.
        n_chunks: that these were spoken in; the next one's noise depends on it.
        n_samples: of sound.
    """

    n_pieces: int = 0
    n_chunks: int = 0
    n_samples: int = 0


class SpeechPart:
    """The beginning of a speech on disk, held by this process alone.

    Attributes:
        folder: where it lies.
        progress: what is there.
    """

    def __init__(
        self, path: Path, key: Mapping[str, str], sample_rate_hz: int, *, is_fresh: bool = False
    ) -> None:
        """Goes on with what an earlier call left for the same key, or begins.

        Args:
            path: the file to be.
            key: all that decides the sound, by what it is called for people.
            sample_rate_hz: of the sound.
            is_fresh: True drops what an earlier call left.

        Raises:
            StoreError: what is there is the beginning of another speech, or no such thing, another
                process works on it, or the place cannot be written.
        """
        self.folder = part_folder(path)
        self._path, self._rate_hz = path, sample_rate_hz
        self._sound_path = self.folder / SOUND_NAME
        self._journal_path = self.folder / JOURNAL_NAME
        self._open = contextlib.ExitStack()
        with self._failing_at(self.folder), contextlib.ExitStack() as on_failure:
            on_failure.callback(self._open.close)
            self._take_folder()
            if is_fresh:
                self._remove_files()
            found = self._read_journal(dict(key))
            self.progress = found or Progress()
            # The journal comes first: sound without one is somebody's own.
            self._journal = self._open_file(self._journal_path)
            if found is None:
                self._journal.truncate(0)
                self._write_line({"layout": LAYOUT, **key})
            self._sound = self._open_file(self._sound_path)
            self._cut()
            on_failure.pop_all()

    def __enter__(self) -> "SpeechPart":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Lets go of it; where nothing was spoken yet, nothing stays."""
        with contextlib.suppress(OSError):  # of a full disk, again; the first one said so
            self._open.close()
        if self.progress.n_pieces == 0:
            self._remove()

    @property
    def duration_s(self) -> float:
        """Seconds that are there."""
        return self.progress.n_samples / self._rate_hz

    def append(self, pcm: "Pcm", n_chunks: int) -> None:
        """Writes one more piece; it is on disk when this returns.

        Args:
            pcm: int16 (n_samples,); empty for a piece without sound.
            n_chunks: that it was spoken in.

        Raises:
            StoreError: writing failed; what was there before still is.
        """
        done = self.progress
        done = Progress(done.n_pieces + 1, done.n_chunks + n_chunks, done.n_samples + len(pcm))
        with self._failing_at(self._sound_path):
            if pcm.size:
                self._sound.seek(HEADER_BYTES + 2 * self.progress.n_samples)
                self._sound.write(pcm.astype("<i2").tobytes())
                self._write_header(done.n_samples)
                _sync(self._sound)
            self._write_line(asdict(done))
        self.progress = done

    def finish(self, format: "FormatName") -> None:
        """Makes the file of the whole sound, and removes the rest.

        Raises:
            AudioError: the file cannot be written.
            StoreError: the folder cannot be read any more.
        """
        from kvoicewalk.audio import write_pcm
        from kvoicewalk.sound.writers import MAX_WAV_BYTES

        n_samples = self.progress.n_samples
        with self._failing_at(self.folder):
            if format == "wav" and 2 * n_samples <= MAX_WAV_BYTES:
                self._sound.close()
                self._sound_path.replace(self._path)
                sync_folder(self._path.parent)
            else:
                write_pcm(self._path, self._blocks(), self._rate_hz, format, n_samples)
            self._open.close()
        self._remove()
        self.progress = Progress()

    def _take_folder(self) -> None:
        if self.folder.is_symlink() or (self.folder.exists() and not self._is_ours()):
            raise StoreError(
                f"{self.folder} is there, and holds no speech that was broken off; move it away."
            )
        if is_held(self.folder):
            raise StoreError(f"another process is speaking into {self.folder}; wait for it.")
        self.folder.mkdir(exist_ok=True)
        self._open.callback(RunLock(self.folder).release)

    def _is_ours(self) -> bool:
        names = {entry.name for entry in self.folder.iterdir()} if self.folder.is_dir() else {""}
        is_known = names <= {SOUND_NAME, JOURNAL_NAME, LOCK_NAME}
        return is_known and (JOURNAL_NAME in names or SOUND_NAME not in names)

    def _open_file(self, path: Path) -> BinaryIO:
        if path.is_symlink():
            raise StoreError(f"{path} is a link; remove {self.folder}.")
        return self._open.enter_context(path.open("r+b" if path.exists() else "x+b"))

    def _read_journal(self, key: dict[str, str]) -> Progress | None:
        """Returns how far an earlier call came with the same key; None where there was none."""
        with contextlib.closing(self._journal_lines()) as lines:
            earlier = next(lines, None)
            if earlier is None:
                return None
            if earlier.get("layout") != LAYOUT:
                raise self._damaged()
            self._refuse_another(earlier, key)
            found, n_there = Progress(), self._n_samples_there()
            for line in lines:
                step = _progress(line)
                if step is None or not _follows(step, found) or step.n_samples > n_there:
                    break
                found = step
        return found

    def _refuse_another(self, earlier: dict[str, object], key: dict[str, str]) -> None:
        others = [name for name in key if earlier.get(name) != key[name]]
        if others:
            raise StoreError(
                f"{self.folder} holds the beginning of another speech (not the same: "
                f"{', '.join(others)}); call it as before, or begin anew with ",
                Setting("restart", True),
                ".",
            )

    def _damaged(self) -> StoreError:
        return StoreError(f"{self._journal_path} is damaged; move {self.folder} away.")

    def _journal_lines(self) -> Generator[dict[str, object], None, None]:
        """Yields the whole lines; the last one may have been broken off."""
        if not self._journal_path.is_file() or self._journal_path.is_symlink():
            return
        with self._journal_path.open("rb") as file:
            line = file.readline(MAX_LINE_BYTES)
            if not line.startswith(MARK[: len(line)]):
                raise self._damaged()
            while line.endswith(b"\n"):
                data = _parsed(line)
                if data is None:
                    return
                yield data
                line = file.readline(MAX_LINE_BYTES)

    def _n_samples_there(self) -> int:
        if not self._sound_path.is_file():
            return 0
        return max(0, self._sound_path.stat().st_size - HEADER_BYTES) // 2

    def _cut(self) -> None:
        """Drops sound and lines behind the last whole piece."""
        self._write_header(self.progress.n_samples)
        self._sound.truncate(HEADER_BYTES + 2 * self.progress.n_samples)
        self._journal.seek(0)
        for _ in range(1 + self.progress.n_pieces):
            self._journal.readline(MAX_LINE_BYTES)
        self._journal.truncate(self._journal.tell())

    def _write_line(self, data: Mapping[str, object]) -> None:
        self._journal.seek(0, os.SEEK_END)
        self._journal.write(json.dumps(data).encode("ascii") + b"\n")
        _sync(self._journal)

    def _write_header(self, n_samples: int) -> None:
        n_bytes = min(2 * n_samples, MAX_HEADER_BYTES)
        rate_hz = self._rate_hz
        header = b"RIFF" + struct.pack("<I", n_bytes + HEADER_BYTES - 8) + b"WAVEfmt "
        header += struct.pack("<IHHIIHH", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16)
        self._sound.seek(0)
        self._sound.write(header + b"data" + struct.pack("<I", n_bytes))

    def _blocks(self) -> "Iterator[Pcm]":
        self._sound.seek(HEADER_BYTES)
        n_left = self.progress.n_samples
        while n_left > 0:
            data = self._sound.read(2 * min(n_left, BLOCK_SAMPLES))
            if len(data) < 2:
                raise OSError(f"{self._sound_path} is shorter than it was")
            block = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int16)
            n_left -= block.size
            yield block

    def _remove_files(self) -> None:
        for name in (SOUND_NAME, JOURNAL_NAME):  # in this order, see `_is_ours`
            (self.folder / name).unlink(missing_ok=True)

    def _remove(self) -> None:
        if self._is_ours():
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def _failing_at(self, place: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"{place} cannot be written ({reason_of(error)}); what was spoken is kept. "
                "Check the place and its free space, then call the same again."
            ) from error


def part_folder(path: Path) -> Path:
    """Returns where the beginning of a speech lies until it is whole."""
    name = path.name
    if len(os.fsencode(name)) > MAX_NAME_BYTES:
        digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:12]
        name = f"{name[:40]}~{digest}"
    return path.with_name(name + SUFFIX)


def _parsed(line: bytes) -> dict[str, object] | None:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _progress(line: Mapping[str, object]) -> Progress | None:
    values = [line.get(name) for name in ("n_pieces", "n_chunks", "n_samples")]
    whole = [value for value in values if isinstance(value, int) and value >= 0]
    return Progress(*whole) if len(whole) == len(values) else None


def _follows(step: Progress, before: Progress) -> bool:
    is_next = step.n_pieces == before.n_pieces + 1
    return is_next and step.n_chunks >= before.n_chunks and step.n_samples >= before.n_samples


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
