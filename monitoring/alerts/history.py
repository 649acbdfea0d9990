"""What the kept snapshots say of their input, the oldest first: what is usual is taken from it."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from monitoring.record import Rows, rows_of
from pipelines.publication.manifest import NoSnapshot, kept, kept_ids


class PastInput(NamedTuple):
    """The input of one published snapshot: rows of the current dumps, and of all files, by entity.

    `published_at` is UTC without a zone.
    """

    published_at: datetime
    dump_rows: Mapping[str, int]
    rows: Mapping[str, Rows]


def input_history(root: Path) -> list[PastInput]:
    """Of all kept snapshots, the oldest first; one that goes meanwhile is left out."""
    history = []
    for snapshot_id in kept_ids(root):
        with suppress(NoSnapshot, FileNotFoundError):
            manifest = kept(root, snapshot_id)
            history.append(
                PastInput(
                    manifest.snapshot.published_at, manifest.dump_rows, rows_of(root, manifest)
                )
            )
    return sorted(history, key=lambda past: past.published_at)
