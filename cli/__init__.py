"""The command `beatxp`."""

import sys


def main() -> None:
    """Run the command."""
    # Imported here: whoever imports one of the modules does not need all of them.
    from cli.printing import Printing, open_streams, verdict

    output, printing = open_streams(), Printing()
    from cli.commands import app

    try:
        app(obj=printing)
    except SystemExit as end:
        sys.exit(verdict(int(end.code or 0), printing, output))
