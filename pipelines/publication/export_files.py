"""Which export files snapshots were computed from: what their tables `files` say of it."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pipelines.exports.ingest import contribution_folder
from pipelines.publication.manifest import Manifest
from pipelines.store.checksums import Damaged, verified

_SCHEMA = {"entity": pl.String, "file": pl.String, "sha256": pl.String, "dialect": pl.String}


def export_files(root: Path, manifests: Iterable[Manifest]) -> pl.DataFrame:
    """The export files of some snapshots, each content that a path had once.

    Columns: entity, file (its path in the entity's folder), sha256 (of its bytes; empty if it could
    not be read), dialect (identifies how it was read; empty without a table in the settings).
    Raises Damaged.
    """
    # Snapshots have most files in common, and many of them all.
    found = {
        (part.file, tuple(sorted(manifest.dialects.items()))): manifest.dialects
        for manifest in manifests
        for part in manifest.parts("files")
    }
    return pl.concat(
        [
            pl.DataFrame(schema=_SCHEMA),
            *(
                pl.read_parquet(
                    verified(root / file),
                    columns=["entity", "file", "sha256"],
                    hive_partitioning=False,
                    glob=False,
                ).with_columns(
                    pl.col("entity").replace_strict(dialects, default="").alias("dialect")
                )
                for (file, _), dialects in found.items()
            ),
        ]
    ).unique()


def published_files(root: Path, published: Manifest | None) -> dict[tuple[str, str], str]:
    """The hashes of a snapshot's export files by entity and path; none if that is damaged, so that
    every file counts as new.
    """
    try:
        files = export_files(root, [published] if published else [])
    except Damaged:
        return {}
    return {(entity, path): sha256 for entity, path, sha256, _ in files.iter_rows()}


def contribution_folders(files: pl.DataFrame) -> list[str]:
    """Where what is kept of export files is, below the store's folder, by the rows of
    `export_files`; empty for one of which nothing is kept.
    """
    return [
        contribution_folder(entity, path, sha256, dialect)
        for entity, path, sha256, dialect in files.select(*_SCHEMA).iter_rows()
    ]
