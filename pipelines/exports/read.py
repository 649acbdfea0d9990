"""One export file from its bytes to its contribution: read once, validated, kept.

(specification, section 1)
"""

from collections.abc import Iterator
from heapq import nsmallest
from pathlib import Path

import msgspec
import polars as pl

from pipelines.exports.compression import decompressed
from pipelines.exports.content import Content, FileChanged
from pipelines.exports.contribution import UNKNOWN_COLUMNS_KEPT, Contribution
from pipelines.exports.csv_reader import CsvReader
from pipelines.exports.deduplication import Deduplication
from pipelines.exports.erased import Erased
from pipelines.exports.files import ExportFile
from pipelines.exports.lines import drain, line_chunks
from pipelines.exports.ndjson_reader import NdjsonReader
from pipelines.exports.parquet_reader import ParquetReader
from pipelines.exports.quarantine import Quarantine
from pipelines.exports.reading import Reading
from pipelines.exports.rejection import FileRejected
from pipelines.exports.rows_writer import RowsWriter
from pipelines.exports.text_ids import TEXT_ID, two_of_one_id
from pipelines.exports.without_erased import WithoutErased
from pipelines.settings import Dialect

__all__ = ["Content", "Contribution", "FileChanged", "read_file"]

# Less than rows take, since text grows when it has to be parsed record by record.
_BYTES_PER_ROW = 16
_BLOCK_BYTES = 4 * 1024 * 1024
#: Files that differ in nothing.
PLAIN = Dialect()


def read_file(
    file: ExportFile,
    content: Content,
    folder: Path,
    dialect: Dialect = PLAIN,
    rows_per_chunk: int = 1_000_000,
    erased: Erased | None = None,
) -> Contribution:
    """Read an export file from its bytes, in bounded memory, and keep its rows in `folder`.

    Writes rows.parquet (the accepted rows: integers, naive UTC times in microseconds, text, a
    Boolean "is filled" for each metadata field, another for each flag, and `row`, 1 = the first
    data row) and
    rejects.parquet (row, reason, original; only if there are any). Of several good rows of a
    chunk with one identity, the last is kept. The rows of plays are in the order of their days
    within each chunk, other rows in file order. A file that is rejected whole leaves nothing.
    Rows of who was `erased` are not there, and their ids as listeners are null.

    Raises FileChanged if other bytes were read than were hashed, and OSError if the file cannot
    be read.  (specification, section 1)
    """
    reading = Reading(file.entity, dialect)
    layers: list[Iterator[bytes]] = []
    reader: CsvReader | NdjsonReader | ParquetReader
    if file.format == "parquet":
        reader = ParquetReader(reading, content, rows_per_chunk)
    else:
        chunk_bytes = rows_per_chunk * _BYTES_PER_ROW
        blocks = content.blocks(min(_BLOCK_BYTES, chunk_bytes))
        text = decompressed(blocks, file.compression)
        delimiter = {"csv": dialect.delimiter, "tsv": "\t"}.get(file.format)
        chunks = line_chunks(text, chunk_bytes, carriage_returns=delimiter is not None)
        layers = [chunks, text, blocks]
        reader = (
            NdjsonReader(reading, chunks, rows_per_chunk)
            if delimiter is None
            else CsvReader(reading, chunks, delimiter)
        )
    quarantine = Quarantine(reading)
    deduplication = Deduplication(reading.schema)
    without = None if erased is None else WithoutErased(erased, reading)
    try:
        with RowsWriter(reading, folder) as writer:
            for chunk in reader.chunks():
                found = quarantine.sort(chunk if without is None else without.chunk(chunk))
                writer.write(deduplication.deduplicated(found.good), found.rejected)
                if reading.keeps_text_ids:
                    check_text_ids(found.good[reading.key], found.good[TEXT_ID])
    except FileRejected as rejected:
        worst = _worst(rejected, layers)
        content.verify()
        account = Contribution(
            sha256=content.sha256, file_reason=worst.reason, file_detail=worst.detail
        )
        # How much of its header was seen depends on the size of the chunks.
        if worst.reason == "file:columns":
            account = msgspec.structs.replace(
                account,
                unknown_columns=nsmallest(UNKNOWN_COLUMNS_KEPT, reader.unknown_columns),
                unseen=reader.unseen,
            )
        return account if erased is None else WithoutErased(erased, reading).account(account)
    content.verify()
    account = Contribution(
        sha256=content.sha256,
        rows_read=deduplication.accepted + deduplication.repeated + quarantine.rejected,
        accepted=deduplication.accepted,
        repeated=deduplication.repeated,
        rejected=quarantine.rejected,
        is_distinct=deduplication.is_distinct,
        reasons=dict(quarantine.reasons),
        bad_cells=dict(+quarantine.bad_cells),
        written=dict(quarantine.written),
        examples=quarantine.examples,
        unknown_columns=nsmallest(UNKNOWN_COLUMNS_KEPT, reader.unknown_columns),
        unseen=reader.unseen,
        days=deduplication.days,
        keys=deduplication.keys,
    )
    return account if without is None else without.account(account)


def check_text_ids(ids: pl.Series, texts: pl.Series) -> None:
    """Raise FileRejected if two texts have one id."""
    both = two_of_one_id(ids, texts)
    if both is not None:
        raise FileRejected(
            "file:unreadable",
            f"The ids {both[0]!r} and {both[1]!r} are two texts for which the same integer stands: "
            "one of the two needs another id.",
        )


def _worst(rejected: FileRejected, layers: list[Iterator[bytes]]) -> FileRejected:
    """What is reported of a file with several defects: the one that is nearest to its bytes.

    Reading on to the end also finds out whether these are the bytes that were to be read.
    """
    for layer in layers:
        try:
            drain(layer)
        except FileRejected as found:
            rejected = found
    return rejected
