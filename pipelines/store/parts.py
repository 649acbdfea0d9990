"""Immutable Parquet files: what is in them, and how they are named so that they can be shared."""

import hashlib
import io
from collections.abc import Sequence

import msgspec
import polars as pl

from pipelines.tables import StoreFile, Table

#: A reader of some days or ids passes over groups of rows that have none of them.
GROUP_ROWS = 128 * 1024


class Part(msgspec.Struct, frozen=True):
    """One published Parquet file: its place below the store, its rows, and its size.

    `digest` is over the values: files of two versions of a library may hold one content. The
    checksum of the bytes is in the file's name.
    """

    file: StoreFile
    partition: str
    rows: int
    digest: str
    bytes: int


def table_of(name: str, parts: Sequence[Part]) -> Table:
    """Published files as one table."""
    return Table(name, tuple(part.file for part in parts), sum(part.rows for part in parts))


def parquet_bytes(frame: pl.DataFrame) -> memoryview:
    """The frame as one Parquet file in memory.

    Differences between neighbours make sorted numbers and times small without any compression,
    and a dictionary does it for repeated values: both are faster to write and to read than what
    compression takes. Texts that do not repeat are compressed. An Enum becomes text.
    """
    # Only those who write need it, and it is slow to import.
    import pyarrow.parquet

    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    counts = [n for n, t in frame.schema.items() if t in (pl.Int64(), pl.Datetime("us"))]
    texts = [n for n, t in frame.schema.items() if t == pl.String()]
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(
        table,
        buffer,
        row_group_size=GROUP_ROWS,
        compression={n: "zstd" if n in texts else "none" for n in frame.columns},
        use_dictionary=[name for name in frame.columns if name not in counts],
        column_encoding=dict.fromkeys(counts, "DELTA_BINARY_PACKED"),
        store_schema=False,
    )
    return buffer.getbuffer()


def content_digest(frame: pl.DataFrame) -> str:
    """A hash over names, types and values in row order, whatever file or engine they came from.

    The type of an Enum holds its texts.
    """
    digest = hashlib.sha256()
    digest.update(f"{frame.height}".encode())
    for column in frame.rechunk().iter_columns():
        digest.update(f"|{column.name}:{column.dtype}|".encode())
        has_nulls = column.null_count() > 0
        if has_nulls:
            digest.update(_fixed_width(column.is_null().cast(pl.UInt8)))
        if column.dtype == pl.String:
            digest.update(_fixed_width(column.str.len_bytes().cast(pl.Int64).fill_null(0)))
            array = column.to_arrow(compat_level=pl.CompatLevel.oldest())
            start, end = (array.offset, array.offset + len(array))
            offsets = memoryview(array.buffers()[1]).cast("q") if len(array) else [0]
            if array.buffers()[2] is not None:
                digest.update(memoryview(array.buffers()[2])[offsets[start] : offsets[end]])
        else:
            physical = column.to_physical()
            if physical.dtype == pl.Boolean:  # eight to a byte
                physical = physical.cast(pl.UInt8)
            digest.update(_fixed_width(physical.fill_null(0) if has_nulls else physical))
    return digest.hexdigest()


def _fixed_width(column: pl.Series) -> memoryview:
    array = column.rechunk().to_arrow()
    width = array.type.bit_width // 8
    data = array.buffers()[1]
    if data is None:
        return memoryview(b"")
    return memoryview(data)[array.offset * width : (array.offset + len(array)) * width]
