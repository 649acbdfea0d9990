"""What cells mean (specification, section 1: values)."""

from datetime import date, datetime
from typing import Literal

import polars as pl
import pytest

from pipelines.exports.cells import OUT_OF_RANGE, REPAIRED, WRONG_TYPE, Cells, Kind
from pipelines.exports.json_values import Number, Repaired, from_json
from pipelines.exports.values import from_text, from_typed


def _one(cells: Cells) -> tuple[object, int]:
    fault = 0 if cells.faults is None else int(cells.faults[0])
    return cells.values[0], fault


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", (5, 0)),
        ("-0", (0, 0)),
        ("007", (7, 0)),
        ("101.0", (101, 0)),
        ("-7.000", (-7, 0)),
        ("9223372036854775807.0", (2**63 - 1, 0)),
        ("9223372036854775808.0", (None, OUT_OF_RANGE)),
        ("0" * 5000 + "7", (7, 0)),
        ("9223372036854775807", (2**63 - 1, 0)),
        ("-9223372036854775808", (-(2**63), 0)),
        ("9223372036854775808", (None, OUT_OF_RANGE)),
        ("-9223372036854775809", (None, OUT_OF_RANGE)),
        ("9" * 5000, (None, OUT_OF_RANGE)),
        *[
            (text, (None, WRONG_TYPE))
            for text in (
                "+5",
                " 5",
                "5 ",
                "",
                "-",
                "--5",
                "5.",
                "5.01",
                ".0",
                "+5.0",
                "1e3",
                "1_000",
                "0x1",
                "٣",
                "5\n",
            )
        ],
    ],
)
def test_integers_in_text(text: str, expected: tuple[object, int]) -> None:
    assert _one(from_text("integer", pl.Series([text]))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", (True, 0)),
        ("92.5", (True, 0)),
        ("0." + "0" * 400 + "1", (True, 0)),
        ("0.00", (False, 0)),
        ("-3", (False, 0)),
        *[(text, (False, WRONG_TYPE)) for text in ("1e3", ".5", "5.", "+5", "NaN", "", " 5")],
    ],
)
def test_numbers_in_text_are_filled_above_zero(text: str, expected: tuple[object, int]) -> None:
    assert _one(from_text("number", pl.Series([text]))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02", datetime(2026, 1, 2)),
        ("2026-01-02T03:04", datetime(2026, 1, 2, 3, 4)),
        ("2026-01-02 03:04:05", datetime(2026, 1, 2, 3, 4, 5)),
        ("2026-01-02T03:04Z", datetime(2026, 1, 2, 3, 4)),
        ("2026-01-02T03:04:05.5Z", datetime(2026, 1, 2, 3, 4, 5, 500_000)),
        ("2026-01-02T03:04:05.1234569", datetime(2026, 1, 2, 3, 4, 5, 123_456)),
        ("2026-01-02T03:04+05:30", datetime(2026, 1, 1, 21, 34)),
        ("2026-01-02T03:04:05-0530", datetime(2026, 1, 2, 8, 34, 5)),
        ("2026-01-02T03:04:05.25+0000", datetime(2026, 1, 2, 3, 4, 5, 250_000)),
        ("2026-01-02T03:04-23:59", datetime(2026, 1, 3, 3, 3)),
        ("2026-01-02T03:04+05", datetime(2026, 1, 1, 22, 4)),
        ("2026-01-02 03:04:05.5-05", datetime(2026, 1, 2, 8, 4, 5, 500_000)),
        ("2026-01-02 03:04:05 UTC", datetime(2026, 1, 2, 3, 4, 5)),
        ("2026-01-02 03:04:05GMT", datetime(2026, 1, 2, 3, 4, 5)),
        ("2026-01-02 03:04:05.123456 UTC", datetime(2026, 1, 2, 3, 4, 5, 123_456)),
        ("2026-01-02T03:04 Z", datetime(2026, 1, 2, 3, 4)),
        ("2026-01-02T03:04 +05:30", datetime(2026, 1, 1, 21, 34)),
        ("2026-01-02T03:04 -0530", datetime(2026, 1, 2, 8, 34)),
        ("1767323045", datetime(2026, 1, 2, 3, 4, 5)),
        ("1767323045.0", datetime(2026, 1, 2, 3, 4, 5)),
        ("1767323045999", datetime(2026, 1, 2, 3, 4, 5, 999_000)),
        ("1767323045999888", datetime(2026, 1, 2, 3, 4, 5, 999_888)),
        ("1767323045999888777", datetime(2026, 1, 2, 3, 4, 5, 999_888)),
        ("946684800", datetime(2000, 1, 1)),
        ("2024-02-29", datetime(2024, 2, 29)),
        *[
            (text, None)
            for text in (
                "",
                "2026-02-29",
                "2026-13-01",
                "2026-00-01",
                "2026-1-2",
                "0000-01-01",
                "2026-01-02Z",
                "2026-01-02+05:00",
                "2026-01-02T03",
                "2026-01-02T24:00",
                "2026-01-02T23:60",
                "2026-01-02T23:59:60Z",
                "2026-01-02T03:04:05.Z",
                "2026-01-02T03:04.5",
                "2026-01-02t03:04",
                "2026-01-02T03:04z",
                "2026-01-02  03:04",
                "2026-01-02T03:04+24:00",
                "2026-01-02T03:04+05:60",
                "2026-01-02T03:04+5",
                "2026-01-02T03:04+053",
                "2026-01-02T03:04  Z",
                "2026-01-02T03:04 ",
                "2026-01-02 UTC",
                "2026-01-02T03:04 CET",
                "2026-01-02T03:04utc",
                " 2026-01-02",
                "2026-01-02\n",
                "２０２６-01-02",
            )
        ],
    ],
)
def test_times_in_text(text: str, expected: datetime | None) -> None:
    # Beside a long time, which others are not to be read like.
    cells = from_text("time", pl.Series([text, "2026-01-02T03:04:05.123456+05:30"]))
    assert _one(cells) == (expected, 0 if expected else WRONG_TYPE)
    assert _one(from_text("time", pl.Series([text]))) == (expected, 0 if expected else WRONG_TYPE)


@pytest.mark.parametrize(
    "text", ["946684799", "4102444800", "946684799999", "0", "-1767323045", "20260102", "9" * 30]
)
def test_numbers_that_are_no_time_are_out_of_range(text: str) -> None:
    assert _one(from_text("time", pl.Series([text]))) == (None, OUT_OF_RANGE)
    assert _one(from_json("time", [int(text)])) == (None, OUT_OF_RANGE)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ('["a"]', True),
        ('[null, "", " "]', False),
        ("[]", False),
        ("{}", False),
        # Other than arrays of texts and nulls these stay what they are.
        ('["a"', True),
        ("[1]", True),
        ("[[]]", True),
        (" []", True),
        ("[] ", True),
        ("{a,b}", True),
        ("{ }", True),
    ],
)
def test_an_array_in_a_text_is_a_list(text: str, filled: bool) -> None:
    assert _one(from_text("text_or_list", pl.Series([text]))) == (filled, 0)
    # In a list it is a text like any other.
    assert _one(from_typed("text_or_list", pl.Series([[text]]))) == (True, 0)
    assert _one(from_json("text_or_list", [[text]])) == (True, 0)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('["\\ud83c"]', REPAIRED),
        ('[null, "a\\uDFA7"]', REPAIRED),
        ('["\\ud83c\\udfa7"]', 0),
        # Not arrays of texts and nulls.
        ('["\\ud83c", 1]', 0),
        ('["\\ud83c"', 0),
        ('["\\ud83c", NaN]', 0),
        ("\\ud83c", 0),
    ],
)
def test_half_of_a_character_in_an_array_in_a_text_is_told(text: str, fault: int) -> None:
    assert _one(from_text("text_or_list", pl.Series([text, "a"]))) == (True, fault)
    assert _one(from_json("text_or_list", [text])) == (True, fault)


@pytest.mark.parametrize(
    ("text", "filled"),
    [("a", True), (" a", True), ("\u00a0", True), (" \t\r\n\x0b\x0c", False), ("", False)],
)
def test_blank_text_is_not_filled(text: str, filled: bool) -> None:
    assert _one(from_text("text_or_list", pl.Series([text]))) == (filled, 0)
    assert _one(from_typed("text_or_list", pl.Series([[None, text]]))) == (filled, 0)
    assert _one(from_json("text_or_list", [[None, text]])) == (filled, 0)


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("integer", pl.Series([200], dtype=pl.UInt8), (200, 0)),
        ("integer", pl.Series([2**63], dtype=pl.UInt64), (None, OUT_OF_RANGE)),
        ("integer", pl.Series([7.0]), (7, 0)),
        ("integer", pl.Series([float("nan")]), (None, 0)),
        ("integer", pl.Series([7.5]), (None, WRONG_TYPE)),
        ("integer", pl.Series([float("inf")]), (None, WRONG_TYPE)),
        ("integer", pl.Series([-(2.0**53) + 1]), (1 - 2**53, 0)),
        ("integer", pl.Series([2.0**53]), (None, WRONG_TYPE)),
        ("integer", pl.Series([2.0**24], dtype=pl.Float32), (None, WRONG_TYPE)),
        ("integer", pl.Series(["7"]), (7, 0)),
        ("integer", pl.Series(["7"], dtype=pl.Categorical), (7, 0)),
        ("integer", pl.Series([True]), (None, WRONG_TYPE)),
        ("integer", pl.Series([None]), (None, 0)),
        ("number", pl.Series([float("nan")]), (False, 0)),
        ("number", pl.Series([float("inf")]), (False, WRONG_TYPE)),
        ("number", pl.Series([0.5], dtype=pl.Float32), (True, 0)),
        ("number", pl.Series(["0.5"]), (True, 0)),
        ("time", pl.Series([date(2026, 1, 2)]), (datetime(2026, 1, 2), 0)),
        (
            "time",
            pl.Series([1767323045999], dtype=pl.Int64),
            (datetime(2026, 1, 2, 3, 4, 5, 999_000), 0),
        ),
        ("time", pl.Series([float("nan")]), (None, 0)),
        ("text", pl.Series([float("nan")]), (None, 0)),
        ("flag", pl.Series([float("nan")]), (True, 0)),
        ("text", pl.Series([5]), (None, WRONG_TYPE)),
        ("text_or_list", pl.Series([5]), (False, WRONG_TYPE)),
        ("text_or_list", pl.Series([[5]]), (False, WRONG_TYPE)),
        ("text_or_list", pl.Series([[None]], dtype=pl.List(pl.Int64)), (False, 0)),
        ("text_or_list", pl.Series([[]], dtype=pl.List(pl.String)), (False, 0)),
    ],
)
def test_typed_cells(kind: Kind, cells: pl.Series, expected: tuple[object, int]) -> None:
    assert _one(from_typed(kind, cells)) == expected


@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
def test_timestamps_of_any_unit_and_zone(unit: Literal["ns", "us", "ms"]) -> None:
    time = datetime(2026, 1, 2, 3, 4, 5, 678_000)
    naive = pl.Series([time], dtype=pl.Datetime(unit))
    zoned = naive.dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Kolkata")
    assert _one(from_typed("time", naive)) == _one(from_typed("time", zoned)) == (time, 0)


def test_timestamps_that_64_bits_of_microseconds_cannot_hold_are_out_of_range() -> None:
    # Multiplied, they would wrap around to some other time.
    for dtype in (pl.Datetime("ms"), pl.Date()):
        cells = pl.Series([2**31 - 1 if dtype == pl.Date else 2**62]).cast(dtype)
        assert _one(from_typed("time", cells)) == (None, OUT_OF_RANGE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, (7, 0)),
        ("7", (7, 0)),
        (Number("7.0"), (7, 0)),
        (Number("1e3"), (1000, 0)),
        (Number("150e-1"), (15, 0)),
        (Number("0.0"), (0, 0)),
        (Number("9007199254740991.0"), (9007199254740991, 0)),
        # Whoever wrote it as a float may have meant another number.
        (Number("9007199254740992.0"), (None, WRONG_TYPE)),
        (Number("9007199254740993e0"), (None, WRONG_TYPE)),
        (Number("7.5"), (None, WRONG_TYPE)),
        (Number("1e-400"), (None, WRONG_TYPE)),
        (Number("1e400"), (None, WRONG_TYPE)),
        (Number("-1e99999999999999999999"), (None, WRONG_TYPE)),
        (2**63, (None, OUT_OF_RANGE)),
        (Number("9" * 5000), (None, OUT_OF_RANGE)),
        (True, (None, WRONG_TYPE)),
        ("7.0", (7, 0)),
        ([7], (None, WRONG_TYPE)),
        ({}, (None, WRONG_TYPE)),
        (None, (None, 0)),
    ],
)
def test_integers_in_json(value: object, expected: tuple[object, int]) -> None:
    assert _one(from_json("integer", [value])) == expected


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("number", Number("1e-999"), (True, 0)),
        ("number", Number("-0e5"), (False, 0)),
        ("number", "12", (True, 0)),
        ("number", True, (False, WRONG_TYPE)),
        ("text", 5, (None, WRONG_TYPE)),
        ("time", 1767323045, (datetime(2026, 1, 2, 3, 4, 5), 0)),
        ("time", Number("1767323045e0"), (datetime(2026, 1, 2, 3, 4, 5), 0)),
        ("time", Number("1767323045.5"), (None, WRONG_TYPE)),
        ("time", True, (None, WRONG_TYPE)),
        ("text", Repaired("a\ufffd"), ("a\ufffd", REPAIRED)),
        ("integer", Repaired("\ufffd"), (None, WRONG_TYPE)),
        ("text_or_list", ["a", Repaired("\ufffd")], (True, REPAIRED)),
        ("text_or_list", ["a", 5], (False, WRONG_TYPE)),
        ("text_or_list", {}, (False, WRONG_TYPE)),
        ("text_or_list", [], (False, 0)),
    ],
)
def test_other_kinds_in_json(kind: Kind, value: object, expected: tuple[object, int]) -> None:
    assert _one(from_json(kind, [value])) == expected
