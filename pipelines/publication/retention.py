"""When old snapshots go: after each publication, those beyond the number that is kept."""

import shutil
from pathlib import Path

from pipelines.publication.comparisons import forget_comparisons
from pipelines.publication.manifest import Manifest, all_kept, current


def retire(root: Path, keep: int) -> list[Manifest]:
    """Remove the oldest snapshots beyond `keep`, never the current one; returns what is kept.

    What was remembered of those that go, goes with them.
    """
    manifests = all_kept(root)
    newest = current(root).snapshot.snapshot_id
    retired = [m for m in manifests[:-keep] if m.snapshot.snapshot_id != newest]
    for manifest in retired:
        shutil.rmtree(root / "snapshots" / manifest.snapshot.snapshot_id)
    gone = {m.snapshot.snapshot_id for m in retired}
    kept = [m for m in manifests if m.snapshot.snapshot_id not in gone]
    forget_comparisons(root, (m.snapshot.snapshot_id for m in kept))
    return kept
