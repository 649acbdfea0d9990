"""The columns of a Parquet file under other names, within structs, and as other types."""

import io
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.oracle.cells import Moment, Rounded

from .cells import BAD, Notation, spelled
from .local import clock_of

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def parquet_file(
    notation: Notation,
    content: bytes,
    columns: Mapping[str, str],
    decoys: Sequence[str],
    rows: Sequence[dict[str, object] | None],
) -> bytes:
    """The rows of a plain file; `columns` are their names or paths by ours."""
    rng = notation.rng
    plain = pq.ParquetFile(io.BytesIO(content), coerce_int96_timestamp_unit="us").read()
    arrays: dict[str, Any] = {}
    for column, theirs in columns.items():
        there = plain.column_names.count(column)
        cells = [row[column] if row else None for row in rows]
        array = plain.column(column).combine_chunks() if there else pa.nulls(len(rows))
        arrays[theirs] = _array(notation, column, array, cells)
    for name in decoys:
        arrays[name] = pa.array(["junk"] * len(rows))
    table = _table(rng, arrays, len(rows))
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=rng.choice((None, 50)))
    return sink.getvalue()


def _array(notation: Notation, column: str, array: Any, raw: Sequence[object]) -> Any:
    """The column as it is where it may be, else one of another type."""
    rng = notation.rng
    if any(isinstance(cell, Moment) for cell in raw):
        return _moments(rng, array, raw, notation.table.get("timezone"))
    if any(isinstance(cell, list) for cell in raw) and column not in notation.texts.columns:
        return array
    cells = [notation.cell(column, cell) for cell in raw]
    if column in notation.texts.columns:
        cells = [cell if cell is None or type(cell) in (int, str) else BAD for cell in cells]
    if all(new is old for new, old in zip(cells, raw, strict=True)):
        return array
    return _of_cells(rng, cells)


def _of_cells(rng: Random, cells: Sequence[Any]) -> Any:
    said = [cell for cell in cells if cell is not None]
    if all(type(cell) is int for cell in said) and all(abs(cell) < 2**63 for cell in said):
        return pa.array(cells, pa.int64())
    if all(isinstance(cell, bool) for cell in said):
        return pa.array(cells, pa.bool_())
    if all(map(_is_uuid, said)) and rng.random() < 0.5:
        binaries = [None if cell is None else uuid.UUID(cell).bytes for cell in cells]
        return pa.ExtensionArray.from_storage(pa.uuid(), pa.array(binaries, pa.binary(16)))
    texts = [_text(cell) for cell in cells]
    if any(text is BAD for text in texts) or rng.random() < 0.2:
        encoded = [None if t is None else b"\xff" if t is BAD else t.encode() for t in texts]
        return pa.array(encoded, pa.binary())
    array = pa.array(texts, pa.string())
    return array.dictionary_encode() if rng.random() < 0.2 else array


def _is_uuid(cell: object) -> bool:
    return isinstance(cell, str) and len(cell) == 36 and cell.count("-") == 4


def _text(cell: object) -> str | None:
    """A cell of any type as a text that means the same; BAD where none does."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, Rounded):
        surely = abs(cell.number) < cell.limit or cell.number != cell.number.to_integral_value()
        return spelled(cell) if surely else BAD
    return spelled(cell) if isinstance(cell, int | Decimal) else BAD


def _moments(rng: Random, array: Any, cells: Sequence[object], zone: str | None) -> Any:
    """Timestamps without a zone, or dates, as the clocks show them; else such that have one."""
    moments = [cell if isinstance(cell, Moment) else None for cell in cells]
    if zone is None or not any(moment and moment.naive for moment in moments):
        return array
    clocks = [None if m is None else clock_of(m.micros, zone) for m in moments]
    if any(c is None for c, m in zip(clocks, moments, strict=True) if m) or rng.random() < 0.2:
        utc = [m and m.micros for m in moments]
        return pa.array(utc, pa.int64()).cast(pa.timestamp("us", rng.choice(("UTC", "+02:00"))))
    shown = [None if c is None else (c - _EPOCH) // _MICROSECOND for c in clocks]
    day = 86_400_000_000
    if all(micros is None or micros % day == 0 for micros in shown) and rng.random() < 0.7:
        days = [None if micros is None else micros // day for micros in shown]
        return pa.array(days, pa.int32()).cast(pa.date32())
    return pa.array(shown, pa.int64()).cast(pa.timestamp("us"))


def _table(rng: Random, arrays: dict[str, Any], rows: int) -> Any:
    """Columns in any order; those with a path within structs, or under their name as it is."""
    tree: dict[str, Any] = {}
    for theirs, array in arrays.items():
        if "." not in theirs or rng.random() < 0.2:
            tree[theirs] = array
            if "." in theirs and rng.random() < 0.5:
                # The name itself comes before the path.
                _put(tree, theirs, pa.array(["junk"] * rows))
        else:
            _put(tree, theirs, array)
    names = list(tree)
    rng.shuffle(names)
    return pa.table({name: _built(rng, tree[name]) for name in names})


def _put(tree: dict[str, Any], path: str, array: Any) -> None:
    *way, last = path.split(".")
    for part in way:
        tree = tree.setdefault(part, {})
    tree[last] = array


def _built(rng: Random, tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    children = [_built(rng, child) for child in tree.values()]
    empty = [not any(child[n].is_valid for child in children) for n in range(len(children[0]))]
    mask = pa.array([nothing and rng.random() < 0.5 for nothing in empty], pa.bool_())
    return pa.StructArray.from_arrays(children, names=list(tree), mask=mask)
