"""When old snapshots go: after each publication, those beyond the number that is kept."""

from pathlib import Path

from pipelines.publication.comparisons import forget_comparisons
from pipelines.publication.manifest import Manifest, all_kept, current, lost_ids
from pipelines.store.atomic import remove_folder


def retire(root: Path, keep: int) -> list[Manifest]:
    """Remove the oldest snapshots beyond `keep`, never the current one; returns what is kept.

    What was remembered of those that go, goes with them.
    """
    manifests = all_kept(root)
    newest = current(root).snapshot.snapshot_id
    old = {m.snapshot.snapshot_id for m in manifests[:-keep]} - {newest}
    kept = [m for m in manifests if m.snapshot.snapshot_id not in old]
    for snapshot_id in {*old, *lost_ids(root)}:
        remove_folder(root / "snapshots" / snapshot_id)
    forget_comparisons(root, (m.snapshot.snapshot_id for m in kept))
    return kept
