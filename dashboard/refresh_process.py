"""Refreshes once, in a process of its own, for viewers: `python -m dashboard.refresh_process FILE`.

The last line of standard output is one JSON object: `published`, or, when the refresh failed, a
sentence `why` that holds nothing of the server's insides. Standard error has all, for the log.
"""

import errno
import json
import sys
import traceback
from pathlib import Path

from monitoring.refresh import monitored_refresh
from pipelines.exports.ingest import ExportsChanging
from pipelines.publication.publish import Refused, Unbalanced
from pipelines.rulebook import RulebookError
from pipelines.settings import SettingsError, load_settings
from pipelines.store.store import StoreBusy
from pipelines.vocabulary import plural

#: What was foreseen: its own words say all, without the place in the program.
_FORESEEN = (SettingsError, RulebookError, Refused, Unbalanced, ExportsChanging, StoreBusy, OSError)


def sentence_of(error: Exception) -> str:
    """Why a refresh failed, for viewers who may ask for one."""
    match error:
        case SettingsError():
            return f"The server's settings have {plural(len(error.mistakes), 'mistake')}."
        case RulebookError():
            return f"The rulebook has {plural(len(error.mistakes), 'mistake')}."
        case Refused():
            return "A guard stopped it: " + " ".join(one.summary for one in error.complaints)
        case Unbalanced():
            return "What was computed does not add up: a fault of the program."
        case ExportsChanging():
            return "Export files were changed while they were read: ask again later."
        case StoreBusy():
            return "Another refresh is at work: ask again later."
        case OSError(errno=errno.ENOSPC):
            return "The server's disk is full."
        case OSError():
            return "The server cannot read or write a file."
        case _:
            return "Something went wrong in the program."


def main(file: Path) -> int:
    """Refresh, say what came of it, and return the exit status: 1 if it failed."""
    try:
        answer: dict[str, object] = {"published": monitored_refresh(load_settings(file)).published}
    except Exception as error:
        notes = getattr(error, "__notes__", ())
        sentences = "\n".join((str(error), *notes))
        said = sentences if isinstance(error, _FORESEEN) else traceback.format_exc()
        sys.stderr.write(f"{said}\n")
        answer = {"why": sentence_of(error)}
    sys.stdout.write(f"{json.dumps(answer)}\n")
    return int("why" in answer)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
