"""The sink of commands: what reaches a terminal."""

import io
import re

from rich.console import Console

from kvoicewalk.cli.output import Output
from kvoicewalk.cli.shown import ShownEvents, with_way_out
from kvoicewalk.errors import Message, Setting
from kvoicewalk.judges.base import NO_TIME, Reading

ERASE_LINE = "\x1b[2K"


def test_a_spinner_wipes_no_part_of_a_note():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80)
    with console.status("loading …"):
        Output(stderr=console).warn("[bold]clip.wav[/] is short")
    (shown,) = re.findall(r"Note:.*is short", screen.getvalue(), re.DOTALL)
    assert ERASE_LINE not in shown
    assert "[bold]clip.wav[/]" in shown


def test_notes_and_warnings_name_flags():
    screen = io.StringIO()
    events = ShownEvents(Output(stderr=Console(file=screen, width=80)))
    events.warning(
        Message("two voices; choose one with ", Setting("channel", "left", "right"), ".")
    )
    events.note(Message("kept in ", Setting("out_dir"), "."))
    assert screen.getvalue() == (
        "Note: two voices; choose one with --channel left or right.\nkept in --out.\n"
    )


def test_a_judge_that_was_not_heard_for_time_has_its_command():
    late = Reading("a", "A", None, None, None, NO_TIME)
    missing = Reading("b", "B", None, None, None, "not installed")
    assert with_way_out(late).note == "no time left: kvw score VOICE --held-out"
    assert with_way_out(missing) == missing
