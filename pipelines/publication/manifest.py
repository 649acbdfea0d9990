"""Published snapshots: a folder each, sharing files by content, and one pointer.

A snapshot is visible when `current.json` names it, and whole by then: its files were written and
synced before its manifest, its manifest before the pointer. Readers take no lock. Ids rise in the
order of publication, whatever the clock does.

Where the pointer, or the manifest that it names, is damaged, the newest snapshot that is whole is
the published one, until a refresh writes both again.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import polars as pl

from pipelines.failures import BAD_USAGE, Failure, UsageError
from pipelines.publication.last_failure import forget_failure
from pipelines.store.atomic import remove, remove_folder, sync_folder, write_bytes
from pipelines.store.checksums import Damaged, checksum_of, parquet_name
from pipelines.store.documents import read_document, write_document
from pipelines.store.parts import Part, parquet_bytes
from pipelines.tables import PUBLISHED

#: An id begins with the time of its publication.
_ID = re.compile(r"(\d{8}T\d{12})-")
#: In the folder of a snapshot.
MANIFEST = "manifest.json"
#: In the store's folder.
POINTER, CHECKED, HELD_BACK = "current.json", "checked.json", "pending.json"


class NoSnapshot(Failure):
    """Nothing has been published in this store yet, or not the snapshot that was asked for."""

    code = "nothing_published"


class UnknownSnapshot(NoSnapshot):
    """No snapshot that is kept has the id that was asked for."""

    code = "unknown_snapshot"
    status = BAD_USAGE


class NothingPending(UsageError):
    """No guard has stopped the last refresh."""

    code = "nothing_pending"


class Snapshot(msgspec.Struct, frozen=True):
    """The row of the table `snapshot` (specification, section 5)."""

    snapshot_id: str
    published_at: datetime
    as_of: datetime
    data_through: datetime | None
    rulebook_name: str
    rulebook_version: str
    rulebook_sha256: str
    producers: int
    content_sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """Everything about one snapshot: its row, its files, and what the next guards compare with.

    `dump_rows` maps an entity to the rows of its current dump, `event_rows` to its accepted rows;
    `rulebook` is the text of the rulebook's file (these two are empty in snapshots of early
    versions); `dialects` identifies how files were read, by entity, of those that have a table in
    the settings. `row_file` holds the snapshot's row, beside the manifest. `changed_at`: when it
    was last computed again without somebody's data; `erased`: the key of the list of erased ids
    without which it is.
    """

    snapshot: Snapshot
    tables: dict[str, list[Part]]
    dump_rows: dict[str, int]
    notices: list[str]
    rulebook: str = ""
    event_rows: dict[str, int] = {}
    dialects: dict[str, str] = {}
    row_file: str = "snapshot.parquet"
    changed_at: datetime | None = None
    erased: str = ""

    def parts(self, table: str) -> list[Part]:
        """The files of a table; none if the version that published the snapshot had no such one."""
        return self.tables.get(table, [])

    def files(self, table: str) -> list[str]:
        """The Parquet files of a table, in order, by their paths below the store's folder."""
        if table == "snapshot":
            return [f"snapshots/{self.snapshot.snapshot_id}/{self.row_file}"]
        return [part.file for part in self.parts(table)]

    def paths(self, root: Path, table: str) -> list[Path]:
        """The absolute paths of a table's Parquet files, in order; nothing is verified."""
        return [root / file for file in self.files(table)]


class Checked(msgspec.Struct, frozen=True):
    """What the last refresh looked at: if it is all the same, so is the result.

    It holds for every as_of in [`as_of`, `until`]; `listing` is empty if it must not be relied
    on, since an export file was too young to be recognised by its signature. `notices`: what it
    had to say about the input.
    """

    snapshot_id: str
    checked_at: datetime
    as_of: datetime
    until: datetime
    version: str
    rulebook_sha256: str
    listing: str
    notices: list[str] = []


def content_sha256(rulebook_sha256: str, tables: dict[str, list[Part]]) -> str:
    """A hash over the rulebook and all tables but `snapshot` (specification, section 5)."""
    content = [
        [name, [[part.partition, part.rows, part.digest] for part in parts]]
        for name, parts in sorted(tables.items())
    ]
    text = json.dumps([rulebook_sha256, content], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Pointer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What `current.json` says: which snapshot is published, and without whose data.

    `newest` is the last that ever was: after a roll back, another one. What is beyond it was
    written, and never published; where it is empty, as in early versions, nobody knows.
    """

    snapshot_id: str
    erased: str = ""
    newest: str = ""

    @property
    def shown(self) -> "Shown":
        """What readers see: another one, or the same without more data, is something else."""
        return Shown(self.snapshot_id, self.erased)


class Shown(NamedTuple):
    """What a pointer shows, whatever was published after it."""

    snapshot_id: str
    erased: str


class Current(NamedTuple):
    """The published snapshot, and what is wrong with how it was found (None: nothing)."""

    manifest: Manifest
    fault: str | None


def new_id(root: Path, now: datetime, content: str) -> str:
    """An id for a snapshot with this content: greater than all that are there."""
    time = f"{now:%Y%m%dT%H%M%S}{now.microsecond:06}"
    times = (found[1] for found in map(_ID.match, _written_ids(root)) if found)
    last = max(times, default="")
    if last >= time:
        # The clock went back.
        instant = datetime.strptime(last, "%Y%m%dT%H%M%S%f") + timedelta(microseconds=1)
        time = f"{instant:%Y%m%dT%H%M%S}{instant.microsecond:06}"
    return f"{time}-{content[:8]}"


def publish(root: Path, manifest: Manifest, durable: bool = True) -> Manifest:
    """Make a snapshot the current one; returns its manifest. Its files are on the disk already.

    What is not `durable` need not survive a power cut. Call it under the store's lock.
    """
    # Once the pointer is beyond them, nobody could tell them from those that were published.
    for snapshot_id in unpublished_ids(root):
        remove_folder(root / "snapshots" / snapshot_id)
    manifest = write_manifest(root, manifest, durable)
    point_to(root, manifest, durable)
    return manifest


def write_manifest(root: Path, manifest: Manifest, durable: bool = True) -> Manifest:
    """Keep a snapshot, with the row of the table `snapshot`; returns its manifest."""
    snapshot = manifest.snapshot
    folder = root / "snapshots" / snapshot.snapshot_id
    values = msgspec.to_builtins(snapshot, builtin_types=(datetime,))
    row = parquet_bytes(pl.DataFrame([values], schema=PUBLISHED["snapshot"].schema))
    name = parquet_name("snapshot", checksum_of(row))
    manifest = msgspec.structs.replace(manifest, row_file=name)
    write_bytes(row, folder / name, durable)
    write_document(manifest, folder / MANIFEST, durable, readable=True)
    if durable:
        sync_folder(folder)
        sync_folder(folder.parent)
    return manifest


def point_to(root: Path, manifest: Manifest, durable: bool = True) -> None:
    """Make a kept snapshot the current one."""
    pointer, before = pointer_to(manifest), read_pointer(root)
    newest = pointer.snapshot_id
    if before is not None:
        newest = max(newest, before.newest or before.snapshot_id)
    write_document(msgspec.structs.replace(pointer, newest=newest), root / POINTER, durable)
    if durable:
        sync_folder(root)


def pointer_to(manifest: Manifest) -> Pointer:
    """What the pointer says of a snapshot."""
    return Pointer(manifest.snapshot.snapshot_id, manifest.erased)


def read_pointer(root: Path) -> Pointer | None:
    """What the pointer says; None if there is none that can be relied on."""
    return read_document(root / POINTER, Pointer)


def find_current(root: Path) -> Current:
    """The published snapshot: the one that is pointed to, or else the newest that is whole.

    Raises NoSnapshot if there is none.
    """
    pointer = read_pointer(root)
    if pointer is not None:
        manifest = read_manifest(root, pointer.snapshot_id)
        if manifest is not None:
            return Current(manifest, None)
    ids = kept_ids(root)
    if pointer is None and not ids:
        raise NoSnapshot(f"Nothing has been published in {root} yet. Run `beatxp refresh` first.")
    lost = POINTER if pointer is None else f"the manifest of snapshot {pointer.snapshot_id}"
    for snapshot_id in reversed(ids):
        manifest = read_manifest(root, snapshot_id)
        if manifest is not None and _is_whole(root, manifest):
            return Current(
                manifest,
                f"In {root} {lost} is damaged or gone: the newest snapshot that is whole, "
                f"{snapshot_id}, is shown. The next refresh mends it.",
            )
    raise NoSnapshot(
        f"In {root} {lost} is damaged or gone, and no kept snapshot is whole. Run `beatxp refresh`."
    )


def _is_whole(root: Path, manifest: Manifest) -> bool:
    """Whether all files of a snapshot are there."""
    return all(path.exists() for name in manifest.tables for path in manifest.paths(root, name))


def current(root: Path) -> Manifest:
    """The published snapshot. Raises NoSnapshot if there is none."""
    return find_current(root).manifest


def read_manifest(root: Path, snapshot_id: str) -> Manifest | None:
    """The manifest of a kept snapshot; None if there is none, or a damaged one."""
    manifest = read_document(root / "snapshots" / snapshot_id / MANIFEST, Manifest)
    if manifest is None or manifest.snapshot.snapshot_id != snapshot_id:
        return None
    return manifest


def kept(root: Path, snapshot_id: str) -> Manifest:
    """A snapshot that is still kept.

    Raises UnknownSnapshot with the way to list them, Damaged if its manifest is.
    """
    manifest = read_manifest(root, snapshot_id)
    if manifest is None:
        path = root / "snapshots" / snapshot_id / MANIFEST
        if path.exists():
            raise Damaged(path, "is damaged: it is not what was written")
        raise UnknownSnapshot(
            f"There is no snapshot {snapshot_id!r} in {root}. "
            "`beatxp snapshots` lists those that are kept."
        )
    return manifest


def hold_back(root: Path, manifest: Manifest) -> None:
    """Remember what a guard did not let a refresh publish: `pending` opens it."""
    write_document(manifest, root / HELD_BACK)


def nothing_held_back(root: Path) -> None:
    """Forget what was held back, once a refresh has published or found nothing new."""
    remove(root / HELD_BACK)
    forget_failure(root)


def pending(root: Path) -> Manifest:
    """What the last refresh would have published, had no guard stopped it. Raises NothingPending.

    Its files are there until a refresh publishes.
    """
    manifest = read_document(root / HELD_BACK, Manifest)
    if manifest is None:
        raise NothingPending(
            "Nothing is pending: no guard has stopped a refresh since the last one that was let "
            "through."
        )
    return manifest


def kept_ids(root: Path) -> list[str]:
    """The ids of all snapshots that are kept, in the order of their publication."""
    # A snapshot is written before the pointer: it may be published between the two looks.
    written = [path.parent.name for path in (root / "snapshots").glob(f"*/{MANIFEST}")]
    unpublished = unpublished_ids(root)
    return sorted(snapshot_id for snapshot_id in written if snapshot_id not in unpublished)


def unpublished_ids(root: Path) -> set[str]:
    """The ids of snapshots that were written, in part or whole, and never pointed to.

    One is being published, or its writer died or could not write the pointer.
    """
    written = _written_ids(root)
    pointer = read_pointer(root)
    if pointer is None or not pointer.newest:
        return set()
    return {snapshot_id for snapshot_id in written if snapshot_id > pointer.newest}


def _written_ids(root: Path) -> list[str]:
    return [path.name for path in (root / "snapshots").glob("*") if _ID.match(path.name)]


def all_kept(root: Path) -> list[Manifest]:
    """All snapshots that are kept and have a whole manifest, the oldest first."""
    manifests = (read_manifest(root, snapshot_id) for snapshot_id in kept_ids(root))
    return [manifest for manifest in manifests if manifest is not None]


def lost_ids(root: Path, readable: Iterable[Manifest]) -> list[str]:
    """The ids of snapshots that nobody can read, given all others: their manifest is gone or
    damaged.
    """
    ids = set(_written_ids(root)) - unpublished_ids(root)
    return sorted(ids - {manifest.snapshot.snapshot_id for manifest in readable})


def record_check(root: Path, checked: Checked) -> None:
    """Remember that a refresh looked, and at what."""
    write_document(checked, root / CHECKED)


def last_check(root: Path) -> Checked | None:
    """What the last refresh looked at, if it is known."""
    return read_document(root / CHECKED, Checked)
