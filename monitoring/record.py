"""The record of the last refresh, `refresh.json` in the store: how it ended, what it took.

Metrics are made from it, wherever they are shown, so that all say the same.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

from pipelines.publication.manifest import Manifest
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.store.documents import read_document, write_document
from pipelines.vocabulary import ENTITIES

_FILE: Final = "refresh.json"
Result = Literal["published", "up_to_date", "refused", "failed"]
RESULTS: Final[tuple[Result, ...]] = ("published", "up_to_date", "refused", "failed")
#: What can have become of a row; unmatched rows are some of the accepted.
VERDICTS: Final = ("accepted", "duplicates", "rejected", "unmatched")


class Rows(msgspec.Struct, frozen=True):
    """A row of the table `inputs`: what happened to the rows and files of an entity."""

    files: int
    rejected_files: int
    rows_read: int
    accepted: int
    duplicates: int
    rejected: int
    unmatched: int


class PublishedInput(msgspec.Struct, frozen=True):
    """What the published snapshot says of its input; `rows` is by entity."""

    snapshot_id: str
    published_at: datetime
    data_through: datetime | None
    producers: int
    rows: dict[str, Rows]


class Record(msgspec.Struct, frozen=True):
    """How the last refresh ended. Times are UTC without a zone.

    `steps` has the seconds of each step, of those that were performed; `ended` counts all refreshes
    of this store by result; `published` is what stays published, None if nothing is.
    """

    result: Result
    started_at: datetime
    ended_at: datetime
    seconds: float
    steps: dict[str, float]
    ended: dict[str, int]
    published: PublishedInput | None


def read_record(root: Path) -> Record | None:
    """The record of the last refresh of a store, if there is one that can be read."""
    return read_document(root / _FILE, Record)


def keep_record(
    root: Path,
    result: Result,
    started_at: datetime,
    ended_at: datetime,
    steps: Mapping[str, float],
    manifest: Manifest | None,
) -> Record:
    """Replace the record: `manifest` is the snapshot that the refresh found or published, if it
    came so far. Raises OSError.
    """
    before = read_record(root)
    ended = Counter(before.ended if before else {})
    ended[result] += 1
    record = Record(
        result=result,
        started_at=started_at,
        ended_at=ended_at,
        seconds=(ended_at - started_at).total_seconds(),
        steps={name: round(seconds, 6) for name, seconds in sorted(steps.items())},
        ended=dict(ended),
        published=_published(root, before, manifest),
    )
    # What a power cut damages is counted from nothing again.
    write_document(record, root / _FILE, durable=False)
    return record


def rows_of(root: Path, manifest: Manifest) -> dict[str, Rows]:
    """What a kept snapshot says of its input, by entity. Raises OSError if it is gone."""
    if not manifest.parts("inputs"):
        return {}
    inputs = PublishedSnapshot(root, manifest).scan("inputs").collect()
    found = {row.pop("entity"): Rows(**row) for row in inputs.to_dicts()}
    return {entity: found[entity] for entity in ENTITIES if entity in found}


def _published(
    root: Path, before: Record | None, manifest: Manifest | None
) -> PublishedInput | None:
    known = before.published if before else None
    if manifest is None:
        return known
    snapshot = manifest.snapshot
    if known is not None and known.snapshot_id == snapshot.snapshot_id:
        return known
    return PublishedInput(
        snapshot.snapshot_id,
        snapshot.published_at,
        snapshot.data_through,
        snapshot.producers,
        rows_of(root, manifest),
    )
