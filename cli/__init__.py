"""The command `beatxp`."""

import gc
import signal
import sys

_INTERRUPTED = 130
#: Python looks for garbage after 700 new objects. Modules, and accounts of a hundred thousand
#: files, have none, and looking took a tenth of a refresh beside so many.
_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def main() -> None:
    """Run the command."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        # Imported here: whoever imports one of the modules does not need all of them.
        from cli.printing import Printing, open_streams, verdict

        output, printing = open_streams(), Printing()
        from cli.loading import load

        load(sys.argv[1:])(obj=printing)
    except SystemExit as end:
        status = verdict(int(end.code or 0), printing, output)
        # All is done: an interruption that comes now, while Python ends, is too late.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.exit(status)
    except KeyboardInterrupt:
        # Also while modules are loaded. As a shell says it of a command that was interrupted.
        sys.exit(_INTERRUPTED)
