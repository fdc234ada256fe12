"""Errors of the system, each named as what it is."""

import errno
import shutil
import tempfile

import pytest

from kvoicewalk.cli.reasons import reason_of


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_noexec_temporary_folder_is_named(temporary):
    library = temporary / "libespeak-ng.so"
    told = reason_of(OSError(f"{library}: failed to map segment from shared object"))
    assert f"temporary folder {temporary} lets no program run" in told
    assert "TMPDIR" in told


def test_a_full_temporary_folder_is_named(temporary):
    copy = str(temporary / "one" / "libespeak-ng.so")
    told = reason_of(OSError(errno.ENOSPC, "No space left", "/env/libespeak-ng.so", None, copy))
    assert f"temporary folder {temporary} is full" in told
    assert "TMPDIR" in told


def test_a_full_folder_elsewhere_is_named(temporary):
    told = reason_of(OSError(errno.ENOSPC, "No space left", "/data/out/best.wav"))
    if shutil.disk_usage(temporary).free > 4_000_000:
        assert told == "/data/out/best.wav: No space left; check the place and its free space."


def test_no_temporary_folder_at_all():
    told = reason_of(FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"))
    assert "set TMPDIR" in told
