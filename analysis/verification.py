"""Whether a published snapshot is what it says: its files as written, its values by the rules.

The rules are the SQL files alone (`pipelines.reference`); they are given the export files, the
rulebook and as_of that the snapshot was computed from.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

from analysis.questions import SqlFailed
from analysis.scenario import open_sandbox
from pipelines.publication.manifest import content_sha256
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.reference.comparison import KEYS, Comparison, compare_published
from pipelines.reference.recompute import Source
from pipelines.reference.sample import Sample, turn_of
from pipelines.settings import Settings


def damaged_files(snapshot: PublishedSnapshot) -> list[str]:
    """The snapshot's files that are gone or not the bytes that were written, as sentences.

    Also that the content of all of them is not what the snapshot says it is.
    """
    said = []
    manifest = snapshot.manifest
    for parts in manifest.tables.values():
        for part in parts:
            path = snapshot.root / part.file
            if not path.exists():
                said.append(f"{part.file} is gone.")
            elif _sha256(path) != part.sha256:
                said.append(f"{part.file} is not what was written.")
    row = manifest.snapshot
    if content_sha256(row.rulebook_sha256, manifest.tables) != row.content_sha256:
        said.append("The manifest lists other content than content_sha256 says.")
    return said


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
        published = {table: shared.manifest.paths(shared.root, table) for table in KEYS}
        try:
            yield from compare_published(source, published, sample)
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            raise SqlFailed(str(error)) from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
