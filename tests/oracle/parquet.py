"""Parquet files as rows of raw cells (specification, section 1)."""

import io
import math
import struct
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .cells import Moment, Rounded, Uuid
from .clock import DAY
from .raw import BadFileError, RawRow, check_columns


def parquet_rows(content: bytes, required: list[str], wanted: list[str]) -> list[RawRow]:
    """The rows of the wanted columns; BadFileError if the file is none, or lacks a column.

    A wanted name that is no column is a path through structs; its cells stand under the path.
    """
    try:
        # Nanoseconds would end in 2262.
        file = pq.ParquetFile(
            io.BytesIO(content),
            coerce_int96_timestamp_unit="us",
            page_checksum_verification=True,
        )
        names = file.schema_arrow.names
    except (pa.ArrowException, OSError, ValueError):
        raise BadFileError("file:unreadable") from None
    schema = file.schema_arrow
    paths = {name: path for name in wanted if (path := _path(schema, name))}
    check_columns([*names, *(name for name in paths if name not in names)], required)
    known = sorted({path[0] for path in paths.values()})
    rows: list[RawRow] = []
    try:
        # Arrow cannot put together all that row groups may hold.
        tables = [file.read_row_group(n, columns=known) for n in range(file.num_row_groups)]
    except (pa.ArrowException, OSError, ValueError):
        raise BadFileError("file:unreadable") from None
    if sum(table.num_rows for table in tables) != file.metadata.num_rows:
        raise BadFileError("file:unreadable")
    for table in tables:
        try:
            table.validate(full=True)
        except pa.ArrowInvalid:
            raise BadFileError("file:encoding") from None
        columns = [_cells(_at(table, path)) for path in paths.values()]
        rows += [dict(zip(paths, cells, strict=True)) for cells in zip(*columns, strict=True)]
    return rows


def _path(schema: pa.Schema, name: str) -> list[str] | None:
    """The way to a column: its name, or else the parts of a dotted path through structs."""
    if name in schema.names:
        return [name]
    parts = name.split(".")
    if parts[0] not in schema.names:
        return None
    kind = schema.field(parts[0]).type
    for part in parts[1:]:
        if not pa.types.is_struct(kind) or kind.get_field_index(part) < 0:
            return None
        kind = kind.field(part).type
    return parts


def _at(table: Any, path: list[str]) -> Any:
    # The name of a column may look like the path to another one, of which Arrow reads both.
    column = table.column(table.column_names.index(path[0]))
    return pc.struct_field(column, path[1:]) if path[1:] else column


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_null(kind)
    )


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    )


def _text_of(binary: bytes | None) -> object:
    """The text that bytes without an annotation are; a cell of no type if they are not UTF-8."""
    try:
        return None if binary is None else binary.decode("utf-8")
    except UnicodeDecodeError:
        return object()


def _has_zone(kind: Any) -> bool:
    try:
        return kind.tz is not None
    except UnicodeDecodeError:
        return True


def _cells(column: Any) -> list[object]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _cells(column.cast(kind.value_type))
    if _is_binary(kind):
        return [_text_of(cell) for cell in column.to_pylist()]
    if pa.types.is_timestamp(kind):
        numbers = column.cast(pa.int64()).to_pylist()
        scale = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
        times, parts = scale[kind.unit]
        naive = not _has_zone(kind)
        return [None if n is None else Moment(n * times // parts, naive) for n in numbers]
    if pa.types.is_date(kind):
        days = column.cast(pa.date32()).cast(pa.int32()).to_pylist()
        return [None if n is None else Moment(n * DAY) for n in days]
    if isinstance(kind, pa.UuidType):
        return [None if cell is None else Uuid(str(cell)) for cell in column.to_pylist()]
    if isinstance(kind, pa.BaseExtensionType):
        return _cells(pa.chunked_array([c.storage for c in column.chunks], kind.storage_type))
    if any(
        is_kind(kind)
        for is_kind in (
            pa.types.is_list,
            pa.types.is_large_list,
            pa.types.is_fixed_size_list,
            pa.types.is_list_view,
            pa.types.is_large_list_view,
        )
    ):
        return _lists(column)
    if pa.types.is_floating(kind):
        limit, digits = (2**53, 17) if pa.types.is_float64(kind) else (2**24, 9)
        numbers = column.to_pylist()
        return [
            None if n is None or math.isnan(n) else Rounded(_shortest(n, digits), limit)
            for n in numbers
        ]
    if _is_text(kind) or any(
        is_kind(kind) for is_kind in (pa.types.is_integer, pa.types.is_decimal, pa.types.is_boolean)
    ):
        return list(column.to_pylist())
    return [object() if valid else None for valid in column.is_valid().to_pylist()]


def _shortest(number: float, most: int) -> Decimal:
    """The number with the fewest digits that is this one as a float, as JSON would write it."""
    width = "d" if most == 17 else "f"
    exact = struct.pack(width, number)
    for digits in range(1, most):
        text = f"{number:.{digits}g}"
        if struct.pack(width, float(text)) == exact:
            return Decimal(text)
    return Decimal(f"{number:.{most}g}")


def _lists(column: Any) -> list[object]:
    items = column.type.value_type
    if _is_text(items):
        return list(column.to_pylist())
    if _is_binary(items):
        return [
            None if cell is None else [_text_of(item) for item in cell]
            for cell in column.to_pylist()
        ]
    # What the elements are does not matter, only whether there is one that is not text.
    return [
        [0 if item.is_valid else None for item in cell.values] if cell.is_valid else None
        for cell in column
    ]
