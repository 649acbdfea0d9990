"""Parquet files of any types, layouts and encodings, whatever their columns should be."""

import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzz.nasty import nasty_text
from tests.worlds.columns import Row

_NAN = float("nan")
_TIMES = (datetime(2026, 1, 2, 3, 4, 5, 678901), datetime(1970, 1, 1), datetime(2099, 12, 31))
_TEXTS = ("1", "active", "draft", "2026-01-01", "a", " ", "")
_NUMBERS = (0, 1, 2, 7, 100)
_LARGE = (2**24, 2**31 - 1, 1_780_000_000)
_BYTES = (b"1", b"active", b"2026-01-01", b"\xff", b"\xed\xa0\x80", b"\x00", b"")
_FLOATS = (0.0, -0.0, 1.0, 1.5, _NAN, float("inf"), 2.0**24, 2.0**53, -1e300, 5e-324)

#: A type, and values of it.
_SCALARS: tuple[tuple[pa.DataType, tuple[Any, ...]], ...] = (
    (pa.null(), ()),
    (pa.bool_(), (True, False)),
    (pa.int8(), _NUMBERS),
    (pa.uint8(), _NUMBERS),
    (pa.int16(), _NUMBERS),
    (pa.uint16(), _NUMBERS),
    (pa.int32(), (*_NUMBERS, *_LARGE, -(2**31))),
    (pa.uint32(), (*_NUMBERS, *_LARGE, 2**32 - 1)),
    (pa.int64(), (*_NUMBERS, *_LARGE, 2**63 - 1, -(2**63), 1_780_000_000_000_000_000)),
    (pa.uint64(), (*_NUMBERS, *_LARGE, 2**63, 2**64 - 1)),
    (pa.float16(), (0.0, 1.0, 1.5, _NAN, 2048.0)),
    (pa.float32(), (0.0, 1.0, 1.5, _NAN, float("inf"), 2.0**24 - 1, 2.0**24)),
    (pa.float64(), _FLOATS),
    (pa.decimal128(5, 2), (Decimal("1"), Decimal("1.5"), Decimal("-7"))),
    (pa.decimal128(38, 0), (Decimal(1), Decimal(2**63), Decimal(10**37))),
    (pa.decimal128(38, 38), (Decimal(0), Decimal("0.5"))),
    (pa.decimal256(76, 10), (Decimal(1), Decimal("1.5"), Decimal(10**60))),
    (pa.date32(), (date(2026, 1, 1), date(1, 1, 1), date(9999, 12, 31))),
    (pa.date64(), (date(2026, 1, 1), date(1999, 12, 31))),
    (pa.timestamp("s"), _TIMES),
    (pa.timestamp("ms", "UTC"), _TIMES),
    (pa.timestamp("us", "Europe/Berlin"), _TIMES),
    (pa.timestamp("us", "Nowhere/Town"), (2**62, 1_780_000_000_000_000, -(2**62))),
    (pa.timestamp("ns"), (2**62, 1_780_000_000_000_000_999, -(2**62))),
    (pa.timestamp("ms"), (2**62, 1_780_000_000_000, -(2**62))),
    (pa.time32("ms"), (time(1, 2, 3),)),
    (pa.time64("us"), (time(1, 2, 3),)),
    (pa.duration("us"), (timedelta(1),)),
    (pa.string(), _TEXTS),
    (pa.large_string(), _TEXTS),
    (pa.string_view(), _TEXTS),
    (pa.binary(), _BYTES),
    (pa.large_binary(), _BYTES),
    (pa.binary_view(), _BYTES),
    (pa.binary(2), (b"ab", b"\xff\xff", b"11")),
    (pa.dictionary(pa.int8(), pa.string()), _TEXTS),
    (pa.dictionary(pa.int32(), pa.binary()), _BYTES),
    (pa.dictionary(pa.int8(), pa.int64()), _NUMBERS),
    (pa.struct([("a", pa.int64()), ("b", pa.list_(pa.string()))]), ({"a": 1}, {"b": ["x"]})),
    (pa.map_(pa.string(), pa.int64()), ([("a", 1)], [])),
    (pa.uuid(), (b"0123456789abcdef",)),
    (pa.json_(), ('["a"]', "1", "{}")),
    (pa.bool8(), (0, 1)),
)
_COMPRESSIONS = ("none", "none", "snappy", "gzip", "zstd", "lz4", "brotli")


def odd_parquet(rng: Random, kinds: dict[str, str], rows: Sequence[Row]) -> bytes:
    """A file with a row for each of `rows`; most columns are as they should be."""
    names = [name for name in kinds if rng.random() < 0.97]
    columns = [
        _odd(rng, len(rows)) if rng.random() < 0.3 else _plain(kinds[name], [r[name] for r in rows])
        for name in names
    ]
    if rng.random() < 0.1:
        names.append(rng.choice([*kinds, "", "mystery", "x\x00y", "a.b"]))
        columns.append(_odd(rng, len(rows)))
    sink = io.BytesIO()
    table = pa.Table.from_arrays(columns, names)
    pq.write_table(
        table,
        sink,
        compression=rng.choice(_COMPRESSIONS),
        row_group_size=rng.choice((None, None, 1, 3)),
        use_dictionary=rng.choice((True, False)),
        data_page_version=rng.choice(("1.0", "2.0")),
        data_page_size=rng.choice((None, None, 1, 64)),
        write_page_checksum=rng.choice((True, False)),
        write_statistics=rng.choice((True, False)),
        store_schema=rng.choice((True, False)),
        use_compliant_nested_type=rng.choice((True, False)),
    )
    return sink.getvalue()


def _plain(kind: str, values: Sequence[Any]) -> pa.Array:
    """What the kind of the column asks for."""
    if kind == "time":
        return pa.array(values, pa.timestamp("us"))
    if kind == "list":
        lists = [v if v is None or isinstance(v, list) else [v] for v in values]
        return pa.array(lists, pa.list_(pa.string()))
    if kind == "number":
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    return pa.array(values)


def _odd(rng: Random, rows: int) -> pa.Array:
    of, values = rng.choice(_SCALARS)
    if of in (pa.string(), pa.large_string()):
        values = (*values, *(nasty_text(rng) for _ in range(3)))
    elif of == pa.binary():
        values = (*values, *(nasty_text(rng).encode() for _ in range(3)))
    form = rng.choice(("flat", "flat", "flat", "list", "large_list", "list_view", "fixed", "deep"))
    if form == "flat" or isinstance(of, pa.BaseExtensionType):
        return _array(of, _cells(rng, values, rows))
    if form == "fixed":
        lists = [rng.choice((None, _cells(rng, values, 2))) for _ in range(rows)]
        return _array(pa.list_(of, 2), lists)
    lists = [rng.choice((None, [], _cells(rng, values, rng.randint(1, 4)))) for _ in range(rows)]
    if form == "deep":
        return _array(pa.list_(pa.list_(of)), [None if v is None else [v, None] for v in lists])
    kind = {"list": pa.list_, "large_list": pa.large_list, "list_view": pa.list_view}[form]
    return _array(kind(of), lists)


def _cells(rng: Random, values: Sequence[Any], count: int) -> list[Any]:
    some = (*values, None)
    return [rng.choice(some) for _ in range(count)]


def _array(of: pa.DataType, values: list[Any]) -> pa.Array:
    if isinstance(of, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(of, _array(of.storage_type, values))
    if pa.types.is_dictionary(of):
        return pa.array(values, of.value_type).dictionary_encode()
    return pa.array(values, of)
