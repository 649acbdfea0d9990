"""One export file as it would be read: its account, its first rows, and what stands in it."""

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow
import pyarrow.parquet
from msgspec.structs import replace

from pipelines.exports.compression import decompressed
from pipelines.exports.content import Content
from pipelines.exports.contribution import Contribution
from pipelines.exports.escaped_csv import escaped_records
from pipelines.exports.files import DUMP_ENTITIES, ExportFile
from pipelines.exports.json_text import array_of, object_of, objects_of
from pipelines.exports.read import read_file
from pipelines.exports.rejection import FileRejected
from pipelines.settings import Dialect

#: Of larger files, the beginning is looked at.
MOST_BYTES: Final = 16 * 1024 * 1024
MOST_ROWS: Final = 200_000
#: Rows that are kept as they stand in the file, and bytes of text that are taken for that.
_RAW_ROWS: Final = 200
_RAW_BYTES: Final = 512 * 1024
_BLOCK_BYTES: Final = 64 * 1024
#: How deep dotted paths go.
_DEPTH: Final = 4


@dataclass(frozen=True)
class Look:
    """An export file as it would be read.

    `raw`: some rows as they stand in it, by dotted names; `names`: all of these, in their order;
    `text`: the beginning of a text file; `rows`: the first accepted rows; `is_whole`: whether all
    of it was looked at.
    """

    file: ExportFile
    account: Contribution
    rows: pl.DataFrame
    raw: list[dict[str, Any]]
    names: list[str]
    text: str
    is_whole: bool


def same_dumps(looks: list[Look]) -> list[tuple[datetime, int]]:
    """Stamps of which several files say the same ids, with the number of these files: they may be
    dumps of their own.
    """
    by_stamp: dict[datetime, list[Look]] = {}
    for look in looks:
        if look.file.stamp is not None and look.account.keys:
            by_stamp.setdefault(look.file.stamp, []).append(look)
    return [
        (stamp, len(same))
        for stamp, same in sorted(by_stamp.items())
        if any(
            a.account.keys[0] <= b.account.keys[-1] and b.account.keys[0] <= a.account.keys[-1]
            for a, b in pairwise(same)
        )
    ]


def look_at(file: ExportFile, dialect: Dialect, folder: Path) -> Look:
    """Read a file, or the beginning of a large one, into an empty folder.

    Raises OSError, FileChanged.
    """
    folder.mkdir(parents=True)
    if file.defect:
        account = Contribution(sha256="", file_reason="file:unreadable", file_detail=file.defect)
        return Look(file, account, pl.DataFrame(), [], [], "", True)
    text = _text_of(file)
    part = _beginning(file, folder)
    with Content(part or file) as content:
        if file.stamp is None and file.entity in DUMP_ENTITIES:
            detail = "Its path holds no date."
            account = Contribution(
                sha256=content.sha256, file_reason="file:stamp", file_detail=detail
            )
        else:
            account = read_file(part or file, content, folder, dialect)
    rows = pl.DataFrame()
    if account.file_reason is None:
        rows = pl.read_parquet(folder / "rows.parquet", hive_partitioning=False)
    names, raw = _raw(file, dialect, text)
    return Look(file, account, rows, raw, names, text, part is None)


def _text_of(file: ExportFile) -> str:
    """The beginning of a text file; nothing where that cannot be read."""
    if file.format == "parquet":
        return ""
    text = _first_bytes(file, _RAW_BYTES)
    if len(text) >= _RAW_BYTES:
        text = text[: text.rfind(b"\n") + 1 or len(text)]
    return text.decode("utf-8-sig", errors="replace")


def _first_bytes(file: ExportFile, most: int) -> bytes:
    """About so many bytes of text from a file's beginning, as far as they can be read."""
    text = b""
    with suppress(FileRejected, OSError), file.location.open("rb") as handle:
        blocks = iter(lambda: handle.read(min(most, _BLOCK_BYTES)), b"")
        for block in decompressed(blocks, file.compression):
            text += block
            if len(text) >= most:
                break
    return text


def _beginning(file: ExportFile, folder: Path) -> ExportFile | None:
    """A file with the first rows of a large one; None for one that is small, or unreadable."""
    if file.location.stat().st_size <= MOST_BYTES:
        return None
    location = folder / "beginning"
    if file.format == "parquet":
        try:
            whole = pyarrow.parquet.ParquetFile(file.location)
            if whole.metadata.num_rows <= MOST_ROWS:
                return None
            some = next(whole.iter_batches(MOST_ROWS))
            pyarrow.parquet.write_table(pyarrow.Table.from_batches([some]), location)
        except (pyarrow.ArrowException, OSError, ValueError):
            return None
        return replace(file, place=str(location))
    text = _first_bytes(file, MOST_BYTES)
    cut = text.rfind(b"\n") + 1
    if not cut:
        return None
    location.write_bytes(text[:cut])
    return replace(file, place=str(location), compression="")


def _raw(file: ExportFile, dialect: Dialect, text: str) -> tuple[list[str], list[dict[str, Any]]]:
    """The names in a file, and rows by these, as they stand there."""
    if file.format in ("csv", "tsv"):
        records = csv_records(file, text, dialect)
        header = list(dialect.header)
        if not header and records:
            header, *records = records
        rows = [record for record in records if len(record) == len(header)]
        return header, [
            {name: cell or None for name, cell in zip(header, row, strict=True)} for row in rows
        ]
    objects: list[dict[str, Any]] = []
    if file.format == "ndjson":
        objects = list(islice(_objects(text), _RAW_ROWS))
    else:
        with suppress(pyarrow.ArrowException, OSError, ValueError, StopIteration):
            batch = next(pyarrow.parquet.ParquetFile(file.location).iter_batches(_RAW_ROWS))
            objects = batch.to_pylist()
    raw = [dict(_flat(each)) for each in objects]
    return list(dict.fromkeys(name for row in raw for name in row)), raw


def csv_records(file: ExportFile, text: str, dialect: Dialect) -> list[list[str]]:
    """The cells of the first records of a CSV file, a header too."""
    lines = io.StringIO(text, newline="")
    delimiter = "\t" if file.format == "tsv" else dialect.delimiter
    records: Iterator[list[str]]
    if dialect.escape and dialect.escape != dialect.quote:
        records = escaped_records(lines, delimiter, dialect.quote, dialect.escape)
    else:
        records = csv.reader(
            lines,
            delimiter=delimiter,
            quotechar=dialect.quote or None,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        )
    found: list[list[str]] = []
    with suppress(csv.Error):
        found.extend(islice(filter(None, records), _RAW_ROWS + 1))
    return found


def _objects(text: str) -> Iterator[dict[str, Any]]:
    begin = text.lstrip()
    lines = begin.encode().split(b"\n")
    elements = None
    if begin.startswith("[") and objects_of(lines[0]) is None:
        elements = array_of(begin.encode())
    for line in lines if elements is None else [elements]:
        for each in line if isinstance(line, list) else objects_of(line) or ():
            row = object_of(each)
            if row is not None:
                yield row


def _flat(row: dict[str, Any], above: str = "", depth: int = _DEPTH) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, dict) and value and depth:
            yield from _flat(value, f"{above}{name}.", depth - 1)
        else:
            yield f"{above}{name}", value
