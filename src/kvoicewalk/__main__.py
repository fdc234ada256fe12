"""Entry point of `kvw` and of `python -m kvoicewalk`: a Ctrl-C counts from the first import on."""

import sys


def main() -> None:
    """Runs the command line."""
    try:
        from kvoicewalk.cli.streams import prepare_streams

        prepare_streams()
        from kvoicewalk.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
