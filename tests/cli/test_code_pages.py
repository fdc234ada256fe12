"""Whatever a terminal can show, nothing that is printed can fail to encode."""

import io
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

CODE_PAGES = ("ascii", "cp1252", "cp437", "cp850", "cp866", "cp932", "cp936", "cp1251")


def kvw(*arguments, encoding, cwd):
    return subprocess.run(
        [sys.executable, "-m", "kvoicewalk", *map(str, arguments)],
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
    )


@given(st.text(), st.sampled_from(CODE_PAGES))
def test_any_text_can_be_encoded(text, code_page):
    from kvoicewalk.cli.streams import HANDLER

    assert text.encode(code_page, HANDLER).decode(code_page) is not None


def test_signs_are_shown_by_plain_ones_and_names_exactly():
    from kvoicewalk.cli.streams import HANDLER

    shown = "Hello → həlˈO · 3 ± 1 … −5".encode("ascii", HANDLER).decode()
    assert shown == "Hello -> h\\u0259l\\u02c8O . 3 +/- 1 ... -5"
    assert "Größe\udce9.wav".encode("ascii", HANDLER) == b"Gr\\xf6\\xdfe\\udce9.wav"


@pytest.mark.parametrize("code_page", ["ascii", "cp932"])
def test_a_table_is_not_lost(code_page):
    from kvoicewalk.cli.output import Output
    from kvoicewalk.cli.streams import make_printable

    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=code_page)
    make_printable(stream)
    output = Output(stdout=Console(file=stream), stderr=Console(file=stream))
    output.show({}, "0.85 ± 0.01 · 12 → 3")
    output.note("loading …")
    stream.flush()
    assert b"0.85 +/- 0.01" in raw.getvalue().replace("±".encode("cp932"), b"+/-")


@pytest.mark.parametrize("code_page", ["ascii", "cp1252"])
def test_commands_in_a_code_page(code_page, tmp_path):
    done = kvw("doctor", encoding=code_page, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"phonemes" in done.stdout
    assert b"Error" not in done.stderr
    done = kvw("speak", "af_nichts→", "Hi", "--model", "mini", encoding=code_page, cwd=tmp_path)
    assert done.returncode == 1
    assert b"af_nichts->" in done.stderr
    assert b"UnicodeEncodeError" not in done.stderr


def test_json_stays_json_with_exact_names(tmp_path):
    done = kvw(
        *("speak", "af_alder", "Hi.", "--model", "mini", "--wav", "Größe→.wav", "--json"),
        encoding="ascii", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("ascii"))["wav_path"] == "Größe→.wav"
    assert (tmp_path / "Größe→.wav").is_file()
