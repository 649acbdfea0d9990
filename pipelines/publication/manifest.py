"""Published snapshots: a folder each, sharing files by content, and one pointer.

A snapshot is visible when `current.json` names it, and whole by then: its files were written and
synced before its manifest, its manifest before the pointer. Readers take no lock.
"""

import hashlib
import json
from datetime import datetime
from pathlib import Path

import msgspec
import polars as pl

from pipelines.failures import BAD_USAGE, Failure, UsageError
from pipelines.publication.last_failure import forget_failure
from pipelines.store.atomic import sync_folder, write_bytes
from pipelines.store.parts import Part, parquet_bytes
from pipelines.tables import PUBLISHED

#: Beside the pointer.
_HELD_BACK = "pending.json"


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

    `export_files` maps "entity/path" to the hash of its content, `dump_rows` an entity to the
    rows of its current dump, `event_rows` an entity to its accepted rows; `rulebook` is the text of
    the rulebook's file (these two are empty in snapshots of early versions); `dialects` identifies
    how files were read, by entity, of those that have a table in the settings.
    """

    snapshot: Snapshot
    tables: dict[str, list[Part]]
    export_files: dict[str, str]
    dump_rows: dict[str, int]
    notices: list[str]
    rulebook: str = ""
    event_rows: dict[str, int] = {}
    dialects: dict[str, str] = {}

    def parts(self, table: str) -> list[Part]:
        """The files of a table; none if the version that published the snapshot had no such one."""
        return self.tables.get(table, [])

    def paths(self, root: Path, table: str) -> list[Path]:
        """The absolute paths of a table's Parquet files, in order."""
        if table == "snapshot":
            return [root / "snapshots" / self.snapshot.snapshot_id / "snapshot.parquet"]
        return [root / part.file for part in self.parts(table)]


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


def publish(root: Path, manifest: Manifest, durable: bool = True) -> None:
    """Make a snapshot the current one. Its files are on the disk already.

    What is not `durable` need not survive a power cut.
    """
    snapshot = manifest.snapshot
    folder = root / "snapshots" / snapshot.snapshot_id
    values = msgspec.to_builtins(snapshot, builtin_types=(datetime,))
    row = pl.DataFrame([values], schema=PUBLISHED["snapshot"].schema)
    document = msgspec.json.format(msgspec.json.encode(manifest))
    write_bytes(parquet_bytes(row), folder / "snapshot.parquet", durable)
    write_bytes(document, folder / "manifest.json", durable)
    if durable:
        sync_folder(folder)
        sync_folder(folder.parent)
    pointer = {"snapshot_id": snapshot.snapshot_id}
    write_bytes(json.dumps(pointer).encode(), root / "current.json", durable)
    if durable:
        sync_folder(root)


def current_id(root: Path) -> str | None:
    """The id of the published snapshot; None if there is none yet."""
    try:
        pointer: dict[str, str] = json.loads((root / "current.json").read_bytes())
    except FileNotFoundError:
        return None
    return pointer["snapshot_id"]


def current(root: Path) -> Manifest:
    """The published snapshot. Raises NoSnapshot if there is none yet."""
    snapshot_id = current_id(root)
    if snapshot_id is None:
        raise NoSnapshot(f"Nothing has been published in {root} yet. Run `beatxp refresh` first.")
    return kept(root, snapshot_id)


def kept(root: Path, snapshot_id: str) -> Manifest:
    """A snapshot that is still kept. Raises UnknownSnapshot with the way to list them."""
    path = root / "snapshots" / snapshot_id / "manifest.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise UnknownSnapshot(
            f"There is no snapshot {snapshot_id!r} in {root}. "
            "`beatxp snapshots` lists those that are kept."
        ) from None


def hold_back(root: Path, manifest: Manifest) -> None:
    """Remember what a guard did not let a refresh publish: `pending` opens it."""
    write_bytes(msgspec.json.encode(manifest), root / _HELD_BACK)


def nothing_held_back(root: Path) -> None:
    """Forget what was held back, once a refresh has published or found nothing new."""
    (root / _HELD_BACK).unlink(missing_ok=True)
    forget_failure(root)


def pending(root: Path) -> Manifest:
    """What the last refresh would have published, had no guard stopped it. Raises NothingPending.

    Its files are there until a refresh publishes.
    """
    try:
        return msgspec.json.decode((root / _HELD_BACK).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise NothingPending(
            "Nothing is pending: no guard has stopped a refresh since the last one that was let "
            "through."
        ) from None


def kept_ids(root: Path) -> list[str]:
    """The ids of all snapshots that are kept, in the order of their texts."""
    return sorted(path.parent.name for path in (root / "snapshots").glob("*/manifest.json"))


def all_kept(root: Path) -> list[Manifest]:
    """All snapshots that are kept, the oldest first."""
    manifests = [kept(root, name) for name in kept_ids(root)]
    return sorted(manifests, key=lambda m: (m.snapshot.published_at, m.snapshot.snapshot_id))


def record_check(root: Path, checked: Checked) -> None:
    """Remember that a refresh looked, and at what."""
    write_bytes(msgspec.json.encode(checked), root / "checked.json")


def last_check(root: Path) -> Checked | None:
    """What the last refresh looked at, if it is known."""
    try:
        return msgspec.json.decode((root / "checked.json").read_bytes(), type=Checked)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
