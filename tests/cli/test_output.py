"""The sink of commands: what reaches a terminal."""

import io
import re

from rich.console import Console

from kvoicewalk.cli.output import Output

ERASE_LINE = "\x1b[2K"


def test_a_spinner_wipes_no_part_of_a_note():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80)
    with console.status("loading …"):
        Output(stderr=console).warn("[bold]clip.wav[/] is short")
    (shown,) = re.findall(r"Note:.*is short", screen.getvalue(), re.DOTALL)
    assert ERASE_LINE not in shown
    assert "[bold]clip.wav[/]" in shown
