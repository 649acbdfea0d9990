"""The bytes of one export file as rows of raw cells (specification, section 1, "Export files")."""

import gzip
import io
import json
import math
import zlib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from .cells import Moment, is_blank, whole_number
from .clock import DAY

RawRow: TypeAlias = dict[str, object] | None
"""Known and unknown columns by name; None is a malformed line."""

_ENDINGS = {
    "parquet": (".parquet",),
    "csv": (".csv", ".csv.gz", ".csv.zst"),
    "ndjson": tuple(f".{n}{c}" for n in ("ndjson", "jsonl") for c in ("", ".gz", ".zst")),
}


class BadFileError(Exception):
    """A file that is rejected whole; `reason` is `file:...`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def format_of(name: str) -> str | None:
    """`parquet`, `csv` or `ndjson` by the ending of a file name; None for any other ending."""
    return next((known for known, ends in _ENDINGS.items() if name.endswith(ends)), None)


def rows_of(name: str, content: bytes, required: list[str], wanted: list[str]) -> list[RawRow]:
    """The rows of one file in order; BadFileError if it has to be rejected whole."""
    kind = format_of(name)
    if kind == "parquet":
        return _parquet_rows(content, required, wanted)
    text = _text_of(name, content)
    return _csv_rows(text, required) if kind == "csv" else _ndjson_rows(text)


def _text_of(name: str, content: bytes) -> str:
    if name.endswith(".gz"):
        content = _gunzip(content)
    elif name.endswith(".zst"):
        content = _unzstd(content)
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise BadFileError("file:encoding") from None


def _gunzip(content: bytes) -> bytes:
    try:
        if content:
            return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        pass
    # No bytes at all are no gzip stream either, although the gzip module reads them as empty.
    raise BadFileError("file:unreadable")


def _unzstd(content: bytes) -> bytes:
    frames = []
    try:
        # A stream reader would end silently where a truncated frame ends.
        while True:
            frame = zstandard.ZstdDecompressor().decompressobj()
            frames.append(frame.decompress(content))
            if not frame.eof:
                raise BadFileError("file:unreadable")
            content = frame.unused_data
            if not content:
                return b"".join(frames)
    except zstandard.ZstdError:
        raise BadFileError("file:unreadable") from None


def _check_columns(header: list[str], required: list[str]) -> None:
    if len(set(header)) < len(header):
        raise BadFileError("file:header")
    if not set(required) <= set(header):
        raise BadFileError("file:columns")


def _csv_rows(text: str, required: list[str]) -> list[RawRow]:
    records = list(_csv_records(text))
    if not records:
        raise BadFileError("file:header")
    header, *rest = records
    _check_columns(header, required)
    rows: list[RawRow] = []
    for cells in rest:
        if len(cells) == len(header):
            rows.append({name: cell or None for name, cell in zip(header, cells, strict=True)})
        else:
            rows.append(None)
    return rows


def _csv_records(text: str) -> Iterator[list[str]]:
    """Records of RFC 4180, ended by LF or CRLF; lines that are blank are nothing."""
    position = 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end].removesuffix("\r")
        if '"' in line:
            cells, position = _quoted_record(text, position)
            yield cells
        else:
            position = end + 1
            if not is_blank(line):
                yield line.split(",")


def _quoted_record(text: str, position: int) -> tuple[list[str], int]:
    """The cells of the record that starts at a position, and where the next one starts."""
    cells: list[str] = []
    while True:
        cell = ""
        if text.startswith('"', position):
            position += 1
            while True:
                close = text.find('"', position)
                if close < 0:
                    raise BadFileError("file:unreadable")
                cell += text[position:close]
                position = close + 1
                if not text.startswith('"', position):
                    break
                cell += '"'
                position += 1
        ends = [found for found in (text.find(c, position) for c in ",\n") if found >= 0]
        end = min(ends, default=len(text))
        rest = text[position:end]
        last = not text.startswith(",", end)
        cells.append(cell + (rest.removesuffix("\r") if last else rest))
        position = end + 1
        if last:
            return cells, position


def _ndjson_rows(text: str) -> list[RawRow]:
    return [_object_of(line) for line in text.split("\n") if not is_blank(line)]


def _no_constant(_: str) -> object:
    raise ValueError("NaN and Infinity are not JSON")


def _exact(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        # Only an exponent of 18 and more digits: beyond every range, or next to nothing.
        return Decimal("1e-100" if "e-" in digits.lower() else "1e100")


_DECODER = json.JSONDecoder(parse_float=_exact, parse_int=whole_number, parse_constant=_no_constant)


def _object_of(line: str) -> RawRow:
    try:
        value = _DECODER.decode(line)
        # A lone surrogate can be escaped in JSON but is no text.
        if "\\ud" in line.lower():
            json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _parquet_rows(content: bytes, required: list[str], wanted: list[str]) -> list[RawRow]:
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        names = file.schema_arrow.names
    except (pa.ArrowException, OSError, ValueError):
        raise BadFileError("file:unreadable") from None
    _check_columns(names, required)
    try:
        table = file.read(columns=[name for name in names if name in wanted])
        columns = {name: _parquet_cells(table.column(name)) for name in table.column_names}
    except (pa.ArrowException, OSError, ValueError):
        raise BadFileError("file:unreadable") from None
    return [{name: cells[i] for name, cells in columns.items()} for i in range(table.num_rows)]


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_null(kind)
    )


def _parquet_cells(column: Any) -> list[object]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _parquet_cells(column.cast(kind.value_type))
    if pa.types.is_timestamp(kind):
        numbers = column.cast(pa.int64()).to_pylist()
        scale = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
        times, parts = scale[kind.unit]
        return [None if n is None else Moment(n * times // parts) for n in numbers]
    if pa.types.is_date(kind):
        days = column.cast(pa.date32()).cast(pa.int32()).to_pylist()
        return [None if n is None else Moment(n * DAY) for n in days]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        if _is_text(kind.value_type):
            return list(column.to_pylist())
        # What the elements are does not matter, only whether there is one that is not text.
        return [
            [0 if item.is_valid else None for item in cell.values] if cell.is_valid else None
            for cell in column
        ]
    if pa.types.is_floating(kind):
        numbers = column.to_pylist()
        return [None if n is None or math.isnan(n) else n for n in numbers]
    if _is_text(kind) or any(
        is_kind(kind) for is_kind in (pa.types.is_integer, pa.types.is_decimal, pa.types.is_boolean)
    ):
        return list(column.to_pylist())
    return [object() if valid else None for valid in column.is_valid().to_pylist()]
