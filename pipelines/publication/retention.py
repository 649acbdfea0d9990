"""When old snapshots go: after each publication, those beyond the number that is kept."""

from pathlib import Path
from typing import NamedTuple

from pipelines.publication.comparisons import forget_comparisons
from pipelines.publication.manifest import Manifest, all_kept, current, lost_ids
from pipelines.store.atomic import remove_folder


class Retained(NamedTuple):
    """The snapshots that are kept, the oldest first, and the ids of those that were damaged."""

    kept: list[Manifest]
    lost: list[str]


def retire(root: Path, keep: int) -> Retained:
    """Remove the oldest snapshots beyond `keep`, never the current one, and those that are lost.

    What was remembered of those that go, goes with them.
    """
    manifests = all_kept(root)
    newest = current(root).snapshot.snapshot_id
    old = {m.snapshot.snapshot_id for m in manifests[:-keep]} - {newest}
    kept = [m for m in manifests if m.snapshot.snapshot_id not in old]
    lost = lost_ids(root, manifests)
    for snapshot_id in (*old, *lost):
        remove_folder(root / "snapshots" / snapshot_id)
    forget_comparisons(root, (m.snapshot.snapshot_id for m in kept))
    return Retained(kept, lost)
