"""From the cells of a file to values: what is an integer, a number, a time, a filled field.

The only place that knows how values are written, for all formats, a whole column at a time.
It says what a cell means and whether it means anything; which values are good is said by
the schemas.  (specification, section 1: values)
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import polars as pl

from pipelines.exports.fixed_times import times_in_layouts

Kind = Literal["integer", "number", "time", "text", "text_or_list", "flag"]

DTYPES: Final[dict[Kind, pl.DataType]] = {
    "integer": pl.Int64(),
    # Of metadata fields, nothing but whether they are filled is ever used.
    "number": pl.Boolean(),
    "time": pl.Datetime("us"),
    "text": pl.String(),
    "text_or_list": pl.Boolean(),
    # Never null: true where nothing is written, false where it cannot be read.
    "flag": pl.Boolean(),
}

# What is wrong with a cell that has no value although something is written there.
WRONG_TYPE: Final = 1
OUT_OF_RANGE: Final = 2

_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = r"^-?[0-9]+(?:\.[0-9]+)?$"
_NOT_BLANK = r"[^ \t\r\n\x0b\x0c]"
_ABOVE_WHITE_SPACE = "!"
# There is no year 0; which days a month has is left to the calendar.
_TIME = (
    r"^(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{2}-[0-9]{2}"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?)?$"
)
_OFFSET = r"([+-][0-9]{2}:?[0-9]{2})$"
# 2026-01-01T00:00:00Z: with a fraction or an offset it would be longer, even without seconds.
_LONGEST_PLAIN_TIME = 20
_SECOND_US = 1_000_000
_MINUTE_US = 60 * _SECOND_US
_HOUR_US = 60 * _MINUTE_US
_DAY_US = 24 * _HOUR_US
_INT64_MAX = 2**63 - 1


@dataclass(frozen=True)
class Cells:
    """A column's values in its kind's type, and what is wrong where there should be one.

    `faults` (UInt8: 0, WRONG_TYPE or OUT_OF_RANGE; None = no fault) is only set where the value
    is null (for metadata fields and flags, which have no nulls, a value that means nothing).
    """

    values: pl.Series
    faults: pl.Series | None = None


def absent(kind: Kind, rows: int) -> Cells:
    """A column that the file does not have: nulls, metadata fields that are not filled, or flags
    that are set.
    """
    dtype = DTYPES[kind]
    nothing = pl.Series([kind == "flag" if dtype == pl.Boolean() else None], dtype=dtype)
    return Cells(nothing.new_from_index(0, rows))


def no_faults(rows: int) -> pl.Series:
    """The faults of a column in which nothing is wrong."""
    return pl.Series([0], dtype=pl.UInt8).new_from_index(0, rows)


def from_text(kind: Kind, texts: pl.Series) -> Cells:
    """The values that are written as text; null = nothing is written."""
    if kind == "integer":
        return _integers_from_text(texts)
    if kind == "number":
        written = texts.str.contains(_NUMBER)
        filled = written & texts.str.contains("[1-9]") & ~texts.str.starts_with("-")
        return Cells(filled.fill_null(False), _faults(~written, WRONG_TYPE))
    if kind == "time":
        return _times_from_text(texts)
    if kind == "text_or_list":
        return Cells(_not_blank(texts).fill_null(False))
    if kind == "flag":
        is_set, is_not = texts == "true", texts == "false"
        return Cells(is_set.fill_null(True), _faults(~(is_set | is_not), WRONG_TYPE))
    return Cells(texts)


def from_typed(kind: Kind, cells: pl.Series) -> Cells:
    """The values of a typed column, as Parquet files have them.

    Text in a column of integers, numbers or times counts as what is written there; a type that
    the kind does not know makes every cell that is not null bad.
    """
    dtype = cells.dtype
    if dtype == pl.Null:
        return absent(kind, len(cells))
    if dtype == pl.String:
        return from_text(kind, cells)
    if isinstance(dtype, (pl.Categorical, pl.Enum)):
        return from_text(kind, cells.cast(pl.String))
    if kind == "integer" and dtype == pl.Int64:
        return Cells(cells)
    if kind == "integer" and dtype.is_integer():
        values = cells.cast(pl.Int64, strict=False)
        return Cells(values, _faults(values.is_null() & cells.is_not_null(), OUT_OF_RANGE))
    if kind == "integer" and dtype.is_float():
        return _integers_from_floats(cells)
    if kind == "number" and dtype.is_integer():
        return Cells((cells > 0).fill_null(False))
    if kind == "number" and dtype.is_float():
        numbers = cells.fill_nan(None)
        return Cells(
            (numbers.is_finite() & (numbers > 0)).fill_null(False),
            _faults(numbers.is_infinite(), WRONG_TYPE),
        )
    if kind == "time" and (dtype == pl.Date or isinstance(dtype, pl.Datetime)):
        return _within_calendar(_times_from_typed(cells))
    if kind == "text_or_list" and isinstance(dtype, (pl.List, pl.Array)):
        return _filled_from_lists(cells)
    nothing = absent(kind, len(cells)).values
    if dtype.is_float():
        cells = cells.fill_nan(None)
    return Cells(nothing, _faults(cells.is_not_null(), WRONG_TYPE))


def _not_blank(texts: pl.Series) -> pl.Series:
    """Where text has anything but white space; null stays null."""
    # Most text begins with something that is above all white space.
    filled = texts >= _ABOVE_WHITE_SPACE
    doubtful = (~filled).fill_null(False).arg_true()
    if not len(doubtful):
        return filled
    return filled.scatter(doubtful, texts.gather(doubtful).str.contains(_NOT_BLANK))


def _integers_from_text(texts: pl.Series) -> Cells:
    # Polars' cast takes what the specification takes, and a leading plus sign.
    values = texts.cast(pl.Int64, strict=False)
    plus = texts.str.starts_with("+")
    if plus.any():
        values = values.set(plus, None)
    unread = values.is_null() & texts.is_not_null()
    if not unread.any():
        return Cells(values)
    read, faults = [], []
    for text in texts.filter(unread):
        value, fault = _integer(text)
        read.append(value)
        faults.append(fault)
    where = unread.arg_true()
    return Cells(
        values.scatter(where, pl.Series(read, dtype=pl.Int64)),
        no_faults(len(texts)).scatter(where, pl.Series(faults, dtype=pl.UInt8)),
    )


def _integer(text: str) -> tuple[int | None, int]:
    if not _INTEGER.fullmatch(text):
        return None, WRONG_TYPE
    # Python refuses to convert thousands of digits, which leading zeros can be.
    digits = text.lstrip("-").lstrip("0")
    value = int(digits or "0") if len(digits) <= 19 else _INT64_MAX + 2
    value = -value if text.startswith("-") else value
    return (value, 0) if -_INT64_MAX - 1 <= value <= _INT64_MAX else (None, OUT_OF_RANGE)


def _integers_from_floats(cells: pl.Series) -> Cells:
    numbers = cells.cast(pl.Float64).fill_nan(None)
    whole = numbers.is_finite() & (numbers == numbers.floor())
    # A double that is not below 2^63 is at least 2^63, so these bounds are exact.
    fits = whole & (numbers >= -(2.0**63)) & (numbers < 2.0**63)
    values = pl.select(pl.when(fits).then(numbers).cast(pl.Int64, strict=False)).to_series()
    faults = _either(_faults(~whole, WRONG_TYPE), _faults(whole & ~fits, OUT_OF_RANGE))
    return Cells(values, faults)


def _times_from_text(texts: pl.Series) -> Cells:
    times = times_in_layouts(texts).cast(pl.Datetime("us")).alias(texts.name)
    others = (times.is_null() & texts.is_not_null()).arg_true()
    if not len(others):
        return Cells(times)
    cells = _times_from_any_text(texts.gather(others))
    faults = cells.faults
    if faults is not None:
        faults = no_faults(len(texts)).scatter(others, faults)
    return Cells(times.scatter(others, cells.values), faults)


def _times_from_any_text(texts: pl.Series) -> Cells:
    """The general way: slow, since it takes every form that a time can have."""
    written = texts.str.contains(_TIME)
    frame = pl.DataFrame({"text": pl.select(pl.when(written).then(texts)).to_series()})
    text = pl.col("text")

    def part(start: int) -> pl.Expr:
        return text.str.slice(start, 2).cast(pl.Int64, strict=False).fill_null(0)

    has_seconds = text.str.slice(16, 1) == ":"
    frame = frame.select(
        text,
        day=text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
        minutes=part(11) * 60 + part(14),
        seconds=pl.when(has_seconds).then(part(17)).otherwise(0),
        is_long=text.str.len_bytes() > _LONGEST_PLAIN_TIME,
    )
    time = (
        pl.col("day").cast(pl.Int64) * _DAY_US
        + pl.col("minutes") * _MINUTE_US
        + pl.col("seconds") * _SECOND_US
    )
    if frame["is_long"].any():
        digits = text.str.slice(16).str.extract(r"\.([0-9]{1,6})").str.pad_end(6, "0")
        time += pl.when("is_long").then(digits.cast(pl.Int64)).fill_null(0)
        zone = text.str.extract(_OFFSET).str.replace(":", "", literal=True)
        offset = (
            zone.str.slice(1, 2).cast(pl.Int64, strict=False) * _HOUR_US
            + zone.str.slice(3, 2).cast(pl.Int64, strict=False) * _MINUTE_US
        )
        shift = pl.when(zone.str.starts_with("+")).then(-offset).otherwise(offset)
        time += pl.when("is_long").then(shift).fill_null(0)
    values = frame.select(time.cast(pl.Datetime("us"))).to_series().alias(texts.name)
    return _within_calendar(
        Cells(values, _faults(values.is_null() & texts.is_not_null(), WRONG_TYPE))
    )


def _within_calendar(cells: Cells) -> Cells:
    """Times that Python can hold too: reports of what is out of range show them."""
    beyond = ~cells.values.is_between(datetime.min, datetime.max)
    if not beyond.any():
        return cells
    values = pl.select(pl.when(~beyond.fill_null(False)).then(cells.values)).to_series()
    return Cells(
        values.alias(cells.values.name), _either(cells.faults, _faults(beyond, OUT_OF_RANGE))
    )


def _times_from_typed(cells: pl.Series) -> Cells:
    count = cells.to_physical().cast(pl.Int64)
    if cells.dtype == pl.Date:
        return _times_from_counts(count, _DAY_US)
    unit = cells.dtype.time_unit if isinstance(cells.dtype, pl.Datetime) else "us"
    if unit == "ns":
        # Floor division: what is finer than a microsecond is cut.
        return Cells((count // 1000).cast(pl.Datetime("us")))
    return _times_from_counts(count, 1000 if unit == "ms" else 1)


def _times_from_counts(count: pl.Series, unit_us: int) -> Cells:
    """Times from whole units; Polars would wrap around silently where 64 bits are too few."""
    if unit_us == 1:
        return Cells(count.cast(pl.Datetime("us")))
    fits = count.is_between(-(_INT64_MAX // unit_us), _INT64_MAX // unit_us)
    values = pl.select(pl.when(fits).then(count) * unit_us).to_series()
    return Cells(values.cast(pl.Datetime("us")), _faults(~fits, OUT_OF_RANGE))


def _filled_from_lists(cells: pl.Series) -> Cells:
    if isinstance(cells.dtype, pl.Array):
        cells = cells.arr.to_list()
    elements = cells.dtype.inner if isinstance(cells.dtype, pl.List) else None
    if isinstance(elements, (pl.Categorical, pl.Enum)):
        cells = cells.cast(pl.List(pl.String))
    elif elements == pl.Null:
        return absent("text_or_list", len(cells))
    elif elements != pl.String:
        holds_others = cells.list.drop_nulls().list.len() > 0
        nothing = absent("text_or_list", len(cells)).values
        return Cells(nothing, _faults(holds_others, WRONG_TYPE))
    filled = cells.list.eval(pl.element().str.contains(_NOT_BLANK)).list.any()
    return Cells(filled.fill_null(False))


def _faults(where: pl.Series, fault: int) -> pl.Series | None:
    """Faults where the Boolean series is true; null = not."""
    if not where.any():
        return None
    return where.fill_null(False).cast(pl.UInt8) * pl.Series([fault], dtype=pl.UInt8)


def _either(first: pl.Series | None, second: pl.Series | None) -> pl.Series | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second
