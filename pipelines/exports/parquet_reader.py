"""The rows of a Parquet file, however large its row groups are.

(specification, section 1: a Parquet integer, double, date or timestamp, a list of text)

A file has its schema in itself, so that a column's type decides about all its cells.
"""

import math
from collections.abc import Iterator
from typing import Any

import msgspec
import polars as pl
import pyarrow
import pyarrow.compute
import pyarrow.parquet

from pipelines.exports.cells import WRONG_TYPE, Cells, Kind, either, faults_where
from pipelines.exports.content import Content
from pipelines.exports.lines import drain
from pipelines.exports.quarantine import Chunk
from pipelines.exports.reading import Reading
from pipelines.exports.rejection import FileRejected, require_columns

_BUFFER_BYTES = 1024 * 1024
# Texts can be any length, and a dictionary makes them look small in the file.
_ROWS_WITH_TEXT = 100_000
_ROWS_OF_ONE_THREAD = 10_000
_DAMAGED = (pyarrow.ArrowException, OSError, ValueError)
#: Times that are too far away or in unknown zones, and layouts of which Arrow takes no rows.
_NOT_PYTHON = (pyarrow.ArrowException, ValueError, OverflowError, LookupError)


class ParquetReader:
    """Reads one Parquet file."""

    def __init__(self, reading: Reading, content: Content, rows_per_chunk: int) -> None:
        self._reading = reading
        self._content = content
        self._rows_per_chunk = rows_per_chunk
        self._present: dict[str, str] = {}
        self.unknown_columns: set[str] = set()
        """Top-level columns that the entity does not have."""
        self.unseen: list[str] = []
        """Columns that have another name in files of the entity, and none here."""

    def chunks(self) -> Iterator[Chunk]:
        """The rows of the file. Raises FileRejected."""
        start = 1
        for batch in self.batches():
            yield self.chunk_of(batch, start)
            start += batch.num_rows

    def batches(self) -> Iterator[pyarrow.RecordBatch]:
        """The rows of the file as Arrow has them, in the columns that are of use. Raises
        FileRejected.
        """
        held = self._content.held
        source = self._content.handle if held is None else pyarrow.BufferReader(held)
        try:
            # From the disk page by page: else a row group would be in memory as a whole. A buffer
            # grows to what the header of a page says, which can be anything if it is damaged; of
            # bytes that are in memory none is needed.
            file = pyarrow.parquet.ParquetFile(
                source,
                pre_buffer=False,
                buffer_size=_BUFFER_BYTES if held is None else 0,
                page_checksum_verification=True,
                coerce_int96_timestamp_unit="us",
            )
            schema = file.schema_arrow
            rows = file.metadata.num_rows
        except _DAMAGED as error:
            raise _unreadable(error) from error
        sources = self._reading.sources
        self._present = {name: source for name, source in sources.items() if _has(schema, source)}
        self.unseen = [name for name in self._reading.renamed if name not in self._present]
        self.unknown_columns = set(schema.names).difference(self._reading.top_level)
        require_columns(schema.names, self._reading.required, self._present.values())
        known = list(dict.fromkeys(self._present.values()))
        batches = _batches(file, self._batch_rows(), known)
        found = 0
        for batch in batches:
            try:
                batch.validate(full=True)
            except pyarrow.ArrowInvalid as error:
                # Damage further on is worse.
                drain(batches)
                raise FileRejected("file:encoding", f"It is not UTF-8: {error}.") from error
            yield batch
            found += batch.num_rows
        # Arrow ends without an error where the shortest column does.
        if found != rows:
            raise _unreadable(f"it is of {rows:,} rows, of which {found:,} can be read")

    def _batch_rows(self) -> int:
        texts = {"text", "text_or_list", "text_id"}.intersection(self._reading.kinds.values())
        return min(self._rows_per_chunk, _ROWS_WITH_TEXT) if texts else self._rows_per_chunk

    def chunk_of(self, batch: pyarrow.RecordBatch, start: int) -> Chunk:
        """Rows that `batches` gave, of which the first has the number `start`."""
        numbers = pl.int_range(start, start + batch.num_rows, dtype=pl.Int64, eager=True)
        cells, written = {}, {}
        for name, source in self._present.items():
            array = _column(batch, source)
            cells[name], written[name] = self._cells(name, array)
        return Chunk(numbers, cells, [], lambda where: _originals(batch, where), written)

    def _cells(self, name: str, array: pyarrow.Array) -> tuple[Cells, int]:
        """The cells of a column, and in how many something is written; of bytes that say nothing of
        what they are, those that are text.
        """
        kind, of = self._reading.kinds[name], array.type
        if kind == "text_id" and isinstance(of, pyarrow.UuidType):
            texts = [None if value is None else str(value) for value in array.to_pylist()]
            return self._cells(name, pyarrow.array(texts, pyarrow.string()))
        if isinstance(of, pyarrow.BaseExtensionType):
            return self._cells(name, array.storage)
        if pyarrow.types.is_dictionary(of) and _is_bytes(of.value_type):
            return self._cells(name, array.dictionary_decode())
        if name in self._reading.dialect.values:
            array, of = _with_words(array)
        holds_bytes = kind == "text_or_list" and _is_list(of) and _is_bytes(of.value_type)
        if not holds_bytes and not _is_bytes(of):
            series = _series(kind, array)
            if series.dtype == pl.String:
                series = self._reading.without_nulls(series)
            written = len(series) - series.null_count()
            return self._reading.from_typed(name, series, _is_naive(of)), written
        texts = list(map(_decoded, array.to_pylist()))
        is_no_text = _imported(array.is_valid()) & pl.Series([text is None for text in texts])
        series = pl.Series(texts, dtype=pl.List(pl.String) if holds_bytes else pl.String())
        if not holds_bytes:
            series = self._reading.without_nulls(series)
        cells = self._reading.from_typed(name, series)
        faults = either(cells.faults, faults_where(is_no_text, WRONG_TYPE))
        written = len(series) - series.null_count() + int(is_no_text.sum())
        return Cells(cells.values, faults, cells.texts), written


def _batches(
    file: pyarrow.parquet.ParquetFile, rows: int, columns: list[str]
) -> Iterator[pyarrow.RecordBatch]:
    """Some rows at a time. Raises FileRejected for what is no sound Parquet."""
    groups: list[list[int] | None] = [None]
    schema = file.schema_arrow
    tops = [name if name in schema.names else name.split(".")[0] for name in columns]
    if any(_has_dictionary_inside(schema.field(name).type) for name in tops):
        # Arrow cannot put the dictionaries of two row groups together there.
        groups = [[group] for group in range(file.num_row_groups)]
    try:
        for each in groups:
            # Handing few rows to other threads takes longer than to decode them.
            threads = file.metadata.num_rows > _ROWS_OF_ONE_THREAD
            yield from file.iter_batches(rows, each, columns, use_threads=threads)
    except _DAMAGED as error:
        raise _unreadable(error) from error


def _with_words(array: pyarrow.Array) -> tuple[pyarrow.Array, pyarrow.DataType]:
    """What can be looked up as a text as JSON would write it, with its type."""
    of = array.type
    if pyarrow.types.is_boolean(of):
        array = array.cast(pyarrow.string())
    elif pyarrow.types.is_decimal(of):
        array = pyarrow.array(
            [None if value is None else f"{value.normalize():f}" for value in array.to_pylist()],
            pyarrow.string(),
        )
    return array, array.type


def _has(schema: pyarrow.Schema, source: str) -> bool:
    """Whether a file has a column, or a field of a struct that a dotted path reaches."""
    if source in schema.names:
        return True
    first, *path = source.split(".")
    if not path or schema.names.count(first) != 1:
        return False
    of = schema.field(first).type
    for part in path:
        if not pyarrow.types.is_struct(of) or of.get_field_index(part) < 0:
            return False
        of = of.field(part).type
    return True


def _column(batch: pyarrow.RecordBatch, source: str) -> pyarrow.Array:
    """A column, or a field of a struct that a dotted path reaches."""
    if source in batch.schema.names:
        return batch.column(source)
    first, *path = source.split(".")
    # Null where a struct above is.
    return pyarrow.compute.struct_field(batch.column(first), path)


def _is_naive(of: pyarrow.DataType) -> bool:
    """Whether times of a type are in no zone that it names."""
    if pyarrow.types.is_dictionary(of):
        return _is_naive(of.value_type)
    if not pyarrow.types.is_timestamp(of):
        return bool(pyarrow.types.is_date(of))
    try:
        return of.tz is None
    except UnicodeDecodeError:
        # In a zone whose name is no text: whatever it is called, the count is in UTC.
        return False


def _decoded(value: Any) -> Any:
    """The text of bytes, or the texts of a list of bytes; None if any is not UTF-8."""
    try:
        if isinstance(value, list):
            return [None if element is None else element.decode() for element in value]
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _series(kind: Kind, array: pyarrow.Array) -> pl.Series:
    """An Arrow array in a type that `from_typed` knows; any other type becomes Boolean, true
    where there is something, which no kind of column takes.
    """
    of = array.type
    is_ = pyarrow.types
    if isinstance(of, pyarrow.BaseExtensionType):
        return _series(kind, array.storage)
    if is_.is_dictionary(of):
        return _series(kind, array.dictionary_decode())
    if is_.is_timestamp(of) or is_.is_date64(of):
        # Without its zone: whatever it is called, the count is in UTC.
        count = _imported(array.view(pyarrow.int64()))
        unit: Any = "ms" if is_.is_date64(of) else of.unit
        return (
            (count * 1000).cast(pl.Datetime("ms")) if unit == "s" else count.cast(pl.Datetime(unit))
        )
    if is_.is_decimal(of) and kind in ("integer", "number", "time"):
        if of.scale < 0:
            array = array.cast(pyarrow.decimal256(76, 0))
        return _without_exponents(_imported(array.cast(pyarrow.string())))
    if is_.is_float16(of):
        return _imported(array.cast(pyarrow.float32()))
    if is_.is_integer(of) or is_.is_floating(of) or is_.is_date32(of) or is_.is_null(of):
        return _imported(array)
    if _is_text(of):
        return _imported(array)
    if kind == "flag" and is_.is_boolean(of):
        # As text files have it: a Boolean column stands for what no kind takes.
        return _imported(array.cast(pyarrow.string()))
    if kind == "text_or_list" and _is_list(of):
        if is_.is_list_view(of) or is_.is_large_list_view(of):
            array = array.cast(pyarrow.large_list(of.value_type))
        if _is_text(of.value_type):
            return _imported(array)
        if is_.is_dictionary(of.value_type) and _is_text(of.value_type.value_type):
            return _imported(array.cast(pyarrow.list_(of.value_type.value_type)))
        return _lists_of_others(array)
    return _somewhere(array.is_valid())


def _without_exponents(texts: pl.Series) -> pl.Series:
    """Decimals as text, for one below 0.000001 another of its sign: Arrow writes an exponent there,
    for 0 with many places too.
    """
    where = texts.str.contains("E", literal=True).arg_true()
    if not len(where):
        return texts
    small = texts.gather(where)
    is_zero, is_negative = small.str.starts_with("0"), small.str.starts_with("-")
    others = pl.when(is_zero).then(pl.lit("0")).when(is_negative).then(pl.lit("-0.1"))
    return texts.scatter(where, pl.select(others.otherwise(pl.lit("0.1"))).to_series())


def _has_dictionary_inside(of: pyarrow.DataType) -> bool:
    inside = [of.field(n).type for n in range(of.num_fields)]
    return any(pyarrow.types.is_dictionary(each) or _has_dictionary_inside(each) for each in inside)


def _is_text(of: pyarrow.DataType) -> bool:
    is_ = pyarrow.types
    return bool(is_.is_string(of) or is_.is_large_string(of) or is_.is_string_view(of))


def _is_list(of: pyarrow.DataType) -> bool:
    is_ = pyarrow.types
    return bool(
        is_.is_list(of)
        or is_.is_large_list(of)
        or is_.is_fixed_size_list(of)
        or is_.is_list_view(of)
        or is_.is_large_list_view(of)
    )


def _is_bytes(of: pyarrow.DataType) -> bool:
    is_ = pyarrow.types
    return bool(is_.is_binary(of) or is_.is_large_binary(of) or is_.is_binary_view(of))


def _lists_of_others(array: pyarrow.Array) -> pl.Series:
    """True where a list has an element that is not null."""
    there = pyarrow.compute.list_flatten(array).is_valid()
    parents = _imported(pyarrow.compute.list_parent_indices(array).filter(there))
    rows = pl.int_range(0, len(array), dtype=pl.Int64, eager=True)
    return _somewhere(rows.is_in(parents.cast(pl.Int64).implode()))


def _somewhere(where: pl.Series | pyarrow.Array) -> pl.Series:
    there = where if isinstance(where, pl.Series) else _imported(where)
    return pl.select(pl.when(there).then(True)).to_series()


def _imported(array: pyarrow.Array) -> pl.Series:
    series = pl.from_arrow(array)
    assert isinstance(series, pl.Series)
    return series


def _originals(batch: pyarrow.RecordBatch, where: pl.Series) -> list[str]:
    places = where.cast(pl.Int64).to_arrow()
    columns = [_shown(column, places) for column in batch.columns]
    return [
        msgspec.json.encode(dict(zip(batch.schema.names, row, strict=True)), enc_hook=str).decode()
        for row in zip(*columns, strict=True)
    ]


def _shown(array: pyarrow.Array, places: pyarrow.Array) -> list[object]:
    """The values at some places as JSON can have them; times and the like as text."""
    of = array.type
    if pyarrow.types.is_temporal(of):
        array = array.take(places)
        if pyarrow.types.is_timestamp(of):
            array = array.cast(pyarrow.timestamp(of.unit))
        return list(array.cast(pyarrow.string()).to_pylist())
    values = _values(array, places)
    if pyarrow.types.is_floating(of):
        return [v if v is None or math.isfinite(v) else str(v) for v in values]
    return [_decoded(v) or v for v in values] if _is_bytes(of) else values


def _values(array: pyarrow.Array, places: pyarrow.Array) -> list[Any]:
    try:
        return list(array.take(places).to_pylist())
    except _NOT_PYTHON:
        return [_value(array[place]) for place in places.to_pylist()]


def _value(scalar: pyarrow.Scalar) -> object:
    """The value as Python has it, or its type if Python has none."""
    try:
        return scalar.as_py()
    except _NOT_PYTHON:
        return f"a value of type {scalar.type}"


def _unreadable(error: Exception | str) -> FileRejected:
    return FileRejected("file:unreadable", f"It is not a sound Parquet file: {error}.")
