"""The rows of a CSV file, or of one with tabs instead of commas.

(specification, section 1: CSV has a header row, UTF-8, RFC 4180 quoting)

Text in which every line is a record with the right number of cells is parsed by Polars. All other
text is parsed record by record; there, quotes inside an unquoted cell are text, and text after a
closing quote makes the file unreadable, since nobody can tell where its cells end.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator

import msgspec
import polars as pl

from pipelines.exports.escaped_csv import escaped_records
from pipelines.exports.quarantine import Chunk
from pipelines.exports.reading import Reading
from pipelines.exports.rejection import FileRejected, require_columns
from pipelines.exports.values import BLANK

#: How MySQL and PostgreSQL write null.
_NULL = "\\N"
# A cell that a quote opens and nothing closes would take in the rest of the file.
_LONGEST_CELL = 64 * 1024 * 1024


class CsvReader:
    """Reads the text of one CSV file, which comes in chunks of whole lines."""

    def __init__(self, reading: Reading, texts: Iterator[bytes], delimiter: str) -> None:
        self._reading = reading
        self._delimiter = delimiter
        self._quote = reading.dialect.quote
        self._escape = reading.dialect.escape
        if self._escape == self._quote:
            # That is what doubling a quote means.
            self._escape = ""
        quote = re.escape(self._quote)
        self._quoted = rf"^{quote}(?:[^{quote}]|{quote}{quote})*{quote}$"
        # A delimiter makes cells of what would be an empty line.
        self._blank = BLANK.replace(delimiter, "")
        self._records = _Records(texts, delimiter, self._quote, self._escape, self._blank)
        self._header = list(reading.dialect.header)
        #: Names of columns without a name in which something stands.
        self._unnamed: set[str] = set()
        self._rows_read = 0

    @property
    def unknown_columns(self) -> set[str]:
        """Names in the header that the entity does not have; a blank one only if its column is not
        empty throughout.
        """
        named = {name for name in self._header if name.strip(BLANK)}
        return named.difference(self._reading.sources.values()) | self._unnamed

    @property
    def unseen(self) -> list[str]:
        """Columns that have another name in files of the entity, and none in this header."""
        sources = self._reading.sources
        return [name for name in self._reading.renamed if sources[name] not in self._header]

    def chunks(self) -> Iterator[Chunk]:
        """The rows. Raises FileRejected (file:header, file:columns, file:unreadable)."""
        self.read_header()
        while text := self._records.next_text():
            yield self.plain_chunk(text) or self._parse_records(text)

    def read_header(self) -> list[str]:
        """The names of the columns, which come before rows. Raises FileRejected (file:header,
        file:columns, file:unreadable).
        """
        self._header = self._header or [
            "" if name == _NULL else name for name in self._records.header()
        ]
        # Spreadsheets leave empty columns behind, which never repeat each other's name.
        named = [name for name in self._header if name.strip(BLANK)]
        require_columns(named, self._reading.required)
        return self._header

    def plain_chunk(self, text: bytes) -> Chunk | None:
        """The rows of a text of whole lines; None unless each line is certainly one row."""
        table = self._parse_plain(text)
        return None if table is None else self._chunk(table, self._numbers(table.height), [])

    def _parse_plain(self, text: bytes) -> pl.DataFrame | None:
        """The cells of lines that are records, or None if they may be anything else."""
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
        if not text.endswith(b"\n"):
            text += b"\n"
        lines = text.count(b"\n")
        if (
            b"\r" in text
            or b"\n\n" in text
            # Polars would take these away, but only the first line of a file has a BOM.
            or text.startswith((b"\n", codecs.BOM_UTF8))
            or text.count(self._delimiter.encode()) != lines * (len(self._header) - 1)
        ):
            return None
        try:
            table = pl.read_csv(
                text,
                has_header=False,
                schema={str(n): pl.String for n in range(len(self._header))},
                separator=self._delimiter,
                quote_char=None,
            )
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
            # A line with too many cells. Another has too few: the number of commas is right.
            return None
        if table.height != lines:
            return None
        escape, quote = self._escape.encode(), self._quote.encode()
        if escape and (escapes := text.count(escape)):
            # A cell that is null has one too; any other is for who reads record by record.
            nulls = table.select((pl.all() == _NULL).sum()).row(0)
            if escape != b"\\" or sum(nulls) != escapes:
                return None
        unquoted = self._unquoted(table) if quote and quote in text else table
        # A single byte is looked for ten times as fast as two.
        has_null = b"\\" in text and b"\\N" in text
        return _without_nulls(unquoted) if unquoted is not None and has_null else unquoted

    def _unquoted(self, table: pl.DataFrame) -> pl.DataFrame | None:
        """Take away the quotes around cells; None if a quote stands where it may end no cell.

        The cells were cut at every comma and line end. If each of those that begin with a quote is
        complete as it is, no comma and no line end was inside a quoted cell.
        """
        cell, quote = pl.all(), self._quote
        begins = cell.str.starts_with(quote)
        complete = table.select((~begins | cell.str.contains(self._quoted)).all())
        if not all(value is not False for value in complete.row(0)):
            return None
        inside = cell.str.slice(1, cell.str.len_chars() - 2)
        inside = inside.str.replace_all(quote * 2, quote, literal=True)
        return table.with_columns(pl.when(begins).then(inside).otherwise(cell)).with_columns(
            pl.when(cell != "").then(cell)
        )

    def _parse_records(self, text: bytes) -> Chunk:
        """The cells of records that may be quoted, malformed or blank lines."""
        width = len(self._header)
        numbers: list[int] = []
        good: list[str] = []
        malformed: list[tuple[int, str]] = []
        for cells in self._records.of(text):
            if len(cells) == width:
                self._rows_read += 1
                numbers.append(self._rows_read)
                good += cells
            elif self._records.raw.strip(self._blank):
                self._rows_read += 1
                malformed.append((self._rows_read, self._records.raw.rstrip("\r\n")))
        columns = [pl.Series(str(n), good[n::width], dtype=pl.String) for n in range(width)]
        cell = pl.all()
        table = pl.DataFrame(columns).with_columns(pl.when(cell != "").then(cell))
        if not self._escape:
            table = _without_nulls(table)
        return self._chunk(table, pl.Series(numbers, dtype=pl.Int64), malformed)

    def _numbers(self, rows: int) -> pl.Series:
        start = self._rows_read + 1
        self._rows_read += rows
        return pl.int_range(start, start + rows, dtype=pl.Int64, eager=True)

    def _chunk(
        self, table: pl.DataFrame, numbers: pl.Series, malformed: list[tuple[int, str]]
    ) -> Chunk:
        def originals(where: pl.Series) -> list[str]:
            rows = table[where].iter_rows()
            return [
                msgspec.json.encode(dict(zip(self._header, row, strict=True))).decode()
                for row in rows
            ]

        self._unnamed |= {
            name
            for n, name in enumerate(self._header)
            if not name.strip(BLANK) and table.to_series(n).null_count() < table.height
        }
        cells, written = {}, {}
        for name, source in self._reading.sources.items():
            if source in self._header:
                texts = table.to_series(self._header.index(source))
                texts = self._reading.without_nulls(texts)
                cells[name] = self._reading.from_text(name, texts)
                written[name] = table.height - texts.null_count()
        return Chunk(numbers, cells, malformed, originals, written)


def _without_nulls(table: pl.DataFrame) -> pl.DataFrame:
    """Null where the text for null stands."""
    cell = pl.all()
    return table.with_columns(pl.when(cell != _NULL).then(cell))


class _Records:
    """The records of a text: one after the other, or as texts that hold whole records."""

    def __init__(
        self, texts: Iterator[bytes], delimiter: str, quote: str, escape: str, blank: str
    ) -> None:
        self._texts = texts
        self._delimiter = delimiter
        self._quote = quote
        self._escape = escape
        self._blank = blank
        self._rest = b""
        self._stream = io.StringIO()
        self._length = 0
        self._consumed: list[str] = []
        self._count = 0
        csv.field_size_limit(_LONGEST_CELL)

    def header(self) -> list[str]:
        """The cells of the first record that is no blank line. Raises FileRejected."""
        special = [mark.encode() for mark in (self._quote, self._escape, "\r") if mark]
        while text := self.next_text():
            line, _, rest = text.partition(b"\n")
            if not any(byte in line.removesuffix(b"\r") for byte in special):
                self._rest = rest
                if line.strip(self._blank.encode()):
                    return line.removesuffix(b"\r").decode().split(self._delimiter)
                continue
            for cells in self.of(text):
                if self.raw.strip(self._blank):
                    self._rest = self._stream.read().encode()
                    return cells
        raise FileRejected("file:header", "It is empty: a CSV file begins with a header row.")

    def next_text(self) -> bytes | None:
        """The next text that begins with a new record; None at the end."""
        text, self._rest = self._rest, b""
        return text or next(self._texts, None)

    @property
    def raw(self) -> str:
        """The record that `of` yielded last, as it is written."""
        return "".join(self._consumed)

    def of(self, text: bytes) -> Iterator[list[str]]:
        """The cells of the records of a text, to its end or to the end of the later text in
        which its last record ends. Raises FileRejected.
        """
        self._open(text)
        self._consumed.clear()
        try:
            for cells in self._parsed(self._lines()):
                self._count += 1
                yield cells
                self._consumed.clear()
                if self._stream.tell() == self._length:
                    return
        except csv.Error as error:
            raise FileRejected(
                "file:unreadable",
                f"The cells of record {self._count + 1} cannot be told: {error}. Look there for "
                "a quote that is never closed, or that is inside a quoted cell and not doubled.",
            ) from error

    def _parsed(self, lines: Iterator[str]) -> Iterator[list[str]]:
        if self._escape:
            return escaped_records(lines, self._delimiter, self._quote, self._escape)
        return csv.reader(
            lines,
            strict=True,
            delimiter=self._delimiter,
            quotechar=self._quote or None,
            quoting=csv.QUOTE_MINIMAL if self._quote else csv.QUOTE_NONE,
        )

    def _open(self, text: bytes) -> None:
        # Lines end with LF, CR LF or CR, and keep their ends, which quoted cells may contain.
        self._stream = io.StringIO(text.decode(), newline="")
        self._length = self._stream.seek(0, io.SEEK_END)
        self._stream.seek(0)

    def _lines(self) -> Iterator[str]:
        while True:
            while line := self._stream.readline():
                self._consumed.append(line)
                yield line
            text = next(self._texts, None)
            if text is None:
                return
            self._open(text)
