"""Any code page, any terminal: nothing that is printed fails to encode."""

import codecs
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvoicewalk.cli.streams import HANDLER, write_plainly

CODE_PAGES = ("ascii", "cp1252", "cp437", "cp850", "cp866", "cp932", "cp936", "latin-1", "utf-8")
codecs.register_error(HANDLER, write_plainly)


def kvw(encoding, *arguments, **more):
    done = subprocess.run(
        [sys.executable, "-m", "kvoicewalk", *arguments],
        env={**os.environ, "PYTHONIOENCODING": encoding, **more}, capture_output=True,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr.decode(encoding, "replace")


@given(st.text(st.characters(exclude_categories=())), st.sampled_from((*CODE_PAGES, "utf-16")))
def test_any_text_is_encoded_in_any_code_page(text, encoding):
    written = text.encode(encoding, HANDLER)
    try:
        assert written == text.encode(encoding)
    except UnicodeEncodeError:
        assert written


def test_signs_have_plain_twins():
    assert (
        "Hello → 0.91 ± 0.02 · −3 …".encode("ascii", HANDLER) == b"Hello -> 0.91 +/- 0.02 . -3 ..."
    )
    assert "é".encode("ascii", HANDLER) == b"\\xe9"
    assert "Gr\udcf6ße".encode("utf-8", HANDLER) == b"Gr\xf6\xc3\x9fe"


@pytest.mark.parametrize("encoding", ["ascii", "cp932"])
def test_doctor_ends_with_its_table(encoding):
    code, stdout, stderr = kvw(encoding, "doctor")
    assert (code, stderr) == (0, "")
    assert "Hello -> " in stdout.decode(encoding) or "Hello → " in stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_name_is_read_back_from_json(encoding, tmp_path):
    path = tmp_path / "Größe 録音.wav"
    code, stdout, stderr = kvw(encoding, "speak", "am_ash", "Hi.", "--wav", str(path), "--json")
    assert code == 0, stderr
    assert json.loads(stdout.decode("ascii"))["wav_path"] == str(path)
    assert path.is_file()


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp932", "utf-8"])
def test_errors_and_paths_with_odd_names(encoding):
    code, stdout, stderr = kvw(encoding, "rank", "Größe → \U0001f600.wav", "-q")
    assert (code, stdout) == (1, b"")
    assert stderr.startswith("Error: ")
    assert stderr.count("\n") == 1
    assert "internal error" not in stderr
