"""Where a command's words go: data to stdout, everything else to stderr."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kvoicewalk.cli.flags import in_flags

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


EXIT_ERROR = 1
EXIT_INTERRUPTED = 130


def _console(is_stderr: bool) -> "Console":
    from rich.console import Console

    return Console(stderr=is_stderr, highlight=False, emoji=False)


@dataclass(frozen=True)
class Output:
    """The one sink of a command.

    Attributes:
        is_json: JSON on stdout instead of tables: one object, or lines of a search.
        is_quiet: no progress and no notices.
    """

    is_json: bool = False
    is_quiet: bool = False
    stdout: "Console" = field(default_factory=lambda: _console(is_stderr=False))
    stderr: "Console" = field(default_factory=lambda: _console(is_stderr=True))

    @property
    def hides_progress(self) -> bool:
        """True where only the result is wanted."""
        return self.is_quiet or self.is_json

    @property
    def _is_exact(self) -> bool:
        from kvoicewalk.cli.streams import is_unicode

        return is_unicode(getattr(self.stdout.file, "encoding", None))

    def note(self, message: str) -> None:
        """Tells people something in passing."""
        if not self.is_quiet:
            self.stderr.print(in_flags(message), style="dim", markup=False, soft_wrap=True)

    def warn(self, message: str) -> None:
        """Tells people what may spoil their result; shown even when quiet."""
        from rich.text import Text

        # In one piece: a spinner that is at work would overwrite the beginning of a line.
        self.stderr.print(Text.assemble(("Note: ", "yellow"), in_flags(message)), soft_wrap=True)

    def emit(self, event: str, data: dict[str, Any]) -> None:
        """Prints one JSON line of a running command; nothing where people read."""
        from kvoicewalk.report.json import dump

        if self.is_json:
            self._print_plain(dump({"event": event, **data}, self._is_exact))

    def show(self, data: Any, *renderables: "RenderableType") -> None:
        """Prints a command's result: as JSON, or for people."""
        from kvoicewalk.report.json import dump

        if self.is_json:
            self._print_plain(dump(data, self._is_exact))
            return
        for renderable in renderables:
            if isinstance(renderable, str):
                self._print_plain(renderable)
            else:
                self.stdout.print(renderable)

    def show_table(self, table: "RenderableType") -> None:
        """Prints a part of a result where people read."""
        if not self.is_json:
            self.stdout.print(table)

    def _print_plain(self, line: str) -> None:
        # rich would wrap a long path, which a program could not read back.
        print(line, file=self.stdout.file, flush=True)
