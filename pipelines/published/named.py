"""Which kept snapshot somebody means: an id or its beginning, `current`, `previous`, or a time."""

from datetime import datetime
from pathlib import Path

import msgspec

from pipelines.moments import ImpossibleTime, utc_time
from pipelines.publication.manifest import (
    MANIFEST,
    Current,
    Manifest,
    Snapshot,
    UnknownSnapshot,
    current,
    find_current,
    kept,
    kept_ids,
)
from pipelines.store.documents import read_document

CURRENT = "current"
PREVIOUS = "previous"
#: The day and time with which an id begins.
_IN_AN_ID = "%Y%m%dT%H%M%S"
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
    at it or before it. Raises UnknownSnapshot, AmbiguousSnapshot, NoSnapshot; Damaged if the
    manifest of the one that is meant is.
    """
    if name == CURRENT:
        return current(root)
    ids = kept_ids(root)
    if name in ids:
        return kept(root, name)
    if name == PREVIOUS:
        return _before(root, ids, find_current(root))
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


def _before(root: Path, ids: list[str], shown: Current) -> Manifest:
    """The kept snapshot that was published before the one that is shown."""
    meant = [found for found in ids if found < shown.manifest.snapshot.snapshot_id]
    if meant:
        return kept(root, meant[-1])
    error = UnknownSnapshot(
        f"No snapshot is kept that was published before the current one: {_first(ids)}."
    )
    if shown.fault is not None:
        error.add_note(shown.fault)
    raise error


def _last(root: Path, ids: list[str], name: str, until: datetime) -> Manifest:
    """The last kept snapshot that was published up to a time.

    It may be one of which only the id still says when that was.
    """
    for snapshot_id in reversed(ids):
        row = _row(root, snapshot_id)
        if row is not None:
            is_meant = row.published_at <= until
        else:
            second = f"{until:{_IN_AN_ID}}"
            is_meant = snapshot_id[: len(second)] <= second
        if is_meant:
            return kept(root, snapshot_id)
    raise UnknownSnapshot(
        f"No snapshot is kept that was published at {name} (UTC) or before: {_first(ids)}."
    )


def _first(ids: list[str]) -> str:
    return f"the first one is {ids[0]}" if ids else "nothing is kept"


def _row(root: Path, snapshot_id: str) -> Snapshot | None:
    found = read_document(root / "snapshots" / snapshot_id / MANIFEST, _Row)
    if found is None or found.snapshot.snapshot_id != snapshot_id:
        return None
    return found.snapshot
