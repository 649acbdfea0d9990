"""Immutable Parquet files: written whole or not at all, and named so that they can be shared."""

import hashlib
import io
import os
from pathlib import Path

import msgspec
import polars as pl
import pyarrow
import pyarrow.parquet


class Part(msgspec.Struct, frozen=True):
    """One published Parquet file: its place below the store, its rows, and two checksums.

    `digest` is over the values and names the content; `sha256` is over the file's bytes and
    proves that they are the ones that were written.
    """

    file: str
    partition: str
    rows: int
    digest: str
    sha256: str
    bytes: int


def write_bytes(data: bytes | memoryview, path: Path) -> None:
    """Write a file so that its name appears only when its bytes are on the disk.

    That the name itself survives a power cut takes `sync_folder`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def parquet_bytes(frame: pl.DataFrame) -> memoryview:
    """The frame as one Parquet file in memory, for readers of any kind."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getbuffer()


def working_parquet_bytes(frame: pl.DataFrame) -> memoryview:
    """The frame as a Parquet file that is written and read back fast.

    Differences between neighbours make sorted ids and times small without any compression.
    """
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    counts = [n for n, t in frame.schema.items() if t in (pl.Int64(), pl.Datetime("us"))]
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(
        table,
        buffer,
        compression="none",
        use_dictionary=[name for name in frame.columns if name not in counts],
        column_encoding=dict.fromkeys(counts, "DELTA_BINARY_PACKED"),
    )
    return buffer.getbuffer()


def content_digest(frame: pl.DataFrame) -> str:
    """A hash over names, types and values in row order, whatever file or engine they came from."""
    digest = hashlib.sha256()
    digest.update(f"{frame.height}".encode())
    for column in frame.rechunk().iter_columns():
        digest.update(f"|{column.name}:{column.dtype}|".encode())
        nulls = column.is_null()
        if nulls.any():
            digest.update(_fixed_width(nulls.cast(pl.UInt8)))
        if column.dtype == pl.String:
            digest.update(_fixed_width(column.str.len_bytes().cast(pl.Int64).fill_null(-1)))
            joined = column.drop_nulls().str.join("").item() if frame.height else ""
            digest.update((joined or "").encode())
        else:
            physical = column.to_physical()
            digest.update(_fixed_width(physical.fill_null(0) if nulls.any() else physical))
    return digest.hexdigest()


def _fixed_width(column: pl.Series) -> memoryview:
    array = column.rechunk().to_arrow()
    width = array.type.bit_width // 8
    data = array.buffers()[1]
    if data is None:
        return memoryview(b"")
    return memoryview(data)[array.offset * width : (array.offset + len(array)) * width]
