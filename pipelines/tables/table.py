"""A table that is there: its files in the store."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import msgspec
import polars as pl

from pipelines.tables.published import PUBLISHED
from pipelines.tables.working import WORKING

#: A file or a folder, by its path below the store's folder.
StoreFile = Annotated[str, msgspec.Meta(description="a file or a folder of the store")]


class Table(msgspec.Struct, frozen=True):
    """An immutable table of the store: Parquet files, in order, below the store's folder."""

    name: str
    files: tuple[StoreFile, ...] = ()
    rows: int = 0

    @property
    def schema(self) -> pl.Schema:
        """The columns and types that every one of its files has."""
        return (WORKING.get(self.name) or PUBLISHED[self.name]).schema

    @property
    def empty(self) -> pl.DataFrame:
        """A frame with its columns and no rows."""
        return pl.DataFrame(schema=self.schema)


def pieces(frame: pl.DataFrame, lengths: Iterable[int]) -> Iterator[pl.DataFrame]:
    """A frame cut into pieces of so many rows, one after the other; nothing is copied."""
    start = 0
    for length in lengths:
        yield frame.slice(start, length)
        start += length


def union(name: str, tables: Sequence[Table]) -> Table:
    """Several tables of one name, one after the other, as one table."""
    return Table(name, tuple(f for t in tables for f in t.files), sum(t.rows for t in tables))
