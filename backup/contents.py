"""What of a store belongs into a backup: what cannot be computed again, or not for ever.

Documents may be replaced at any moment, so they are kept as they are read. Parquet files never
change: they are listed here and copied later, those that are not kept already.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from backup.objects import BackupFile
from pipelines.exports.contribution import Contribution
from pipelines.exports.ingest import REPORT
from pipelines.publication.last_failure import FAILED
from pipelines.publication.manifest import (
    CHECKED,
    HELD_BACK,
    MANIFEST,
    POINTER,
    Manifest,
    kept_ids,
)
from pipelines.store.checksums import Damaged
from pipelines.store.documents import decode_document

#: The documents beside the pointer that the next refresh writes anew.
WRITTEN_ANEW: Final = frozenset((CHECKED, HELD_BACK, FAILED))
_DAMAGED: Final = "is damaged: it is not what was written"


@dataclass(frozen=True)
class Unit:
    """Files that are of use together: those of a snapshot, or of the rows of an export file.

    `documents` are kept; `parquet` are paths below the store's folder.
    """

    name: str
    documents: list[BackupFile]
    parquet: list[str]


@dataclass
class Contents:
    """What is in a store: which snapshots, and what else; `damaged` documents as sentences."""

    snapshots: dict[str, Unit] = field(default_factory=dict)
    contributions: list[Unit] = field(default_factory=list)
    documents: list[BackupFile] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @property
    def units(self) -> list[Unit]:
        """All that a file may be missing of."""
        return [*self.snapshots.values(), *self.contributions]


def list_store(root: Path, put: Callable[[bytes], str]) -> Contents:
    """What is in a store at this moment; `put` keeps bytes and returns their checksum.

    No lock is needed: what a refresh removes meanwhile is as if it had been removed before. Raises
    OSError.
    """
    found = Contents()
    # Before the snapshots: it never points to one that comes later.
    pointer = _kept(root, POINTER, put)
    for snapshot_id in kept_ids(root):
        unit = _read(found, partial(_snapshot, root, snapshot_id, put))
        if unit is not None:
            found.snapshots[snapshot_id] = unit
    for report in sorted((root / "work/files").glob(f"*/[!.]*/{REPORT}")):
        unit = _read(found, partial(_contribution, root, report, put))
        if unit is not None:
            found.contributions.append(unit)
    # At the end: what is erased from here on is in the list of the next backup.
    names = {path.name for path in root.glob("[!.]*.json")} - WRITTEN_ANEW - {POINTER}
    documents = (_kept(root, name, put) for name in sorted(names))
    found.documents = [file for file in (*documents, pointer) if file is not None]
    return found


def _read(found: Contents, read: Callable[[], Unit]) -> Unit | None:
    """A unit; None if it is gone since it was listed, or damaged."""
    try:
        return read()
    except FileNotFoundError:
        return None
    except Damaged as error:
        found.damaged.append(f"{error.path} {error.state}.")
        return None


def _snapshot(root: Path, snapshot_id: str, put: Callable[[bytes], str]) -> Unit:
    """Raises Damaged, FileNotFoundError."""
    folder = root / "snapshots" / snapshot_id
    data = (folder / MANIFEST).read_bytes()
    manifest = decode_document(data, Manifest)
    if manifest is None:
        raise Damaged(folder / MANIFEST, _DAMAGED)
    row = manifest.files("snapshot")
    documents = [
        _file(root, path, path.read_bytes(), put)
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".") and path.suffix != ".parquet" and path.name != MANIFEST
    ]
    documents.append(_file(root, folder / MANIFEST, data, put))
    tables = (file for name in manifest.tables for file in manifest.files(name))
    return Unit(f"Snapshot {snapshot_id}", documents, [*row, *tables])


def _contribution(root: Path, report: Path, put: Callable[[bytes], str]) -> Unit:
    """Raises Damaged, FileNotFoundError."""
    data = report.read_bytes()
    contribution = decode_document(data, Contribution)
    if contribution is None:
        raise Damaged(report, _DAMAGED)
    folder = report.parent.relative_to(root)
    parquet = [str(folder / name) for name in _parquet_of(contribution)]
    return Unit(f"The rows of {folder}", [_file(root, report, data, put)], parquet)


def _parquet_of(contribution: Contribution) -> Iterator[str]:
    yield from filter(None, (contribution.rows_file, contribution.rejects_file))


def _kept(root: Path, name: str, put: Callable[[bytes], str]) -> BackupFile | None:
    try:
        return _file(root, root / name, (root / name).read_bytes(), put)
    except FileNotFoundError:
        return None


def _file(root: Path, path: Path, data: bytes, put: Callable[[bytes], str]) -> BackupFile:
    return BackupFile(str(path.relative_to(root)), put(data), len(data))
