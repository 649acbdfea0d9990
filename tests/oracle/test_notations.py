"""What the specification says about notations, sentence by sentence: the oracle reads them so."""

import bz2
import gzip
import io
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from tests.oracle.cells import (
    BadCellError,
    Mended,
    Rounded,
    parse_text,
    parse_text_or_list,
    whole,
)
from tests.oracle.clock import micros_of
from tests.oracle.formats import rows_of
from tests.oracle.raw import BadFileError
from tests.oracle.stamps import stamp_of
from tests.oracle.times import parse_time


@pytest.mark.parametrize(
    ("path", "stamp"),
    [
        ("2026-11-22T06.csv.gz", "2026-11-22T06:00"),
        ("date=2026-11-22/hour=06/part-0.parquet", "2026-11-22T06:00"),
        ("20261122T060000Z/full.json", "2026-11-22T06:00"),
        ("2026/11/22T06.json", "2026-11-22T06:00"),
        ("2026/6/5/part.csv", "2026-06-05T00:00"),
        ("2026/6/123.csv", None),
        ("v2026/06/05.csv", None),
        ("2026/06x/05.csv", None),
        ("year=2026/month=6/day=05-x/part.csv", "2026-06-05T00:00"),
        ("in-year=2026/month=6/day=05/part.csv", None),
        ("2026_06_05_07-08-09.csv", "2026-06-05T07:08:09"),
        ("2026_06-05.csv", None),
        ("2026-06-05_07-08.csv", "2026-06-05T07:08"),
        ("2026-06-05_07.csv", "2026-06-05T00:00"),
        ("2026-06-05-01.csv", "2026-06-05T00:00"),
        ("2026-06-051.csv", None),
        ("12026-06-05.csv", None),
        ("v20260605.csv", None),
        ("20260605x.csv", None),
        ("dt_20260605_1.csv", "2026-06-05T00:00"),
        ("20260605Tx.csv", "2026-06-05T00:00"),
        ("2026-06-05T06-001.csv", "2026-06-05T06:00"),
        ("2026-06-05T060.csv", "2026-06-05T00:00"),
        ("2026-06-05T06:07_08.csv", "2026-06-05T06:07:08"),
        ("2026-06-05T2400.csv", "2026-06-05T00:00"),
        ("2026-06-05T06-99.csv", "2026-06-05T00:00"),
        ("2026-06-05/hr=6/min=7/x.csv", "2026-06-05T06:07"),
        ("2026-06-05/hr=6/min=60/x.csv", "2026-06-05T00:00"),
        ("2026-06-05/hr=6/min=7-x.csv", "2026-06-05T06:00"),
        ("2026-06-05/hour=6.csv", "2026-06-05T00:00"),
        ("2026-06-05/x/hour=6/x.csv", "2026-06-05T00:00"),
        ("2026-06-05T01/2026-06-31.csv", "2026-06-05T01:00"),
        ("2026-06-05T01/1999-12-31.csv", "2026-06-05T01:00"),
        ("2026-06-05T01/20260604.csv", "2026-06-04T00:00"),
        ("20260604/2026-06-05T01.csv", "2026-06-05T01:00"),
        ("2026-06-05/hour=6/minute=07/x.csv", "2026-06-05T06:07"),
        ("2026-06-05T06-07-081.csv", "2026-06-05T06:07"),
    ],
)
def test_a_stamp_is_the_last_date_of_a_path_with_the_time_that_follows(
    path: str, stamp: str | None
) -> None:
    assert stamp_of(path) == (stamp and micros_of(datetime.fromisoformat(stamp)))


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("7.000", 7),
        ("-0", 0),
        ("007", 7),
        ("1e3", None),
        ("7.", None),
        ("7.5", None),
        (Rounded(Decimal(2**53 - 1), 2**53), 2**53 - 1),
        (Rounded(Decimal(2**53), 2**53), None),
        (Rounded(Decimal(-(2**24)), 2**24), None),
        (Rounded(Decimal("Infinity"), 2**53), None),
        (Decimal("9223372036854775807.00"), 2**63 - 1),
        (Decimal("7.5"), None),
        (True, None),
    ],
)
def test_a_whole_number_is_what_was_surely_written(cell: object, number: int | None) -> None:
    if number is None:
        with pytest.raises(BadCellError, match="type"):
            whole(cell)
    else:
        assert whole(cell) == number


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2026-06-05 07:08:09.1234569 UTC", "2026-06-05T07:08:09.123456"),
        ("2026-06-05T07:08GMT", "2026-06-05T07:08"),
        ("2026-06-05T07:08 +0130", "2026-06-05T05:38"),
        ("2026-06-05T07:08-01", "2026-06-05T08:08"),
        ("2026-06-05T07:08  Z", "type"),
        ("2026-06-05 +00", "type"),
        ("2026-06-05Z", "type"),
        ("2026-06-05T24:00", "type"),
        ("2026-06-05T07:08 EST", "type"),
        ("1780643289", "2026-06-05T07:08:09"),
        ("1780643289.0", "2026-06-05T07:08:09"),
        (1780643289123, "2026-06-05T07:08:09.123"),
        (1780643289123456, "2026-06-05T07:08:09.123456"),
        (1780643289123456999, "2026-06-05T07:08:09.123456"),
        (Rounded(Decimal("1780643289123456999"), 2**53), "type"),
        ("946684799", "range"),
        (946684800, "2000-01-01T00:00"),
        (4102444800, "range"),
        ("20260605", "range"),
        ("1780643289.5", "type"),
        (True, "type"),
    ],
)
def test_a_time_is_a_text_or_a_number_since_1970(cell: object, time: str) -> None:
    if time in ("type", "range"):
        with pytest.raises(BadCellError, match=time):
            parse_time(cell)
    else:
        assert parse_time(cell) == micros_of(datetime.fromisoformat(time).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("{}", []),
        ("[]", []),
        ('["a",\tnull]', ["a", None]),
        (' ["a"]', ' ["a"]'),
        ('["a"]\n', '["a"]\n'),
        ('["a", 1]', '["a", 1]'),
        ("{a}", "{a}"),
        ("[a]", "[a]"),
        (["a", "\udc00"], Mended(["a", "\ufffd"])),
    ],
)
def test_a_metadata_text_may_write_a_list(cell: object, value: object) -> None:
    assert parse_text_or_list(cell) == value


def test_long_and_half_texts_are_mended() -> None:
    assert parse_text("x" * 3, 1, 3) == "xxx"
    assert parse_text("\U0001f3a7" * 4, 1, 3) == Mended("\U0001f3a7" * 3)
    assert parse_text("\ud83c", 1, 3) == Mended("\ufffd")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('{"a":1}{"a":2} \t{"a":3}', [{"a": 1}, {"a": 2}, {"a": 3}]),
        ('[{"a":1}, {"a":2}]\r\n\r\n[]\n{"a":3}', [{"a": 1}, {"a": 2}, {"a": 3}]),
        ('{"a":1}\n{"a":2},{"a":3}\n[{"a":4},5]\n[{}] [{}]', [{"a": 1}, None, None, None]),
        ('\ufeff\n \t\n[\n{"a":1},\n7,\n{"a":2}\n]\n', [{"a": 1}, None, {"a": 2}]),
        ('[{"a":1},\n{"a":2}]', [{"a": 1}, {"a": 2}]),
        ('[{"a":1}\n', None),
        ('[{"a":NaN}]', None),
        ("[{}] [{}]", None),
        ('{"a":NaN}', [None]),
        ("", []),
    ],
)
def test_json_lines_and_array_files(text: str, rows: list[object] | None) -> None:
    if rows is None:
        with pytest.raises(BadFileError, match="file:unreadable"):
            rows_of("x.json", text.encode(), [], [])
    else:
        assert rows_of("x.json", text.encode(), [], []) == rows


@pytest.mark.parametrize(
    ("array", "cells"),
    [
        (pa.array([2.0**24, float("nan"), None], pa.float32()), ["type", None, None]),
        (pa.array([2.0**24 - 1, 7.5, 2.0**53]), [2**24 - 1, "type", "type"]),
        (pa.array([b"7", b"\xe9", None], pa.binary()), [7, "type", None]),
        (pa.array([2**64 - 1], pa.uint64()), [2**64 - 1]),
    ],
)
def test_whole_numbers_of_parquet_files(array: Any, cells: list[object]) -> None:
    def value(cell: object) -> object:
        try:
            return None if cell is None else whole(cell)
        except BadCellError as error:
            return error.fault

    sink = io.BytesIO()
    pq.write_table(pa.table({"a": array}), sink)
    rows = rows_of("x.parquet", sink.getvalue(), ["a"], ["a"])
    assert [value((row or {})["a"]) for row in rows] == cells


def test_a_json_number_with_a_fraction_or_an_exponent_may_have_been_rounded() -> None:
    text = '{"a":9007199254740991.0,"b":9007199254740992e0,"c":9007199254740993}'
    [row] = rows_of("x.json", text.encode(), [], [])
    assert row is not None
    assert (whole(row["a"]), whole(row["c"])) == (2**53 - 1, 2**53 + 1)
    with pytest.raises(BadCellError, match="type"):
        whole(row["b"])


def test_separated_cells() -> None:
    text = 'a,b,,""\n\\N,"\\N",\t,\n \v\f\t\n1,2\n,"","x\ty",1\n'
    assert rows_of("x.csv", text.encode(), ["a"], []) == [
        {"a": None, "b": None, "": None},
        None,
        {"a": None, "b": None, "": "1"},
    ]
    assert rows_of("x.tsv", b"a\tb\n1,5\t\\N\n \n\t\n", ["b"], []) == [
        {"a": "1,5", "b": None},
        {"a": None, "b": None},
    ]


@pytest.mark.parametrize(
    ("ending", "compress"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".zst", zstandard.ZstdCompressor().compress)],
)
def test_all_streams_are_read_and_nothing_but_streams(
    ending: str, compress: Callable[[bytes], bytes]
) -> None:
    one, other = compress(b"{}\n"), compress(b"{}{}\n")
    assert rows_of(f"x.json{ending}", one + other, [], []) == [{}, {}, {}]
    for content in (b"", other[:-1], one + b"\0", one + b"junk", one + other[:-1]):
        with pytest.raises(BadFileError, match="file:unreadable"):
            rows_of(f"x.json{ending}", content, [], [])
