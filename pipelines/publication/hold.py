"""A roll back: readers are shown an earlier snapshot, and nothing is published until a release."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pipelines.failures import Failure
from pipelines.publication.manifest import (
    Manifest,
    NoSnapshot,
    current,
    kept,
    point_to,
    read_manifest,
)
from pipelines.publication.verification import damaged_files
from pipelines.store.atomic import remove
from pipelines.store.documents import read_document, write_document

#: In the store's folder.
HOLD = "held.json"


class Hold(msgspec.Struct, frozen=True):
    """Which snapshot is shown, since when (UTC without a zone), and why, as somebody put it."""

    snapshot_id: str
    since: datetime
    reason: str = ""

    def __str__(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        return (
            f"Publication is held at snapshot {self.snapshot_id} since "
            f"{self.since:%Y-%m-%d %H:%M} UTC{why}. `beatxp release` lets refreshes publish again."
        )


class Held(Failure):
    """Somebody rolled back: nothing is published until `beatxp release`."""

    code = "held"
    # It is no fault that would be met again: a release ends it.
    may_pass = True


def held(root: Path) -> Hold | None:
    """Whether publication is held. It is, too, where the file that says so is damaged."""
    hold = read_document(root / HOLD, Hold)
    if hold is None and (root / HOLD).exists():
        with suppress(NoSnapshot):
            shown = current(root).snapshot.snapshot_id
            since = datetime.fromtimestamp((root / HOLD).stat().st_mtime, UTC)
            return Hold(shown, since.replace(tzinfo=None), f"{root / HOLD} is damaged")
    return hold


def check_not_held(root: Path) -> None:
    """Raise Held if publication is held; the pointer is put right if it is elsewhere."""
    hold = held(root)
    if hold is not None:
        manifest = read_manifest(root, hold.snapshot_id)
        if manifest is not None:
            point_to(root, manifest)
        raise Held(str(hold))


def roll_back(root: Path, manifest: Manifest, now: datetime, reason: str, workers: int) -> Hold:
    """Show a kept snapshot, whose files are verified first. Call it under the store's lock.

    Raises UnknownSnapshot if it was removed meanwhile, Damaged, OSError.
    """
    manifest = kept(root, manifest.snapshot.snapshot_id)
    for damage in damaged_files(root, manifest, ("snapshot", *manifest.tables), workers):
        raise damage
    hold = Hold(manifest.snapshot.snapshot_id, now, reason)
    # If it ends between the two, the next refresh points there.
    write_document(hold, root / HOLD)
    point_to(root, manifest)
    return hold


def release(root: Path) -> Hold | None:
    """Let refreshes publish again; what was held. Call it under the store's lock."""
    hold = held(root)
    remove(root / HOLD)
    return hold
