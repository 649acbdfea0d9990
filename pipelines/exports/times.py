"""Times, as text, as numbers since 1970 and as Parquet has them (specification, section 1)."""

from datetime import datetime

import polars as pl

from pipelines.exports.cells import OUT_OF_RANGE, WRONG_TYPE, Cells, either, faults_where, no_faults
from pipelines.exports.fixed_times import times_in_layouts
from pipelines.exports.integers import INT64_MAX, integers_from_text

# There is no year 0; which days a month has is left to the calendar.
_TIME = (
    r"^(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{2}-[0-9]{2}"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
    r"(?: ?(?:Z|UTC|GMT|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?))?)?$"
)
#: An integer can be a time; all that is like one is left to `integers`, also if it is none.
_NUMBER = r"^-?[0-9]+(?:\.0+)?$"
_MINUTES_END = len("2026-01-01T00:00")
_OFFSET = r"([+-])([0-9]{2}):?([0-9]{2})?$"
_SECOND_US = 1_000_000
_MINUTE_US = 60 * _SECOND_US
_HOUR_US = 60 * _MINUTE_US
_DAY_US = 24 * _HOUR_US
_FIRST_SECOND = 946_684_800
_END_SECOND = 4_102_444_800
#: Units of a second, and the microseconds in each; of nanoseconds what is finer is cut.
_UNITS = ((1, 1_000_000), (1_000, 1_000), (1_000_000, 1), (1_000_000_000, 0))


def times_from_text(texts: pl.Series) -> Cells:
    """Times that are written as text."""
    times = times_in_layouts(texts).cast(pl.Datetime("us")).alias(texts.name)
    others = (times.is_null() & texts.is_not_null()).arg_true()
    if not len(others):
        return Cells(times)
    unread = texts.gather(others)
    is_number = unread.str.contains(_NUMBER)
    read = []
    if is_number.any():
        numbers = integers_from_text(unread.filter(is_number))
        read.append((others.filter(is_number), times_from_integers(numbers)))
    if not is_number.all():
        read.append((others.filter(~is_number), _times_from_any_text(unread.filter(~is_number))))
    faults = None
    for where, cells in read:
        times = times.scatter(where, cells.values)
        if cells.faults is not None:
            faults = (no_faults(len(texts)) if faults is None else faults).scatter(
                where, cells.faults
            )
    return Cells(times, faults)


def times_from_integers(numbers: Cells) -> Cells:
    """Times from seconds, milliseconds, microseconds or nanoseconds since 1970: no number is in
    the range of two of these.
    """
    count = numbers.values
    number = pl.col("number")
    time = pl.coalesce(
        pl.when(
            number.is_between(_FIRST_SECOND * of_second, _END_SECOND * of_second, closed="left")
        ).then(number * factor if factor else number // 1_000)
        for of_second, factor in _UNITS
    )
    values = pl.select(number=count).select(time.cast(pl.Datetime("us"))).to_series()
    beyond = faults_where(values.is_null() & count.is_not_null(), OUT_OF_RANGE)
    return Cells(values.alias(count.name), either(numbers.faults, beyond))


def times_from_typed(cells: pl.Series) -> Cells:
    """Times of a column of dates or timestamps."""
    count = cells.to_physical().cast(pl.Int64)
    if cells.dtype == pl.Date:
        return _within_calendar(_times_from_counts(count, _DAY_US))
    unit = cells.dtype.time_unit if isinstance(cells.dtype, pl.Datetime) else "us"
    if unit == "ns":
        # Floor division: what is finer than a microsecond is cut.
        return _within_calendar(Cells((count // 1000).cast(pl.Datetime("us"))))
    return _within_calendar(_times_from_counts(count, 1000 if unit == "ms" else 1))


def _times_from_any_text(texts: pl.Series) -> Cells:
    """The general way: slow, since it takes every form that a time can have."""
    written = texts.str.contains(_TIME)
    frame = pl.DataFrame({"text": pl.select(pl.when(written).then(texts)).to_series()})
    text = pl.col("text")

    def number(digits: pl.Expr) -> pl.Expr:
        return digits.cast(pl.Int64, strict=False).fill_null(0)

    after_minutes = text.str.slice(_MINUTES_END)
    has_seconds = after_minutes.str.starts_with(":")
    offset = after_minutes.str.extract_groups(_OFFSET)
    shift = (
        number(offset.struct.field("2")) * _HOUR_US + number(offset.struct.field("3")) * _MINUTE_US
    )
    time = (
        text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).cast(pl.Int64) * _DAY_US
        + number(text.str.slice(11, 2)) * _HOUR_US
        + number(text.str.slice(14, 2)) * _MINUTE_US
        + pl.when(has_seconds).then(number(text.str.slice(17, 2))).otherwise(0) * _SECOND_US
        # Digits beyond microseconds are cut.
        + number(after_minutes.str.extract(r"\.([0-9]{1,6})").str.pad_end(6, "0"))
        + pl.when(offset.struct.field("1") == "+").then(-shift).otherwise(shift)
    )
    values = frame.select(time.cast(pl.Datetime("us"))).to_series().alias(texts.name)
    return _within_calendar(
        Cells(values, faults_where(values.is_null() & texts.is_not_null(), WRONG_TYPE))
    )


def _times_from_counts(count: pl.Series, unit_us: int) -> Cells:
    """Times from whole units; Polars would wrap around silently where 64 bits are too few."""
    if unit_us == 1:
        return Cells(count.cast(pl.Datetime("us")))
    fits = count.is_between(-(INT64_MAX // unit_us), INT64_MAX // unit_us)
    values = pl.select(pl.when(fits).then(count) * unit_us).to_series()
    return Cells(values.cast(pl.Datetime("us")), faults_where(~fits, OUT_OF_RANGE))


def _within_calendar(cells: Cells) -> Cells:
    """Times that Python can hold too: reports of what is out of range show them."""
    beyond = ~cells.values.is_between(datetime.min, datetime.max)
    if not beyond.any():
        return cells
    values = pl.select(pl.when(~beyond.fill_null(False)).then(cells.values)).to_series()
    return Cells(
        values.alias(cells.values.name), either(cells.faults, faults_where(beyond, OUT_OF_RANGE))
    )
