"""The texts that ids stand for, as a published snapshot has them.

(specification, section 1: `text_ids`.) In a snapshot without such ids nothing is read, and frames
stay as they are.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import polars as pl

from pipelines.exports.text_ids import id_of
from pipelines.publication.manifest import Manifest

#: Columns of ids, with the entity whose they are.
ID_COLUMNS: Final = {
    "producer_id": "producers",
    "uploader_id": "producers",
    "collaborator_id": "producers",
    "listener_is_producer": "producers",
    "replaced_by_producer": "producers",
    "track_id": "tracks",
}


class Readable(Protocol):
    """A snapshot that is open for reading (`published.snapshot.PublishedSnapshot`)."""

    @property
    def manifest(self) -> Manifest:
        """Which tables it has."""

    def scan(self, table: str, partitions: Iterable[str] | None = None) -> pl.LazyFrame:
        """A table, or some partitions of it."""


def has_texts(snapshot: Readable, entity: str) -> bool:
    """Whether the ids of producers or tracks stand for texts; nothing is read."""
    return any(part.partition == entity for part in snapshot.manifest.parts("text_ids"))


def id_of_text(snapshot: Readable, entity: str, text: str) -> int | None:
    """The id that stands for a text, of producers or tracks; None if no id there does."""
    # One that is not Unicode, such as half of a surrogate pair, is no text of a file.
    if not has_texts(snapshot, entity) or not _is_unicode(text):
        return None
    found = id_of(text)
    return found if texts_of(snapshot, entity, [found]).get(found) == text else None


def texts_of(snapshot: Readable, entity: str, ids: Iterable[int]) -> dict[int, str]:
    """The texts that some ids of producers or tracks stand for; empty where ids are no texts."""
    if not has_texts(snapshot, entity):
        return {}
    wanted = pl.Series(list(ids), dtype=pl.Int64).implode()
    rows = snapshot.scan("text_ids", [entity]).select("id", "text_id")
    return dict(rows.filter(pl.col("id").is_in(wanted)).collect().iter_rows())


def text_column(column: str) -> str:
    """What the texts of a column of ids are called: `producer_text_id` beside `producer_id`."""
    return f"{column.removesuffix('_id')}_text_id"


def with_texts(rows: pl.DataFrame, *snapshots: Readable) -> pl.DataFrame:
    """Rows with the texts beside each column of ids that stand for texts in one of the snapshots.

    See ID_COLUMNS and `text_column`; null where an id is in none of them. A text that several
    snapshots have is the same in all: its id follows from it.
    """
    wanted: list[pl.Expr] = []
    for column in rows.columns:
        wanted.append(pl.col(column))
        entity = ID_COLUMNS.get(column)
        if entity and any(has_texts(snapshot, entity) for snapshot in snapshots):
            texts: dict[int, str] = {}
            for snapshot in snapshots:
                texts |= texts_of(snapshot, entity, rows[column].drop_nulls().unique())
            ids = pl.Series(texts.keys(), dtype=pl.Int64)
            text = pl.col(column).replace_strict(
                ids, pl.Series(texts.values(), dtype=pl.String), default=None
            )
            wanted.append(text.cast(pl.String).alias(text_column(column)))
    return rows if len(wanted) == rows.width else rows.select(wanted)


def told(rows: pl.DataFrame, column: str = "producer_id") -> pl.Expr:
    """The ids of rows that `with_texts` gave as sentences say them: their texts, or the numbers."""
    if text_column(column) not in rows.columns:
        return pl.col(column)
    return pl.coalesce(text_column(column), pl.col(column).cast(pl.String)).alias(column)


def spelled(row: Mapping[str, Any], column: str = "producer_id") -> str:
    """The same for one row."""
    return row.get(text_column(column)) or str(row[column])


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
