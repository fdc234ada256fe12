"""`kvw completion`: lets a shell complete commands, options and names at Tab.

typer asks the program itself at each Tab, by the variable `_KVW_COMPLETE`. Installed are a script
of typer's and, but for fish, one line in the file that the shell reads at its start.
"""

import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from kvoicewalk.cli.output import Output
from kvoicewalk.environment import read_shell_folders
from kvoicewalk.errors import ConfigError

Shell = Literal["bash", "zsh", "fish", "powershell"]
PROGRAM, VARIABLE = "kvw", "_KVW_COMPLETE"
NAMES: Mapping[str, Shell] = {
    "bash": "bash", "zsh": "zsh", "fish": "fish", "powershell": "powershell", "pwsh": "powershell",
}  # fmt: skip
NAME_IT = f"name it: {PROGRAM} completion bash, zsh, fish or powershell."


@dataclass(frozen=True)
class Place:
    """Where a shell gets its script from.

    Attributes:
        script: the file with typer's script.
        start: the file that the shell reads at its start; None where it finds the script itself.
        line: that `start` needs.
    """

    script: Path
    start: Path | None = None
    line: str = ""


def completion(
    shell: Annotated[
        Shell | None,
        typer.Argument(
            case_sensitive=False,
            metavar="[SHELL]",
            help="bash, zsh, fish or powershell. [default: the shell that this is called from]",
        ),
    ] = None,
    install: Annotated[
        bool,
        typer.Option("--install", help="Put it where the shell reads it, instead of printing it."),
    ] = False,
) -> None:
    """Let Tab complete commands, options, voices' and runs' names in your shell."""
    wanted = shell or find_shell()
    script = completion_script(wanted)
    if not install:
        Output().show({}, script)
        return
    place = find_place(wanted)
    is_new = put(place, script)
    output = Output()
    output.show({}, str(place.script))
    if place.start is not None:
        done = "has a line for it now" if is_new else "has its line already, and was left alone"
        output.note(f"{place.start} {done}.")
    output.note("Open a new terminal, then try: kvw sp<Tab>")


def find_shell() -> Shell:
    """Returns the shell that this process was called from.

    Raises:
        ConfigError: it is none that can complete, or cannot be found out.
    """
    import shellingham

    try:
        found = shellingham.detect_shell()[0]
    except (shellingham.ShellDetectionFailure, OSError) as error:
        raise ConfigError(f"which shell this is cannot be found out; {NAME_IT}") from error
    if found not in NAMES:
        raise ConfigError(f"no completion is known for the shell {found}; for another, {NAME_IT}")
    return NAMES[found]


def completion_script(shell: Shell) -> str:
    """Returns what a shell has to run so that it completes."""
    # Re-exported there since long, if without a word: typer's own options are made of it.
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    return str(get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell))


def find_place(shell: Shell) -> Place:
    """Returns where a shell reads its completion from.

    Raises:
        ConfigError: PowerShell's profile cannot be found out.
    """
    folders = read_shell_folders()
    if shell == "fish":
        return Place(folders.config / "fish" / "completions" / f"{PROGRAM}.fish")
    ending = "ps1" if shell == "powershell" else shell
    script = folders.data / "kvoicewalk" / "completion" / f"{PROGRAM}.{ending}"
    if shell == "powershell":
        quoted = str(script).replace("'", "''")
        return Place(script, _powershell_profile(), f"if (Test-Path '{quoted}') {{ . '{quoted}' }}")
    quoted = shlex.quote(str(script))
    there = f"[ ! -r {quoted} ] || . {quoted}"
    if shell == "bash":
        return Place(script, folders.home / ".bashrc", there)
    # zsh loads its own completion only where it is asked to.
    ready = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }"
    return Place(script, folders.zsh / ".zshrc", f"{ready}; {there}")


def put(place: Place, script: str) -> bool:
    """Writes the script, and the line that the shell needs at its start, once.

    Returns:
        True where the line is new; the file is left alone where it has it.

    Raises:
        OSError: a place cannot be written.
    """
    from kvoicewalk.atomic import written_whole

    place.script.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(place.script) as file:
        file.write(f"{script}\n".encode())
    if place.start is None:
        return False
    # Bytes: the rest of the file is none of our business. Appended to, and not replaced: it may be
    # a link into a folder that is kept elsewhere.
    line = place.line.encode()
    known = place.start.read_bytes() if place.start.is_file() else b""
    if line in known.splitlines():
        return False
    place.start.parent.mkdir(parents=True, exist_ok=True)
    begin = b"" if not known or known.endswith(b"\n") else b"\n"
    with place.start.open("ab") as file:
        file.write(begin + line + b"\n")
    return True


def _powershell_profile() -> Path:
    program = shutil.which("pwsh") or shutil.which("powershell")
    if program is None:
        raise ConfigError(
            f"PowerShell is not found here; where it is: {PROGRAM} completion powershell | "
            "Out-String | Invoke-Expression, as a line of your profile."
        )
    command = [program, "-NoProfile", "-NonInteractive", "-Command", "$PROFILE"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigError(f"{program} does not say where its profile is: {error}.") from error
    if not said.stdout.strip():
        raise ConfigError(f"{program} has no profile; make one, then call this again.")
    return Path(said.stdout.strip().splitlines()[-1])
