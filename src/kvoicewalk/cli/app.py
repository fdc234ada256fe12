"""The `kvw` command and its one error boundary.

Nothing heavy is imported here: `kvw --help` must not load torch.
"""

import functools
import sys
import traceback
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.completion import completion_init  # type: ignore[attr-defined]
from typer.core import TyperCommand

from kvoicewalk.cli import (
    clone,
    completion,
    demo,
    doctor,
    interpolate,
    rank,
    report,
    runs,
    score,
    setup,
    speak,
    voice_files,
    voices,
    walk,
)
from kvoicewalk.cli.flags import in_flags
from kvoicewalk.cli.output import EXIT_ERROR, EXIT_INTERRUPTED
from kvoicewalk.cli.reasons import reason_of
from kvoicewalk.errors import KvwError
from kvoicewalk.version import __version__

app = typer.Typer(
    name="kvw",
    help="Make a Kokoro-82M voice that sounds like a recording. Start with: kvw demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich would double the time it takes
)


# Some releases of typer bring a click of their own: what they raise is no class of click's.
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]


class Command(TyperCommand):
    """A command that knows a text, or a file's name, that was taken for options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See click; an unknown option that looks like a text gets a hint."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except USAGE_ERROR as error:
            taken = next(filter(_looks_like_text, given), None)
            if "No such option" not in str(error) or taken is None or "--" in given:
                raise
            reason = str(error).rstrip(".")
            hint = f'A text or a name that begins with "-" needs -- before it: -- "{taken}"'
            raise USAGE_ERROR(f"{reason}. {hint}", ctx) from error


def _looks_like_text(argument: str) -> bool:
    if not argument.startswith("-"):
        return False
    is_long = argument.startswith("--")
    return " " in argument or argument[1:2].isdigit() or (not is_long and len(argument) > 2)


def bounded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a command: expected errors become one line and exit code 1, Ctrl-C becomes 130."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from kvoicewalk.environment import prepare_process, read_environment

        prepare_process()
        is_debug = read_environment().is_debug
        try:
            return command(*args, **kwargs)
        except KvwError as error:
            trace = traceback.format_exc()
            reason = in_flags(error.message)
        except KeyboardInterrupt as error:
            _print_interrupted(error, kwargs)
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise
        except OSError as error:
            trace = traceback.format_exc()
            reason = reason_of(error)
        except Exception as error:  # noqa: BLE001  (the one error boundary)
            trace = traceback.format_exc()
            reason = f"internal error ({type(error).__name__}: {error}). Please report it"
            reason += " with the output of KVW_DEBUG=1." if not is_debug else "."
        if is_debug:
            typer.echo(trace, err=True)
        _print_error(reason)
        raise typer.Exit(EXIT_ERROR)

    return run


def _print_interrupted(error: KeyboardInterrupt, options: dict[str, Any]) -> None:
    from kvoicewalk.app.events import InterruptedRunError, InterruptedSpeechError
    from kvoicewalk.cli.output import Output
    from kvoicewalk.cli.shown import show_interrupted, show_interrupted_speech

    output = Output(options.get("json", False), options.get("quiet", False))
    if isinstance(error, InterruptedRunError):
        show_interrupted(error, output)
    elif isinstance(error, InterruptedSpeechError):
        show_interrupted_speech(error, sys.argv[1:], output)


def _print_error(reason: str) -> None:
    from rich.console import Console

    line = " ".join(reason.split())
    console = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)
    console.print("[bold red]Error:[/] ", end="")
    console.print(line, markup=False)


def _show_version(ctx: typer.Context, is_wanted: bool) -> None:
    if is_wanted and not ctx.resilient_parsing:  # at a Tab nothing is printed
        typer.echo(f"kvw {__version__}")
        raise typer.Exit()


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """See `app`."""


def _register() -> None:
    commands: tuple[tuple[str, Callable[..., None]], ...] = (
        ("demo", demo.demo),
        ("clone", clone.clone),
        ("rank", rank.rank),
        ("interpolate", interpolate.interpolate),
        ("walk", walk.walk),
        ("score", score.score),
        ("speak", speak.speak),
        ("report", report.report),
        ("doctor", doctor.doctor),
        ("setup", setup.setup),
        ("completion", completion.completion),
    )
    for name, command in commands:
        app.command(name, cls=Command)(bounded(command))
    for group_name, group, text, members in (
        (
            "voices",
            typer.Typer(),
            "List, inspect, mix and convert voices, and put them into other programs.",
            {**voices.COMMANDS, **voice_files.COMMANDS},
        ),
        ("runs", typer.Typer(), "List, show, resume or delete earlier runs.", runs.COMMANDS),
    ):
        for member, action in members.items():
            group.command(member, cls=Command)(bounded(action))
        app.add_typer(group, name=group_name, help=text, no_args_is_help=True)


_register()
completion_init()  # `_KVW_COMPLETE` works without typer's two options, which crowd every --help
