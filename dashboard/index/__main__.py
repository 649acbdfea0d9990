"""`python -m dashboard.index STORE CACHE SNAPSHOT TABLE...`: lay a snapshot out, politely.

A process of its own, so that nobody waits for their page meanwhile.
"""

import os
import sys
from pathlib import Path

from dashboard.index.layout import lay_out, plan
from pipelines.publication.manifest import kept

_NICENESS = 19


def main(root: Path, cache: Path, snapshot_id: str, *tables: str) -> None:
    """Make the shards of some tables of a snapshot that are missing. Raises NoSnapshot, OSError."""
    os.nice(_NICENESS)
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    lay_out(root, cache, plan(kept(root, snapshot_id), tables))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
