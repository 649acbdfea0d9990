"""`python -m dashboard.index awaited|ahead STORE CACHE SNAPSHOT TABLE...`: lay a snapshot out.

A process of its own, so that nobody waits for their page meanwhile. One that is laid out ahead, to
be shown next, has all the time that others leave it; somebody waits for one that is awaited.
"""

import os
import sys
from pathlib import Path

from dashboard.index.layout import lay_out, plan
from pipelines.publication.manifest import kept

_NICENESS = {"awaited": 10, "ahead": 19}


def main(haste: str, root: Path, cache: Path, snapshot_id: str, *tables: str) -> None:
    """Make the shards of some tables of a snapshot that are missing. Raises NoSnapshot, OSError."""
    os.nice(_NICENESS[haste])
    if haste == "ahead" and hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    lay_out(root, cache, plan(kept(root, snapshot_id), tables))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:])
