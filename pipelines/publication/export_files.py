"""Which export files snapshots were computed from: what their tables `files` say of it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from pipelines.exports.ingest import contribution_folder
from pipelines.publication.manifest import Manifest
from pipelines.store.checksums import Damaged, verified
from pipelines.store.parts import Part

#: In the place of the part of a hash by which contributions are called.
_ANY_SHA256 = "?" * 40
_AROUND = ("before", "after")
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
                _hashes(root, [file]).with_columns(
                    pl.col("entity").replace_strict(dialects, default="").alias("dialect")
                )
                for (file, _), dialects in found.items()
            ),
        ]
    ).unique()


def changed_files(
    root: Path, files: Sequence[Part], published: Manifest | None
) -> set[tuple[str, str]]:
    """Entity and path of those among some `files` that a snapshot does not have with this content.

    All, if there is no snapshot, or its list is damaged. Raises Damaged if the first one is.
    """
    now = _hashes(root, (part.file for part in files))
    try:
        before = export_files(root, [published] if published else [])
    except Damaged:
        before = pl.DataFrame(schema=_SCHEMA)
    changed = now.join(before, on=["entity", "file", "sha256"], how="anti")
    return set(changed.select("entity", "file").iter_rows())


def contribution_folders(files: pl.DataFrame) -> list[str]:
    """Where what is kept of export files is, below the store's folder, by the rows of
    `export_files`.
    """
    # There can be a hundred thousand files, but few endings.
    files = files.filter(pl.col("sha256") != "").with_columns(
        pl.col("file").str.extract(r"((?:\.[^.]*){0,2})$").alias("ending")
    )
    kinds = files.select("entity", "ending", "dialect").unique()
    names = [
        contribution_folder(entity, ending, _ANY_SHA256, dialect).split(_ANY_SHA256)
        for entity, ending, dialect in kinds.iter_rows()
    ]
    around = pl.DataFrame([(*name, "")[:2] for name in names], schema=_AROUND, orient="row")
    before, after = _AROUND
    return (
        files.join(pl.concat([kinds, around], how="horizontal"), on=kinds.columns)
        .filter(pl.col(before) != "")
        .select(pl.concat_str(before, pl.col("sha256").str.slice(0, len(_ANY_SHA256)), after))
        .to_series()
        .to_list()
    )


def _hashes(root: Path, files: Iterable[str]) -> pl.DataFrame:
    """Entity, file and sha256 of some files of the table."""
    schema = {name: _SCHEMA[name] for name in ("entity", "file", "sha256")}
    return pl.concat(
        [
            pl.DataFrame(schema=schema),
            *(
                pl.read_parquet(
                    verified(root / file), columns=[*schema], hive_partitioning=False, glob=False
                )
                for file in files
            ),
        ]
    )
