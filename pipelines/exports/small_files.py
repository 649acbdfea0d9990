"""Small files that are alike are read together: what each reading costs is more than their rows do.

The rows of many files go through one frame, and are told apart at its end. Only files in which
every row is good and comes once are read so, and they contribute the same as if each was read by
itself; whatever is said of bad rows and files has one place, `read`.
"""

import codecs
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow

from pipelines.exports.compression import decompressed
from pipelines.exports.content import Content
from pipelines.exports.contribution import UNKNOWN_COLUMNS_KEPT, Contribution
from pipelines.exports.csv_reader import CsvReader
from pipelines.exports.deduplication import distinct_files
from pipelines.exports.files import EVENT_ENTITIES, Compression, ExportFile
from pipelines.exports.lines import line_chunks
from pipelines.exports.ndjson_reader import NdjsonReader
from pipelines.exports.parquet_reader import ParquetReader
from pipelines.exports.quarantine import ROW, Chunk, Quarantine
from pipelines.exports.reading import Reading
from pipelines.exports.rejection import FileRejected
from pipelines.exports.rows_writer import ROWS_FILE, Layout, rows_layout
from pipelines.exports.values import BLANK
from pipelines.settings import Dialect

#: Files that are read together: so many that the fixed cost is shared, and no more than a chunk.
MOST_FILES: Final = 256
MOST_BYTES: Final = 64 * 1024
#: Compressed, little can be much.
_MOST_TEXT_BYTES: Final = 1024 * 1024
_MOST_ROWS: Final = 20_000
_FILE = "row:file"


@dataclass(frozen=True)
class SmallFile:
    """What a small file contributes, and its accepted rows."""

    contribution: Contribution
    rows: pyarrow.Table
    layout: Layout

    def write(self, folder: Path) -> Contribution:
        """Keep the rows in a folder, as `read_file` does."""
        self.layout.write_small(self.rows, folder / ROWS_FILE)
        return self.contribution


@dataclass(frozen=True)
class _Part:
    """One of the files whose rows are joined: how many it has, and what is said of its columns."""

    sha256: str
    rows: int
    unknown_columns: Iterable[str]
    unseen: list[str]


#: The rows of some files, one file after the other.
_Joined = tuple[list[_Part], Chunk]


def batches(files: Iterable[ExportFile]) -> Iterator[list[ExportFile]]:
    """Files that can be read together, and each other one by itself."""
    waiting: dict[tuple[str, str, str], list[ExportFile]] = defaultdict(list)
    for file in files:
        if file.size > MOST_BYTES or file.defect or file.entity not in EVENT_ENTITIES:
            yield [file]
            continue
        kind = (file.entity, file.format, file.compression)
        waiting[kind].append(file)
        if len(waiting[kind]) == MOST_FILES:
            yield waiting.pop(kind)
    yield from waiting.values()


def read_together(
    files: Sequence[ExportFile], dialect: Dialect, is_known: Callable[[ExportFile, str], bool]
) -> dict[str, SmallFile]:
    """What files of one batch contribute, by the hash of their bytes; without those that have to
    be read one by one.

    `is_known(file, sha256)` says whether that is needless.
    """
    if len(files) == 1:
        return {}
    reading = Reading(files[0].entity, dialect)
    contents = list(_contents(files, is_known))
    format, compression = files[0].format, files[0].compression
    if format == "parquet":
        joined = _join_tables(reading, contents)
    elif format == "ndjson":
        joined = _join_objects(reading, _texts(contents, compression, carriage_returns=False))
    else:
        texts = _texts(contents, compression, carriage_returns=True)
        joined = _join_lines(reading, texts, "\t" if format == "tsv" else dialect.delimiter)
    return {
        small.contribution.sha256: small
        for parts, chunk in joined
        for small in _told_apart(reading, parts, chunk)
    }


def _contents(
    files: Iterable[ExportFile], is_known: Callable[[ExportFile, str], bool]
) -> Iterator[Content]:
    """The bytes of files, each only once."""
    seen = set()
    for file in files:
        try:
            with Content(file) as content:
                pass
        except OSError:
            continue
        if content.sha256 not in seen and not is_known(file, content.sha256):
            seen.add(content.sha256)
            yield content


def _texts(
    contents: Iterable[Content], compression: Compression, carriage_returns: bool
) -> Iterator[tuple[str, bytes]]:
    """The hash of each file and its text, if that is sound and short."""
    for content in contents:
        try:
            text = decompressed(content.blocks(), compression)
            chunks = list(islice(line_chunks(text, _MOST_TEXT_BYTES, carriage_returns), 2))
        except FileRejected:
            continue
        if len(chunks) == 1:
            yield content.sha256, chunks[0]


def _join_lines(
    reading: Reading, texts: Iterable[tuple[str, bytes]], delimiter: str
) -> Iterator[_Joined]:
    """CSV files by their header; of those that are not plain, none."""
    dialect = reading.dialect
    by_header: dict[bytes, list[tuple[str, bytes]]] = defaultdict(list)
    for sha256, text in texts:
        header, body = b"", text
        if not dialect.header:
            header, _, body = text.partition(b"\n")
        body = body.replace(b"\r\n", b"\n")
        if body and not body.endswith(b"\n"):
            body += b"\n"
        # An empty line is no row, and a lone CR may end one.
        is_plain = b"\r" not in body and b"\n\n" not in body
        if body and is_plain and not body.startswith((b"\n", codecs.BOM_UTF8)):
            by_header[header.removesuffix(b"\r")].append((sha256, body))
    for header, bodies in by_header.items():
        if b"\r" in header or (dialect.escape and dialect.escape.encode() in header):
            continue
        reader = CsvReader(reading, iter([header + b"\n"]), delimiter)
        try:
            names = reader.read_header()
        except FileRejected:
            continue
        if not all(name.strip(BLANK) for name in names):
            # Of a column without a name it matters whether it is empty.
            continue
        between = len(names) - 1
        even = [
            (sha256, body)
            for sha256, body in bodies
            if body.count(delimiter.encode()) == between * body.count(b"\n")
        ]
        unknown, unseen = reader.unknown_columns, reader.unseen
        for some, chunk in _plain(reader, b"", even):
            yield [_Part(hash, body.count(b"\n"), unknown, unseen) for hash, body in some], chunk


def _join_objects(reading: Reading, texts: Iterable[tuple[str, bytes]]) -> Iterator[_Joined]:
    """Files with an object in each line."""
    plain = []
    for sha256, text in texts:
        lines = text.replace(b"\r\n", b"\n").strip(b"\n")
        if lines.startswith(b"{") and lines.endswith(b"}"):
            rows = lines.count(b"\n") + 1
            if lines.count(b"}\n{") == rows - 1:
                plain.append((sha256, lines))
    reader = NdjsonReader(reading, iter(()))
    for some, chunk in _plain(reader, b"\n", plain):
        parts = []
        for sha256, lines in some:
            unknown, unseen = reader.unknown_columns, reader.unseen
            if unknown or reading.renamed:
                unknown, unseen = reader.names_in(lines)
            parts.append(_Part(sha256, lines.count(b"\n") + 1, unknown, unseen))
        yield parts, chunk


def _plain(
    reader: CsvReader | NdjsonReader, between: bytes, texts: list[tuple[str, bytes]]
) -> Iterator[tuple[list[tuple[str, bytes]], Chunk]]:
    """The rows of texts of which each line is certainly one row; one that spoils it is found by
    halves.
    """
    chunk = reader.plain_chunk(between.join(text for _, text in texts)) if texts else None
    if chunk is not None:
        yield texts, chunk
    elif len(texts) > 1:
        half = len(texts) // 2
        yield from _plain(reader, between, texts[:half])
        yield from _plain(reader, between, texts[half:])


def _join_tables(reading: Reading, contents: Iterable[Content]) -> Iterator[_Joined]:
    """Parquet files by the types of their columns."""
    alike = defaultdict(list)
    for content in contents:
        reader = ParquetReader(reading, content, _MOST_ROWS)
        try:
            found = list(islice(reader.batches(), 2))
        except FileRejected:
            continue
        if len(found) == 1 and found[0].num_rows and all(map(_is_flat, found[0].schema.types)):
            kind = tuple((field.name, str(field.type), field.nullable) for field in found[0].schema)
            alike[kind].append((content.sha256, reader, found[0]))
    for some in alike.values():
        table = pyarrow.Table.from_batches(batch for _, _, batch in some).combine_chunks()
        [batch] = table.to_batches()
        parts = [
            _Part(sha256, batch.num_rows, reader.unknown_columns, reader.unseen)
            for sha256, reader, batch in some
        ]
        yield parts, some[0][1].chunk_of(batch, 1)


def _is_flat(of: pyarrow.DataType) -> bool:
    """Whether values of a type are next to each other, so that several arrays can be made one."""
    is_dictionary = pyarrow.types.is_dictionary(of)
    return not (of.num_fields or is_dictionary or isinstance(of, pyarrow.BaseExtensionType))


def _told_apart(reading: Reading, parts: list[_Part], chunk: Chunk) -> Iterator[SmallFile]:
    """The files in which every row is good and comes once."""
    heights = np.array([part.rows for part in parts])
    file_of = np.repeat(np.arange(len(parts)), heights)
    written = _written(chunk, file_of, len(parts))
    if len(file_of) != len(chunk.rows) or written is None:
        return
    found = Quarantine(reading).sort(chunk)
    place = found.good[ROW].to_numpy() - chunk.rows[0]
    before = np.cumsum(heights) - heights
    file = file_of[place]
    rows = found.good.with_columns(
        pl.Series(_FILE, file), pl.Series(ROW, place + 1 - before[file])
    ).filter(~np.isin(file, file_of[found.faulty.to_numpy()]))
    layout = rows_layout(reading)
    valid, accounts = distinct_files(reading.schema, rows, _FILE)
    table, start = layout.table(valid), 0
    for number, accepted, days, keys in accounts:
        part = parts[number]
        contribution = Contribution(
            sha256=part.sha256,
            rows_read=accepted,
            accepted=accepted,
            written={name: int(counts[number]) for name, counts in written.items()},
            unknown_columns=nsmallest(UNKNOWN_COLUMNS_KEPT, part.unknown_columns),
            unseen=part.unseen,
            days=days,
            keys=keys,
        )
        yield SmallFile(contribution, table.slice(start, accepted), layout)
        start += accepted


def _written(
    chunk: Chunk, file_of: npt.NDArray[np.int64], files: int
) -> dict[str, npt.NDArray[np.int64]] | None:
    """In how many cells of each file something is written, by column; None if it cannot be told."""
    found = {}
    for name, cells in chunk.cells.items():
        is_written = cells.values.is_not_null()
        if cells.faults is not None:
            is_written |= cells.faults > 0
        # What is written may say nothing, such as blanks.
        if is_written.sum() != chunk.written[name]:
            return None
        found[name] = np.bincount(file_of[is_written.to_numpy()], minlength=files)
    return found
