"""The command `beatxp`."""

import signal
import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command."""
    try:
        # Imported here: whoever imports one of the modules does not need all of them.
        from cli.printing import Printing, open_streams, verdict

        output, printing = open_streams(), Printing()
        from cli.commands import app

        app(obj=printing)
    except SystemExit as end:
        status = verdict(int(end.code or 0), printing, output)
        # All is done: an interruption that comes now, while Python ends, is too late.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.exit(status)
    except KeyboardInterrupt:
        # Also while modules are loaded. As a shell says it of a command that was interrupted.
        sys.exit(_INTERRUPTED)
