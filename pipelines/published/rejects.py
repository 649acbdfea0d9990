"""Reading what a published snapshot could not use: rows, cells and files.

(Specification, section 1: what bad input gets.)
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

import polars as pl

from pipelines.published.snapshot import NotFoundError, PublishedSnapshot


@dataclass(frozen=True)
class Selection:
    """Which rejects are meant; what is not given does not matter.

    `file` is a path below the entity's folder, with or without the entity, or a pattern such as
    "plays/2026-*"; `reason` is a reason or a pattern such as "played_at:*".
    """

    entity: str | None = None
    file: str | None = None
    reason: str | None = None

    def is_of(self, entity: str, file: str) -> bool:
        """Whether a file of an entity has the name that is meant, or one of the pattern."""
        wanted = self.file
        return wanted is None or any(
            name == wanted or fnmatchcase(name, wanted) for name in (file, f"{entity}/{file}")
        )

    def is_for(self, reason: str) -> bool:
        """Whether a reason is meant."""
        return self.reason is None or fnmatchcase(reason, self.reason)


def export_files(snapshot: PublishedSnapshot, selection: Selection) -> pl.DataFrame:
    """The export files that are meant: the rows of `files`, accepted files included.

    Raises NotFoundError if there is none by that name.
    """
    files = snapshot.scan("files")
    if selection.entity is not None:
        files = files.filter(pl.col("entity") == selection.entity)
    found = files.sort("entity", "file").collect()
    wanted = selection.file
    if wanted is None:
        return found
    names = list(found.select("entity", "file").iter_rows())
    exact = [wanted in (file, f"{entity}/{file}") for entity, file in names]
    if not any(exact):
        exact = [selection.is_of(entity, file) for entity, file in names]
    if not any(exact):
        of_entity = f" of {selection.entity}" if selection.entity else ""
        raise NotFoundError(
            f"No export file{of_entity} has the name {wanted!r}. Write its path below the exports "
            "folder, or a pattern in quotes such as 'plays/*2026-11*'."
        )
    return found.filter(pl.Series(exact, dtype=pl.Boolean))


def rejects(snapshot: PublishedSnapshot, selection: Selection) -> pl.LazyFrame:
    """The rows of `rejects` that are meant: entity, file, row, reason, original.

    `row` is null for a file that was rejected as a whole. Raises NotFoundError.
    """
    rows = _of_files(snapshot, "rejects", selection)
    if selection.reason is None:
        return rows
    reasons = rows.select(pl.col("reason").unique()).collect()["reason"]
    meant = [reason for reason in reasons if selection.is_for(reason)]
    return rows.filter(pl.col("reason").is_in(meant))


def counts(rejected: pl.LazyFrame) -> pl.DataFrame:
    """Rejected rows by entity, file and reason (column `rows`), the most first."""
    return (
        rejected.filter(pl.col("row").is_not_null())
        .group_by("entity", "file", "reason")
        .agg(pl.len().cast(pl.Int64).alias("rows"))
        .sort("rows", "entity", "file", "reason", descending=[True, False, False, False])
        .collect()
    )


def bad_cells(snapshot: PublishedSnapshot, selection: Selection) -> pl.DataFrame:
    """Cells that became null by entity, file and column (column `cells`), the most first."""
    return (
        _of_files(snapshot, "bad_cells", selection)
        .sort("cells", "entity", "file", "column", descending=[True, False, False, False])
        .collect()
    )


def rejected_files(snapshot: PublishedSnapshot, selection: Selection) -> pl.DataFrame:
    """Files that were rejected as a whole: entity, file, reason, detail (a sentence)."""
    files = export_files(snapshot, selection).filter(pl.col("reason").is_not_null())
    meant = [selection.is_for(reason) for reason in files["reason"]]
    files = files.filter(pl.Series(meant, dtype=pl.Boolean))
    return files.select("entity", "file", "reason", "detail")


def _of_files(snapshot: PublishedSnapshot, table: str, selection: Selection) -> pl.LazyFrame:
    rows = snapshot.scan(table)
    if selection.entity is not None:
        rows = rows.filter(pl.col("entity") == selection.entity)
    if selection.file is not None:
        files = export_files(snapshot, selection).select("entity", "file")
        rows = rows.join(files.lazy(), on=["entity", "file"], how="semi", maintain_order="left")
    return rows
