"""The rows of a CSV file.

(specification, section 1: CSV has a header row, UTF-8, RFC 4180 quoting)

Text without quotes, in which every line has the right number of cells, is parsed by Polars. All
other text is parsed record by record; there, quotes inside an unquoted cell are text, and text
after a closing quote makes the file unreadable, since nobody can tell where its cells end.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence

import msgspec
import pandera.polars as pa
import polars as pl

from pipelines.exports.quarantine import Chunk
from pipelines.exports.rejection import FileRejected, require_columns
from pipelines.exports.schemas import kinds, required_columns
from pipelines.exports.values import from_text

_BLANK = " \t\r\n\x0b\x0c"
# A cell that a quote opens and nothing closes would take in the rest of the file.
_LONGEST_CELL = 64 * 1024 * 1024


class CsvReader:
    """Reads one CSV file; `header` is known once `chunks` has begun."""

    def __init__(self, schema: pa.DataFrameSchema) -> None:
        self._kinds = kinds(schema)
        self._required = required_columns(schema)
        self.header: list[str] = []
        self._row = 0

    def chunks(self, texts: Iterator[bytes]) -> Iterator[Chunk]:
        """The rows of a text that comes in chunks of whole lines.

        Raises FileRejected: file:header, file:columns, file:unreadable.
        """
        records = _Records(texts)
        self.header = records.header()
        require_columns(self.header, self._required)
        while (text := records.next_text()) is not None:
            table = self._parse_plain(text)
            if table is not None:
                yield self._chunk(table, self._take_numbers(table.height), [])
            else:
                yield self._parse_records(records)
        

    def _parse_plain(self, text: bytes) -> pl.DataFrame | None:
        """The cells of lines without quotes, or None if there is anything unusual in them."""
        if b'"' in text or text.startswith((b"\n", codecs.BOM_UTF8)):
            return None
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
        if not text.endswith(b"\n"):
            text += b"\n"
        lines = text.count(b"\n")
        commas = lines * (len(self.header) - 1)
        if b"\r" in text or b"\n\n" in text or text.count(b",") != commas:
            return None
        try:
            table = pl.read_csv(
                text,
                has_header=False,
                schema={str(n): pl.String for n in range(len(self.header))},
                quote_char=None,
            )
        except pl.exceptions.ComputeError:
            # A line with too many cells; another one has too few, or the counts would differ.
            return None
        return table if table.height == lines else None
