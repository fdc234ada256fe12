"""Zip files, which `.pt` and `.npz` are: what is in them, and what they unpack to."""

import io
import zipfile

from kvoicewalk.errors import VoiceError

MAGIC = b"PK\x03\x04"


def is_zip(data: bytes) -> bool:
    """Tells whether it is a whole zip file."""
    try:
        return data.startswith(MAGIC) and zipfile.is_zipfile(io.BytesIO(data))
    except zipfile.BadZipFile:  # of several disks
        return False


def names_in_zip(data: bytes) -> list[str]:
    """Returns the names of its members; [] for a damaged one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return []


def refuse_bomb(data: bytes, where: str, max_bytes: int) -> None:
    """Checks what a zip file unpacks to.

    Raises:
        VoiceError: far more than voices need.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > max_bytes:
            raise VoiceError(f"{where} unpacks to far more than a voice; it was not opened.")
