"""Entry point of `kvw` and of `python -m kvoicewalk`: a Ctrl-C counts from the first import on."""

import sys

EXIT_USAGE = 2
DASH_HINT = (
    'A text or a name that begins with "-" comes last, after --: '
    'kvw speak VOICE --model mini -- "-5 degrees"'
)


def looks_like_text(argument: str) -> bool:
    """Tells whether an argument begins with a dash and is hardly meant as an option."""
    is_text = "." in argument or " " in argument or argument[1:2].isdigit()
    return argument.startswith("-") and is_text and "=" not in argument


def main() -> None:
    """Runs the command line."""
    try:
        from kvoicewalk.cli.streams import prepare_streams

        prepare_streams()
        from kvoicewalk.cli.app import app
        from kvoicewalk.cli.streams import prepare_streams

        prepare_streams()
        try:
            app()
        except SystemExit as end:
            if end.code == EXIT_USAGE and any(map(looks_like_text, sys.argv[1:])):
                sys.stderr.write(DASH_HINT + "\n")
            raise
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
