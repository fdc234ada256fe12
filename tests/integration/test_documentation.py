"""Every example of README and docs: is such a command line, and does it run?

Each line of a `sh` block is parsed by the command itself; those of other programs are looked up.
What needs neither a network nor the kit of real weights is run, on the embedded model, page by page
in a folder that is laid out as the page has it. docs/api.md is run by tests/cli/test_api.py.
"""

import contextlib
import itertools
import json
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import shellingham
import soundfile
import typer
from typer.testing import CliRunner

from kvoicewalk.bundle import bundled_dir
from kvoicewalk.cli.app import app
from kvoicewalk.voices import Voice, load_voice, save_voice, save_voices
from tests.unit.runtimes.layouts import LAYOUTS

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KIT, HUB, IMPORTED = "~/.cache/kvoicewalk/real/", "kvw setup", "~/.cache/kvoicewalk/models/"
# What is only parsed, and why; a line that holds this.
ONLY_PARSED = {
    HUB: "needs a model hub, or kokoro-onnx's files of 0.3 GB",
    KIT: "needs the kit of real weights; tests/real runs on it",
    IMPORTED: "needs an imported model; tests/real/test_import.py makes one",
    "--executor ray": "needs a cluster; tests/integration/test_ray.py makes one",
    "--batch": "needs many recordings; tests/integration/test_batch.py has them",
}
# What begins so is another program's.
OTHERS = {
    "python3 -m venv": "tools/try_package.py does it",
    "v/bin/pip install": "tools/try_package.py does it",
    "pip install": "fetches packages",
    "uv tool install": "tools/try_package.py does it",
    "pipx install": "tools/try_package.py does it",
    "python -m spacy download": "fetches a model",
    "python -m mlx_audio": "runs on Apple's chips",
    "sherpa-onnx-offline-tts": "is sherpa-onnx's; benchmarks/runtimes_speak.py runs it",
    "uv venv": "is uv's",
    "uv pip install": "fetches packages",
    "npm install": "fetches packages",
    "ray start": "begins a cluster",
}
SHELL = {"mkdir", "cd", "echo", "export"}
PYTHON = {
    "docs/runtimes/kokoro.md": "needs Kokoro's weights; benchmarks/runtimes_speak.py runs it",
    "docs/runtimes/kokoro-onnx.md": "needs kokoro-onnx; benchmarks/runtimes_speak.py runs it",
    "docs/runtimes/kokoro-mlx.md": "runs on Apple's chips",
}
LANGUAGES = {"sh", "python", "json", "js", "csharp", "swift", "text", "yaml"}
# Short work: few voices, one step.
FEW = ("af_beryl", "af_ivory", "am_garnet")
ALSO = {
    "rank": ("--voices", "few"),
    "clone": ("--voices", "few", "--steps", "1", "--no-held-out"),
    "interpolate": ("--top", "2", "--no-held-out"),
    "walk": ("--steps", "1", "--no-held-out"),
}
MINIS = {"af_heart": "af_beryl"}  # a stock voice of Kokoro's, and which of mini's is taken


@dataclass(frozen=True)
class Line:
    """One command of a page, in its parts; `piped` is what a pipe brings it."""

    page: str
    words: tuple[str, ...]
    piped: str | None = None

    @property
    def text(self):
        return shlex.join(self.words)

    @property
    def is_ours(self):
        return Path(self.words[0]).name == "kvw"

    @property
    def is_only_parsed(self):
        return any(one in " ".join(self.words) for one in ONLY_PARSED)


def fences(page):
    return FENCE.findall((ROOT / page).read_text(encoding="utf-8"))


def lines(page):
    """Returns the commands of a page, in order."""
    found = []
    for language, block in fences(page):
        for line in block.replace("\\\n", " ").splitlines() if language == "sh" else ():
            lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
            lexer.whitespace_split = True
            words, piped = [], None
            for word in [*lexer, ";"]:
                if word not in ("&&", "|", ";"):
                    words.append(word)
                    continue
                if words:
                    found.append(Line(page, tuple(words), piped))
                piped = " ".join(words[1:]) if word == "|" and words[:1] == ["echo"] else None
                words = []
    return found


def parse(line):
    """Has the command parse a line: its name, options, and how many arguments it takes."""
    command, rest = typer.main.get_command(app), list(line.words[1:])
    while members := getattr(command, "commands", None):
        command = members[rest.pop(0)]
    with contextlib.suppress(typer.Exit):
        command.make_context(command.name, rest)


def is_known(line):
    """Tells whether another program's line is one that may stand there."""
    words = list(line.words)
    while "=" in words[0] and words[0].partition("=")[0].isupper():
        words.pop(0)
        if not words:
            return True
    if any(" ".join(words).startswith(one) for one in OTHERS):
        return True
    if words[:2] == ["uv", "run"]:
        words = words[2:]
        if words[0] == "--group":
            assert f"\n{words[1]} = [" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
            words = words[2:]
    if words[0] == "python":
        module = words[2] if words[1] == "-m" else words[1]
        path = module.replace(".", "/") if words[1] == "-m" else module.removesuffix(".py")
        return any((ROOT / f"{path}{end}").is_file() for end in (".py", "/__main__.py"))
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        return all(f"\n{target}:" in makefile for target in words[1:])
    if words[0] == "export":
        name = words[1].partition("=")[0]
        return f'"{name}"' in (ROOT / "src/kvoicewalk/environment.py").read_text(encoding="utf-8")
    return words[0] in SHELL


@pytest.mark.parametrize("page", PAGES)
def test_every_line_is_a_command_line(page):
    for line in lines(page):
        if line.is_ours:
            parse(line)
        else:
            assert is_known(line), line.text


@pytest.mark.parametrize("page", PAGES)
def test_a_command_stands_in_a_block(page):
    text = FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    assert not re.search(r"^(?:    |\t)(?:kvw|uv|make|python) ", text, re.MULTILINE)
    for language, block in fences(page):
        assert language in LANGUAGES
        if language == "json":
            json.loads(block)
        if language == "python" and page != "docs/api.md":
            assert page in PYTHON
            compile(block, page, "exec")


def test_no_reason_is_left_over():
    every = [line for page in PAGES for line in lines(page)]
    ours = [" ".join(line.words) for line in every if line.is_ours]
    others = [" ".join(line.words) for line in every if not line.is_ours]
    assert [one for one in ONLY_PARSED if not any(one in text for text in ours)] == []
    assert [one for one in OTHERS if not any(text.startswith(one) for text in others)] == []
    assert set(PYTHON) <= set(PAGES)


def test_a_line_that_is_none_is_found():
    for words in (("kvw", "rank", "a.wav", "--nowhere"), ("kvw", "voices", "paint")):
        with pytest.raises((typer.BadParameter.__mro__[1], KeyError)):
            parse(Line("", words))
    assert not is_known(Line("", ("make", "coffee")))
    assert not is_known(Line("", ("python", "benchmarks/nowhere.py")))
    assert not is_known(Line("", ("export", "KVW_NOWHERE=1")))
    assert not is_known(Line("", ("rm", "-r", "out")))


@pytest.fixture
def place(tmp_path, monkeypatch, example_target):
    """A folder that has what the pages speak of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KVW_MODEL", "mini")
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("bash", "/bin/bash"))
    samples, rate_hz = soundfile.read(example_target)
    for name in ("recording.wav", "clip.wav", "one.wav", "two.wav", "three.wav"):
        soundfile.write(tmp_path / name, samples[: 4 * rate_hz], rate_hz)
    shutil.copytree(bundled_dir("examples"), tmp_path / "examples")
    voices = bundled_dir("voices")
    (tmp_path / "few").mkdir()
    for name in FEW:
        shutil.copy(voices / f"{name}.pt", tmp_path / "few")
    # Mini's own would be refused by `voices install`.
    for name in ("best", "other"):
        rows = load_voice(voices / f"{FEW[0]}.pt").rows * np.float32(1.01)
        save_voice(Voice(name, rows), tmp_path / f"{name}.pt")
    rows = load_voice(voices / f"{FEW[1]}.pt").rows
    stock = [Voice("af_heart", rows), Voice("af_sky", rows)]
    save_voices(stock, tmp_path / "voices-v1.0.bin", "npz")
    (tmp_path / "book.txt").write_text("# One\n\nIt was late.\n\n* * *\n\nThe end.\n")
    return tmp_path


def lay_out(words):
    """Makes the folder of the program that `voices install` names."""
    given = dict(itertools.pairwise(words))
    if words[1:3] != ("voices", "install") or "--dir" not in given:
        return
    folder, _, make = LAYOUTS[given["--to"]]
    scratch, wanted = Path("scratch") / given["--to"], Path(given["--dir"]).expanduser()
    scratch.mkdir(parents=True)
    make(scratch)
    wanted.parent.mkdir(parents=True, exist_ok=True)
    (scratch / folder).rename(wanted)


def run(line):
    """Runs a line with what stands for its placeholders, and shorter."""
    ours = [path.name for path in Path("out").glob("*/")] if Path("out").is_dir() else []
    latest = max(ours, default="")
    words = [MINIS.get(word, word.replace("<run>", latest)) for word in line.words]
    words = [latest if word in ("RUN", "20261125-1633") else word for word in words]
    words = [str(Path(word).expanduser()) if word.startswith("~/") else word for word in words]
    lay_out(tuple(words))
    also = ALSO.get(words[1], ()) if "--print-script" not in words else ()
    result = CliRunner().invoke(app, [*words[1:], *also], input=line.piped)
    # A recording of four seconds is graded, and that is told by the exit code as well.
    is_graded = words[1] == "doctor" and "Error:" not in result.stderr
    assert result.exit_code == 0 or is_graded, f"{line.text}\n{result.output}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [p for p in PAGES if any(o.is_ours and not o.is_only_parsed for o in lines(p))]
)
def test_the_lines_of_a_page_run(page, place):
    wanted = [line for line in lines(page) if line.is_ours and not line.is_only_parsed]
    if any("RUN" in line.words for line in wanted):
        run(Line("", ("kvw", "rank", "recording.wav")))
    for line in wanted:
        run(line)
