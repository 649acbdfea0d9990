"""What a kept snapshot was computed from: export files, as they were read, and rules."""

from pipelines.exports.ingest import Deliveries
from pipelines.exports.restore import ExportFilesGone, restore_deliveries
from pipelines.publication.manifest import Manifest
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.rulebook import Rulebook, parse_rulebook
from pipelines.settings import Settings
from pipelines.store.store import Store


def files_of(store: Store, settings: Settings, snapshot: PublishedSnapshot) -> Deliveries:
    """The export files that a kept snapshot was computed from, as a store has them.

    Raises ExportFilesGone.
    """
    files = snapshot.scan("files").collect()
    return restore_deliveries(
        store, settings.project.exports, settings.exports, files, snapshot.manifest.dialects
    )


def rulebook_of(manifest: Manifest) -> Rulebook:
    """The rules that a kept snapshot was computed by. Raises ExportFilesGone, RulebookError."""
    snapshot_id = manifest.snapshot.snapshot_id
    if not manifest.rulebook:
        raise ExportFilesGone(
            f"Snapshot {snapshot_id} does not say by which rules it was computed, as an early "
            "version published it; refresh once to have one that does."
        )
    return parse_rulebook(manifest.rulebook.encode(), f"the rulebook of {snapshot_id}")
