"""Which kept snapshot somebody means: an id or its beginning, `current`, `previous`, or a time."""

from datetime import datetime
from pathlib import Path

import msgspec

from pipelines.moments import ImpossibleTime, utc_time
from pipelines.publication.manifest import (
    MANIFEST,
    Manifest,
    Snapshot,
    UnknownSnapshot,
    current,
    kept,
    kept_ids,
)
from pipelines.store.documents import read_document

CURRENT = "current"
PREVIOUS = "previous"
_LISTED = 10


class AmbiguousSnapshot(UnknownSnapshot):
    """Several kept snapshots have an id with this beginning."""

    code = "ambiguous_snapshot"


class _Row(msgspec.Struct):
    """The part of a manifest that says which snapshot it is."""

    snapshot: Snapshot


def named(root: Path, name: str) -> Manifest:
    """The kept snapshot that a name means.

    A name is an id, or as much of its beginning as no other one has; `current`; `previous`, the
    one that was published before the current one; or a time, for the last one that was published
    at it or before it. Raises UnknownSnapshot, AmbiguousSnapshot, NoSnapshot.
    """
    if name == CURRENT:
        return current(root)
    ids = kept_ids(root)
    if name in ids:
        return kept(root, name)
    if name == PREVIOUS:
        return _last(root, ids, name, current(root).snapshot)
    time = as_time(name)
    if time is not None:
        return _last(root, ids, name, time)
    begun = [found for found in ids if name and found.startswith(name)]
    if len(begun) == 1:
        return kept(root, begun[0])
    if begun:
        more = f", and {len(begun) - _LISTED:,} more" if len(begun) > _LISTED else ""
        raise AmbiguousSnapshot(
            f"{len(begun)} snapshots have an id that begins with {name!r}: "
            f"{', '.join(begun[-_LISTED:])}{more}. Write more of it."
        )
    raise UnknownSnapshot(
        f"There is no snapshot {name!r} in {root}. `beatxp snapshots` lists those that are kept; "
        "the beginning of an id, `current`, `previous` or a time like 2026-11-01T06:30 will do, "
        "too."
    )


def as_time(name: str) -> datetime | None:
    """A name as a UTC time, if it is one: with hyphens, so that no beginning of an id is one."""
    try:
        return utc_time(name) if name[4:5] == "-" else None
    except ImpossibleTime:
        return None


def _last(root: Path, ids: list[str], name: str, until: datetime | Snapshot) -> Manifest:
    """The last kept snapshot that was published up to a time, or before another one."""
    rows = [row for row in (_row(root, found) for found in ids) if row is not None]
    if isinstance(until, Snapshot):
        meant = [row for row in rows if row.snapshot_id < until.snapshot_id]
    else:
        meant = [row for row in rows if row.published_at <= until]
    if meant:
        return kept(root, meant[-1].snapshot_id)
    first = next(iter(rows), None)
    said = "nothing is kept" if first is None else f"the first one is {first.snapshot_id}"
    raise UnknownSnapshot(
        f"No snapshot is kept that was published before the current one: {said}."
        if isinstance(until, Snapshot)
        else f"No snapshot is kept that was published at {name} (UTC) or before: {said}."
    )


def _row(root: Path, snapshot_id: str) -> Snapshot | None:
    found = read_document(root / "snapshots" / snapshot_id / MANIFEST, _Row)
    return None if found is None else found.snapshot
