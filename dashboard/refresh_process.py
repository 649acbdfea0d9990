"""Refreshes once, in a process of its own, for viewers: `python -m dashboard.refresh_process FILE`.

The last line of standard output is one JSON object: `published`, or, when the refresh failed, a
sentence `why` that holds nothing of the server's insides. Standard error has all, for the log.
"""

import json
import sys
import traceback
from pathlib import Path

from dashboard.reasons import sentence_of
from monitoring.refresh import monitored_refresh
from pipelines.failures import Failure
from pipelines.settings import load_settings

#: What was foreseen: its own words say all, without the place in the program.
_FORESEEN = (Failure, OSError)


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
