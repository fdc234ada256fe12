"""A file seen through a window: from one byte to another, some of them replaced."""

import io
from collections.abc import Mapping
from typing import Protocol


class Bytes(Protocol):
    """A file's bytes, from any place."""

    def seek(self, offset: int, whence: int = ..., /) -> int:
        """Moves to a place and returns it."""
        ...

    def read(self, size: int = ..., /) -> bytes:
        """Returns so many bytes, fewer at the end."""
        ...


class View(io.RawIOBase):
    """A part of a file as a file of its own, without a name.

    A name would let a decoder guess the format from it, or open the file by itself.
    """

    def __init__(
        self, file: Bytes, start: int, end: int, patches: Mapping[int, bytes] | None = None
    ) -> None:
        """Makes a view.

        Args:
            file: stays open as long as the view is used; its position is moved.
            start: first byte.
            end: byte after the last.
            patches: bytes to be seen instead, by their place in the file.
        """
        self._file, self._start, self._end = file, start, end
        self._patches = dict(patches or {})
        self._at = start

    def readable(self) -> bool:
        """Returns True."""
        return True

    def seekable(self) -> bool:
        """Returns True."""
        return True

    def tell(self) -> int:
        """Returns the place from the view's beginning."""
        return self._at - self._start

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves to a place and returns it; one before the beginning is refused."""
        base = {io.SEEK_SET: self._start, io.SEEK_CUR: self._at, io.SEEK_END: self._end}[whence]
        if base + offset < self._start:
            raise ValueError("a place before the beginning")
        self._at = base + offset
        return self.tell()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills a buffer as far as the view goes; returns the number of bytes."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Returns so many bytes, fewer at the end, all that are left for a negative size."""
        left = max(self._end - self._at, 0)
        self._file.seek(self._at)
        data = bytearray(self._file.read(left if size < 0 else min(size, left)))
        for place, patch in self._patches.items():
            for i, value in enumerate(patch, place - self._at):
                if 0 <= i < len(data):
                    data[i] = value
        self._at += len(data)
        return bytes(data)
