"""Whether a published snapshot has the content that it says, and its values follow by the rules.

The rules are the SQL files alone (`pipelines.reference`); they are given the export files, the
rulebook and as_of that the snapshot was computed from.
"""

from collections.abc import Iterator

import duckdb

from analysis.questions import SqlFailed
from analysis.scenario import open_sandbox
from pipelines.publication.manifest import Manifest, content_sha256
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.reference.comparison import KEYS, Comparison, compare_published
from pipelines.reference.recompute import Source
from pipelines.reference.sample import Sample, turn_of
from pipelines.settings import Settings


def content_faults(manifest: Manifest) -> list[str]:
    """Whether a manifest lists other content than the snapshot says it has, as sentences."""
    row = manifest.snapshot
    if content_sha256(row.rulebook_sha256, manifest.tables) != row.content_sha256:
        return [f"The manifest of {row.snapshot_id} lists other content than content_sha256 says."]
    return []


def recompute_and_compare(
    settings: Settings, snapshot: PublishedSnapshot, producers: int | None = None
) -> Iterator[Comparison]:
    """Compute a snapshot's tables by the rules alone, and compare each with what was published.

    With `producers`, only those of a sample of so many, the same ones for a snapshot each time.
    Raises ExportFilesGone, RulebookError, SqlFailed, OSError.
    """
    sample = None if producers is None else Sample(turn_of(snapshot.row.published_at), producers)
    with open_sandbox(settings) as sandbox:
        scenario = sandbox.scenario_of(snapshot)
        source = Source(
            sandbox.store,
            scenario.deliveries,
            scenario.rulebook,
            scenario.as_of,
            settings.engine.sql_memory_limit,
            settings.engine.threads,
        )
        shared = sandbox.opened(snapshot)
        published = {table: shared.paths(table) for table in KEYS}
        try:
            yield from compare_published(source, published, sample)
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            raise SqlFailed("\n".join([str(error), *getattr(error, "__notes__", [])])) from None
