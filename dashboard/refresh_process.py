"""Refreshes once, in a process of its own, for viewers: `python -m dashboard.refresh_process FILE`.

The last line of standard output is one JSON object: `published`, or, when the refresh failed, a
sentence `why` that holds nothing of the server's insides. Standard error has all, for the log.
"""

import errno
import json
import sys
import traceback
from pathlib import Path

from dashboard.reasons import SENTENCES, UNFORESEEN
from monitoring.refresh import monitored_refresh
from pipelines.failures import Failure
from pipelines.publication.publish import Refused
from pipelines.rulebook import RulebookError
from pipelines.settings import SettingsError, load_settings
from pipelines.vocabulary import plural

#: What was foreseen: its own words say all, without the place in the program.
_FORESEEN = (Failure, OSError)


def sentence_of(error: Exception) -> str:
    """Why a refresh failed with this error."""
    match error:
        case SettingsError():
            return f"The server's settings have {plural(len(error.mistakes), 'mistake')}."
        case RulebookError():
            return f"The rulebook has {plural(len(error.mistakes), 'mistake')}."
        case Refused():
            return "A guard stopped it: " + " ".join(one.summary for one in error.complaints)
        case Failure():
            return SENTENCES.get(error.code, UNFORESEEN)
        case OSError(errno=errno.ENOSPC):
            return SENTENCES["disk_full"]
        case OSError():
            return SENTENCES["system"]
        case _:
            return UNFORESEEN


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
