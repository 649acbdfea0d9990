"""Mends a store: what is damaged is computed again from the export files, or is given up.

A snapshot follows from its export files, its rules and its time alone, and so does each of its
files. Files that only save work are removed: the next refresh makes those that it needs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from analysis.scenario import open_sandbox
from analysis.store_faults import Fault, faults_of
from pipelines.exports.restore import ExportFilesGone
from pipelines.publication.hold import HOLD
from pipelines.publication.manifest import (
    MANIFEST,
    POINTER,
    Manifest,
    NoSnapshot,
    all_kept,
    find_current,
    publish,
    write_manifest,
)
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.refresh import LOCK_SECONDS, open_store, workers
from pipelines.rulebook import RulebookError
from pipelines.settings import Settings
from pipelines.store.atomic import remove_folder, write_bytes
from pipelines.store.parts import Part


@dataclass
class Repaired:
    """What became of each fault, as sentences: it is mended, or what it was part of is lost."""

    mended: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def repair(settings: Settings, faults: Sequence[Fault]) -> Repaired:
    """Mend what is damaged, under the store's lock. Raises StoreBusy, OSError."""
    store = open_store(settings)
    root, done = store.root, Repaired()
    with store.lock(LOCK_SECONDS):
        for fault in faults:
            if fault.path.name == HOLD:
                done.lost.append(f"{fault.path}: publication stays held until `beatxp release`.")
                continue
            _remove(root, fault, done)
            store.discard(fault.path)
        for manifest in reversed(all_kept(root)):
            damaged = faults_of([manifest], root, workers(settings)).faults
            if damaged:
                _restore(settings, root, manifest, damaged, done)
        _point_again(root, done)
    return done


def _remove(root: Path, fault: Fault, done: Repaired) -> None:
    if fault.path.name == MANIFEST:
        remove_folder(fault.path.parent)
        done.lost.append(f"Snapshot {fault.path.parent.name}: its manifest cannot be made again.")
    elif not fault.path.is_relative_to(root / "tables") and fault.path.name != POINTER:
        done.mended.append(f"{fault.path} was removed: it only saved work.")


def _point_again(root: Path, done: Repaired) -> None:
    """Write the pointer and the published snapshot's row again if one of them is damaged."""
    try:
        manifest, fault = find_current(root)
    except NoSnapshot:
        return
    if fault is not None:
        publish(root, manifest)
        done.mended.append(f"{root / POINTER} points to {manifest.snapshot.snapshot_id} again.")


def _restore(
    settings: Settings, root: Path, manifest: Manifest, damaged: Iterable[Fault], done: Repaired
) -> None:
    """Compute a snapshot again, and put its files in the places of those that are damaged."""
    snapshot_id = manifest.snapshot.snapshot_id
    bad = {fault.path for fault in damaged}
    if bad <= set(manifest.paths(root, "snapshot")):
        write_manifest(root, manifest)
        done.mended.append(f"Snapshot {snapshot_id}: its row was written again.")
        return
    try:
        with open_sandbox(settings) as sandbox:
            published = PublishedSnapshot(root, manifest)
            made = sandbox.derive(sandbox.scenario_of(published)).snapshot
            tables = {
                table: [_again(part, root, bad, made) for part in parts]
                for table, parts in manifest.tables.items()
            }
    except (ExportFilesGone, RulebookError) as error:
        done.lost.append(f"Snapshot {snapshot_id}: {error}")
        return
    if any(None in parts for parts in tables.values()):
        done.lost.append(
            f"Snapshot {snapshot_id}: this version of the program gives other values than it has."
        )
        return
    again = msgspec.structs.replace(manifest, tables=tables)
    write_manifest(root, again)
    done.mended.append(f"Snapshot {snapshot_id}: {len(bad)} of its files were computed again.")


def _again(part: Part, root: Path, bad: set[Path], made: PublishedSnapshot) -> Part | None:
    """The part, or the same content as it was made again; None if that has other content."""
    if root / part.file not in bad:
        return part
    table = part.file.split("/")[1]
    same: Mapping[tuple[str, str], Part] = {
        (again.partition, again.digest): again for again in made.manifest.parts(table)
    }
    again = same.get((part.partition, part.digest))
    if again is None:
        return None
    write_bytes((made.root / again.file).read_bytes(), root / again.file)
    return again
