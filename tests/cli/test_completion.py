"""What Tab offers: asked in-process as the shells ask, and by the shells themselves."""

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import shellingham
from typer.testing import CliRunner

from kvoicewalk.cli import candidates, completion
from kvoicewalk.cli.app import app
from kvoicewalk.errors import ConfigError
from kvoicewalk.models.known import HASHES_PATH
from kvoicewalk.models.mini import mini_voice_names

ASK = "import sys; from kvoicewalk.__main__ import main; main()"
DEADLINE_S = 120


def offered(line):
    """Returns what bash is offered at the end of a line."""
    words = line.split(" ")
    env = {
        "_KVW_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    result = CliRunner().invoke(app, [], env=env, prog_name="kvw")
    assert result.exit_code == 0, result.output
    return result.stdout.split()


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("kvw sp", ["speak"]),
        ("kvw voices in", ["info", "install"]),
        ("kvw speak --mod", ["--model"]),
        ("kvw speak --model ", ["kokoro", "mini"]),
        ("kvw speak --model mini af_be", ["af_beryl"]),
        ("kvw speak af_h", ["af_heart"]),
        ("kvw walk --start bf_e", ["bf_emma"]),
        ("kvw score --model mini am_fl", ["am_flint"]),
        ("kvw voices pull zf_xiaob", ["zf_xiaobei"]),
        ("kvw speak --format o", ["opus"]),
        ("kvw clone --method g", ["gradient"]),
        ("kvw clone --encoders ", ["both", "resemblyzer", "campplus"]),
        ("kvw voices install x.pt --to kokoro-",
         ["kokoro-fastapi", "kokoro-onnx", "kokoro-js", "kokoro-mlx"]),
        ("kvw voices convert x.pt --format js", ["json", "json-rows"]),
        ("kvw completion p", ["powershell"]),
        ("kvw clone --print-script z", ["zh"]),
    ],
)  # fmt: skip
def test_what_fits_is_offered(line, some, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert offered(line) == some


def test_every_language_is_offered_with_its_name():
    env = {"_KVW_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "kvw speak --lang ",
           "_TYPER_COMPLETE_FISH_ACTION": "get-args"}  # fmt: skip
    result = CliRunner().invoke(app, [], env=env, prog_name="kvw")
    assert result.stdout.splitlines()[2] == "e\tSpanish"
    assert len(result.stdout.splitlines()) == 9


def test_the_model_of_the_environment_counts(monkeypatch):
    monkeypatch.setenv("KVW_MODEL", "mini")
    assert offered("kvw voices info af_b") == ["af_beryl"]


def test_a_model_folder_tells_its_voices(tmp_path):
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / "af_own.pt").write_bytes(b"")
    assert offered(f"kvw speak --model {tmp_path} af_") == ["af_own"]
    assert offered(f"kvw speak --model {tmp_path}/nowhere af_") == []


def test_runs_are_offered_newest_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert offered("kvw runs show ") == []
    names = ["20260101-100000-rank-a", "20260102-100000-walk-a", "20260102-110000-clone-b-2"]
    for name in (*names, "mine", "kvw.sqlite3"):
        (tmp_path / "out" / name).mkdir(parents=True)
    assert offered("kvw runs show ") == names[::-1]
    assert offered("kvw report 20260102") == names[:0:-1]
    assert offered("kvw runs rm --out elsewhere ") == []


def test_voice_files_that_fit_are_offered_beside_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "af_mine.pt").write_bytes(b"")
    assert offered("kvw speak --model mini af_m") == ["af_mine.pt"]
    assert offered("kvw rank af_m") == []  # the shell offers files then


@pytest.mark.parametrize(
    ("line", "some"),
    [("kvw clone --print-script es --mo", ["--model"]), ("kvw --version --he", ["--help"])],
)
def test_nothing_is_printed_but_what_is_offered(line, some):
    assert offered(line) == some


def test_the_listed_voices_are_the_models_own():
    assert candidates.KOKORO_VOICES == HASHES_PATH
    assert [name for name, _ in candidates.kokoro_voices()] == sorted(
        json.loads(HASHES_PATH.read_text(encoding="utf-8"))
    )
    assert offered("kvw speak --model mini a") == list(mini_voice_names())


def test_help_stays_without_typers_own_options():
    said = CliRunner().invoke(app, ["--help"]).stdout
    assert "completion" in said
    assert "--install-completion" not in said


def test_nothing_heavy_is_loaded_at_a_tab():
    watch = (
        "import atexit, sys; atexit.register(lambda: print([one for one in "
        "('torch', 'numpy', 'pydantic', 'kokoro', 'rich', 'huggingface_hub') "
        "if one in sys.modules], file=sys.stderr)); " + ASK
    )
    env = {**os.environ, "_KVW_COMPLETE": "complete_bash", "COMP_CWORD": "4",
           "COMP_WORDS": "kvw speak --model mini "}  # fmt: skip
    # -c names the program "-c"; completion asks for its variable.
    run = watch.replace("main()", "sys.argv[0] = 'kvw'; main()")
    done = subprocess.run([sys.executable, "-c", run], env=env, capture_output=True, text=True)
    assert "am_flint" in done.stdout
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_script_is_printed(shell):
    result = CliRunner().invoke(app, ["completion", shell])
    assert result.exit_code == 0
    assert "_KVW_COMPLETE" in result.stdout
    assert "kvw" in result.stdout


def test_the_shell_is_found_out(monkeypatch):
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("pwsh", "/usr/bin/pwsh"))
    assert completion.find_shell() == "powershell"
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("nu", "/usr/bin/nu"))
    with pytest.raises(ConfigError, match="no completion is known for the shell nu"):
        completion.find_shell()

    def fail():
        raise shellingham.ShellDetectionFailure

    monkeypatch.setattr(shellingham, "detect_shell", fail)
    result = CliRunner().invoke(app, ["completion"])
    assert result.exit_code == 1
    assert "kvw completion bash, zsh, fish or powershell" in " ".join(result.stderr.split())


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A person's home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ZDOTDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def install(shell):
    result = CliRunner().invoke(app, ["completion", shell, "--install"])
    assert result.exit_code == 0, result.output
    assert Path(result.stdout.strip()).is_file()
    return result


@pytest.mark.parametrize(("shell", "name"), [("bash", ".bashrc"), ("zsh", ".zshrc")])
def test_the_shells_own_file_gets_one_line_once(shell, name, home):
    start = home / "kept" / name
    start.parent.mkdir()
    before = b"alias ll='ls -l'  # \xff no text, no end"
    start.write_bytes(before)
    (home / name).symlink_to(start)
    assert "has a line for it now" in install(shell).stderr
    after = start.read_bytes()
    assert (home / name).is_symlink()
    assert after.startswith(before + b"\n")
    assert after.count(b"\n") == 2
    changed = start.stat().st_mtime_ns
    assert "was left alone" in install(shell).stderr
    assert (start.read_bytes(), start.stat().st_mtime_ns) == (after, changed)


def test_places_follow_the_variables_of_the_shells(home, monkeypatch):
    monkeypatch.setenv("ZDOTDIR", str(home / "z"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "d d"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "c"))
    install("zsh")
    assert str(home / "d d" / "kvoicewalk" / "completion" / "kvw.zsh") in (
        (home / "z" / ".zshrc").read_text()
    )
    install("fish")
    assert (home / "c" / "fish" / "completions" / "kvw.fish").is_file()
    assert not (home / ".bashrc").exists()


def test_powershells_profile_is_asked_for(home, monkeypatch):
    profile = home / "Documents" / "profile.ps1"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = CliRunner().invoke(app, ["completion", "powershell", "--install"])
    assert result.exit_code == 1
    assert "PowerShell is not found here" in result.stderr
    stand_in = home / "pwsh"
    stand_in.write_text(f"#!/bin/sh\necho {profile}\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(stand_in) if name == "pwsh" else None)
    install("powershell")
    assert profile.read_text().startswith("if (Test-Path '")
    assert "kvw.ps1" in profile.read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_file_that_cannot_be_written_is_one_line(home):
    (home / ".bashrc").write_text("x")
    (home / ".bashrc").chmod(0o444)
    result = CliRunner().invoke(app, ["completion", "bash", "--install"])
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


@pytest.fixture
def typed(home):
    """Has a shell, for which completion was just installed, complete what is typed."""
    command = home / "bin" / "kvw"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\n{ASK}\n")
    command.chmod(0o755)
    env = {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "TERM": "dumb",
           "PS1": "ready> "}  # fmt: skip

    def complete(shell, line, wanted):
        if shutil.which(shell) is None:
            pytest.skip(f"needs {shell}")
        install(shell)
        if shell == "fish":
            ask = ["fish", "-c", f"complete -C '{line}'"]
            return subprocess.run(ask, env=env, cwd=home, capture_output=True, text=True).stdout
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [shell, "-i"], stdin=follower, stdout=follower, stderr=follower, env=env, cwd=home,
            start_new_session=True,
        )  # fmt: skip
        os.close(follower)
        try:
            os.write(leader, f"{line}\t".encode())
            return read_until(leader, wanted)
        finally:
            process.kill()
            process.wait()
            os.close(leader)

    return complete


def read_until(leader, wanted):
    """Returns what a terminal shows up to what is wanted, or to the deadline."""
    shown, end = "", time.monotonic() + DEADLINE_S
    while wanted not in shown and time.monotonic() < end:
        ready, _, _ = select.select([leader], [], [], 1.0)
        if ready:
            shown += os.read(leader, 4096).decode("utf-8", "replace")
    return shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_itself_completes(shell, typed):
    assert "af_beryl" in typed(shell, "kvw speak --model mini af_ber", "af_beryl")
